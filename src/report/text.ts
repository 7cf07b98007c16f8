import { placeOf } from '../diagnostics.ts'
import { type Json, serialise } from '../json.ts'
import { describe } from '../object/manifest.ts'
import type { Action } from '../plan/object-plan.ts'
import { type Departure, isPruned } from '../plan/prune-decision.ts'
import type { Difference } from '../plan/diff.ts'
import type { Plan } from '../plan/plan.ts'

/** More fields of one object nobody reads in a log. */
const MOST_FIELDS = 20
/** More objects that left Git, and that nothing is done about, nobody reads there either. */
const MOST_LEFT = 20
/** A longer value is cut, in characters. */
const MOST_CHARACTERS = 100

/** A plan as lines for the log: what is to be done about each object that is not unchanged, and about what left the set. */
export function planLines({ actions, departures }: Plan): string[] {
  const lines = actions.flatMap((action) => {
    const { manifest, result } = action
    if (result === 'unchanged') return []
    const head = `${result.padEnd(11)} ${describe(manifest.id)}  (${placeOf(manifest.location)})`
    return [head, ...detailsOf(action, MOST_FIELDS).map((line) => `  ${line}`)]
  })
  const going = departures.filter(isPruned)
  const rest = departures.filter((departure) => !isPruned(departure))
  const more = rest.length - MOST_LEFT
  const told = [...going, ...rest.slice(0, MOST_LEFT)].map(departureLine)
  return [...lines, ...told, ...(more > 0 ? [`... and ${more} more that left Git: the summary has them`] : [])]
}

/** A line for the log about an object that has left the set. */
export function departureLine({ id, result, reason }: Departure): string {
  return `${result.padEnd(11)} ${describe(id)}  (left Git)${reason === undefined ? '' : `: ${reason}`}`
}

/** What there is to say about an action beside its result, a line each; of its fields `most` at most. */
export function detailsOf(action: Action, most: number): string[] {
  const { reason, judge, unjudged, differences, losses, culprits, left } = action
  const more = differences.length - most
  const changers = new Map(
    culprits.map(({ field, manager, time }) => [field, `${manager}${time === undefined ? '' : ` at ${time}`}`]),
  )
  return [
    ...(reason === undefined ? [] : [reason]),
    ...differences.slice(0, most).map((difference) => {
      const by = changers.get(difference.field)
      return `${differenceText(difference)}${by === undefined ? '' : ` (changed by ${by})`}`
    }),
    ...(more > 0 ? [`... and ${more} more fields`] : []),
    ...losses.map(({ manager, fields }) => `taken over from ${manager}: ${shortList(fields, most)}`),
    ...(left.length === 0 ? [] : [`left to others: ${left.join(', ')}`]),
    ...(judge === 'copy' ? ['checked as a copy in another namespace, because its own is not there yet'] : []),
    ...(judge === 'nobody' ? ['not checked, because no namespace is there in which a copy may be tried'] : []),
    ...(judge === 'kind'
      ? ['checked against the schema of its definition alone, because the server does not know its kind yet']
      : []),
    ...(unjudged === undefined ? [] : [unjudged]),
  ]
}

function shortList(names: readonly string[], most: number): string {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** A difference on one line. */
export function differenceText({ field, change, before, after, isSecret }: Difference): string {
  if (isSecret) return `${field}: ${change === 'changed' ? 'different' : change} (secret)`
  if (change === 'added') return `${field}: added ${valueText(after)}`
  return change === 'removed'
    ? `${field}: removed ${valueText(before)}`
    : `${field}: ${valueText(before)} → ${valueText(after)}`
}

function valueText(value: Json | undefined): string {
  const text = serialise(value ?? null)
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text
}

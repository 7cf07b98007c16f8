import { placeOf } from '../diagnostics.ts'
import { type Json, serialise } from '../json.ts'
import { formatId } from '../object/object-id.ts'
import type { FieldDiff } from '../plan/diff.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import { isPruned, type PruneDecision } from '../plan/prune-decision.ts'

/** More fields of one object nobody reads in a log. */
const MAX_FIELDS = 20
/** More objects that left Git, and that nothing is done about, nobody reads there either. */
const MAX_KEPT_LINES = 20
/** A longer value is cut, in characters. */
const MAX_VALUE_CHARACTERS = 100

/** A plan as lines for the log: what is to be done about each object that is not unchanged, and about what left the set. */
export function planLines({ objects, pruneDecisions }: Plan): string[] {
  const lines = objects.flatMap((objectPlan) => {
    const { manifest, result } = objectPlan
    if (result === 'unchanged') return []
    const head = `${result.padEnd(11)} ${formatId(manifest.id)}  (${placeOf(manifest.location)})`
    return [head, ...planDetails(objectPlan, MAX_FIELDS).map((line) => `  ${line}`)]
  })
  const going = pruneDecisions.filter(isPruned)
  const rest = pruneDecisions.filter((decision) => !isPruned(decision))
  const more = rest.length - MAX_KEPT_LINES
  const told = [...going, ...rest.slice(0, MAX_KEPT_LINES)].map(pruneLine)
  return [...lines, ...told, ...(more > 0 ? [`... and ${more} more that left Git: the summary has them`] : [])]
}

/** A line for the log about an object that has left the set. */
export function pruneLine({ id, result, message }: PruneDecision): string {
  return `${result.padEnd(11)} ${formatId(id)}  (left Git)${message === undefined ? '' : `: ${message}`}`
}

/** What there is to say about an action beside its result, a line each; of its fields `most` at most. */
export function planDetails(objectPlan: ObjectPlan, most: number): string[] {
  const { message, checkedBy, uncheckedBecause, diffs, fieldTakeovers, driftAuthors, unmanagedFields } = objectPlan
  const more = diffs.length - most
  const changers = new Map(
    driftAuthors.map(({ field, manager, time }) => [field, `${manager}${time === undefined ? '' : ` at ${time}`}`]),
  )
  return [
    ...(message === undefined ? [] : [message]),
    ...diffs.slice(0, most).map((difference) => {
      const by = changers.get(difference.field)
      return `${formatDiff(difference)}${by === undefined ? '' : ` (changed by ${by})`}`
    }),
    ...(more > 0 ? [`... and ${more} more fields`] : []),
    ...fieldTakeovers.map(({ manager, fields }) => `taken over from ${manager}: ${shortList(fields, most)}`),
    ...(unmanagedFields.length === 0 ? [] : [`left to others: ${unmanagedFields.join(', ')}`]),
    ...(checkedBy === 'copy' ? ['checked as a copy in another namespace, because its own is not there yet'] : []),
    ...(checkedBy === 'nobody' ? ['not checked, because no namespace is there in which a copy may be tried'] : []),
    ...(checkedBy === 'kind'
      ? ['checked against the schema of its definition alone, because the server does not know its kind yet']
      : []),
    ...(uncheckedBecause === undefined ? [] : [uncheckedBecause]),
  ]
}

function shortList(names: readonly string[], most: number): string {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** A difference on one line. */
export function formatDiff({ field, change, before, after, isSecret }: FieldDiff): string {
  if (isSecret) return `${field}: ${change === 'changed' ? 'different' : change} (secret)`
  if (change === 'added') return `${field}: added ${valueText(after)}`
  return change === 'removed'
    ? `${field}: removed ${valueText(before)}`
    : `${field}: ${valueText(before)} → ${valueText(after)}`
}

function valueText(value: Json | undefined): string {
  const text = serialise(value ?? null)
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text
}

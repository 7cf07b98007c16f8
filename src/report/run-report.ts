import { type Outcome, settled } from '../apply/apply-result.ts'
import { type Problem, placeOf, type Warning, whatHappened } from '../diagnostics.ts'
import type { Skipped } from '../render/file-discovery.ts'
import { countOf, describe } from '../object/manifest.ts'
import type { Ordering } from '../graph/apply-order.ts'
import { CHANGES, isChange, type Result as Planned } from '../plan/object-plan.ts'
import type { Departure } from '../plan/prune-decision.ts'
import type { Plan } from '../plan/plan.ts'
import type { Ailment } from '../wait/unready-object.ts'

/** What a run found out and did, as far as it came. */
export interface Facts {
  /** The repository as the workflow names it. */
  readonly repository?: string
  /** Where the root of what is read lies in the workflow's own repository, so that annotations point there. */
  readonly workspacePath?: string | undefined
  readonly commit?: string | undefined
  /** The kubeconfig's context, which names the cluster for those who wrote the workflow. */
  readonly cluster?: string
  readonly skipped: readonly Skipped[]
  readonly warnings: readonly Warning[]
  /** In which order the objects are applied, and why. */
  readonly ordering?: Ordering
  /** What is to be done. */
  readonly plan?: Plan
  readonly digest?: string
  /** Whether the run is only to say what it would do. */
  readonly isPlanOnly?: boolean
  readonly outcomes: readonly Outcome[]
  /** What became of the objects that have left the set, once somebody has tried; until then the plan tells. */
  readonly departures?: readonly Departure[]
  /** The objects of which the run waited until they are ready, and that are not. */
  readonly unhealthy?: readonly Ailment[]
  /** Whether it waited until all are, where any of them takes time. */
  readonly isReady?: boolean
  /** What stopped the run; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/** The words for what becomes of an object, in the order in which they are counted. */
export const WORDS = [
  ...CHANGES,
  ...['done', 'unchanged', 'skipped', 'terminating', 'failed', 'held back', 'not reached'],
] as const satisfies readonly (Planned | Outcome['result'])[]

/** How many objects had which result. */
export type Counts = Readonly<Record<Outcome['result'], number>>

/** The one word for a run. */
export type Result = 'unchanged' | 'changed' | 'planned' | 'failed'

/** Counts outcomes. */
export function count(outcomes: readonly Outcome[]): Counts {
  const counts = Object.fromEntries(WORDS.map((word) => [word, 0])) as Record<Outcome['result'], number>
  for (const { result } of outcomes) counts[result] += 1
  return counts
}

/**
 * What became of each object, or would, where the run is only to say so. Where the plan could not be carried out nothing was
 * reached but what asks for nothing.
 */
export function outcomesOf({ outcomes, plan, isPlanOnly = false }: Facts): readonly Outcome[] {
  if (outcomes.length > 0 || plan === undefined) return outcomes
  return plan.actions.map((action): Outcome => {
    const { manifest } = action
    const obstacle = plan.obstacles.get(manifest)
    if (obstacle !== undefined) return { manifest, result: 'failed', message: obstacle.message }
    return isPlanOnly || !isChange(action) ? settled(action) : { manifest, result: 'not reached' }
  })
}

/** What became of the objects that have left the set, or would, where the run is only to say so. */
export function departuresOf({ departures, plan, isPlanOnly = false }: Facts): readonly Departure[] {
  if (departures !== undefined || plan === undefined) return departures ?? []
  if (isPlanOnly) return plan.departures
  // The run ended before it came to that.
  return plan.departures.filter(({ result }) => result === 'kept')
}

/** The words for what becomes of an object that has left the set, in the order in which they are counted. */
export const LEAVING = ['pruned', 'kept', 'released', 'gone'] as const satisfies readonly Departure['result'][]

/** How many objects that have left the set had which result. */
export function countLeaving(departures: readonly Departure[]): Readonly<Record<Departure['result'], number>> {
  const counts = { pruned: 0, kept: 0, released: 0, gone: 0 }
  for (const { result } of departures) counts[result] += 1
  return counts
}

/** Everything that went wrong: what stopped the run, and each object that could not be applied. */
export function failures({ outcomes, problems }: Facts): Problem[] {
  const refused = outcomes.flatMap((outcome): Problem[] => {
    const { manifest, result } = outcome
    const where = { location: manifest.location, object: describe(manifest.id) }
    if (result === 'terminating') return [{ class: 'E-APPLY', message: BEING_DELETED, ...where, next: RUN_AGAIN }]
    if (result !== 'failed') return []
    const { message, location = manifest.location, blame } = outcome
    return [{ class: 'E-APPLY', message, ...where, location, ...(blame === undefined ? {} : { next: blame }) }]
  })
  return [...problems, ...refused]
}

const BEING_DELETED = 'The object is being deleted, and what is applied would go with it.'
const RUN_AGAIN = 'Run again when it is gone; if it stays, look at its finalizers.'

/** How many outcomes and departures mean that something was, or would be, written. */
export function changesIn(facts: Facts): number {
  const counts = count(outcomesOf(facts))
  return CHANGES.reduce((sum, word) => sum + counts[word], countLeaving(departuresOf(facts)).pruned)
}

/** The result of a run: failed if anything went wrong, else whether something changed. */
export function resultOf(facts: Facts): Result {
  const counts = count(outcomesOf(facts))
  if (failures(facts).length > 0 || counts['held back'] + counts['not reached'] > 0) return 'failed'
  if (facts.isPlanOnly) return 'planned'
  return changesIn(facts) > 0 ? 'changed' : 'unchanged'
}

/** The run in one sentence, for a person. */
export function verdict(facts: Facts): string {
  const outcomes = outcomesOf(facts)
  const counts = count(outcomes)
  const done = WORDS.flatMap((word) => (counts[word] > 0 ? [`${counts[word]} ${word}`] : [])).join(', ')
  const left = leavingText(facts)
  const ready = facts.isReady ? 'everything is ready' : ''
  const rest = [left, ready].flatMap((part) => (part === '' ? [] : `; ${part}`)).join('')
  const list = `${done}${rest}`.replace(/^; /, '')
  const where = facts.commit === undefined ? '' : ` at ${facts.commit.slice(0, 12)}`
  const objects = countOf(outcomes)
  if (resultOf(facts) !== 'failed') {
    if (changesIn(facts) === 0 && counts.unchanged === outcomes.length)
      return `Nothing to do: ${objects}${where} unchanged${rest}.`
    if (changesIn(facts) === 0) return `Nothing to do for ${objects}${where}: ${list}.`
    return facts.isPlanOnly ? `Plan for ${objects}${where}: ${list}.` : `Applied ${objects}${where}: ${list}.`
  }
  const [stopped] = facts.problems
  const more = facts.problems.length > 1 ? ` (and ${facts.problems.length - 1} more)` : ''
  if (stopped !== undefined) {
    const isBegun = facts.outcomes.length > 0 || countLeaving(departuresOf(facts)).pruned > 0
    const came = isBegun ? ` ${list}.` : ' Nothing was applied.'
    const what = stopped.object === undefined ? '' : `${stopped.object}: `
    return `Failed: ${what}${firstLine(whatHappened(stopped))}${more}${came}`
  }
  const missed = counts.failed + counts.terminating + counts['held back'] + counts['not reached']
  return `Failed: ${missed} of ${objects}${where} could not be applied: ${list}.`
}

/** What became of the objects that have left the set, in a few words; empty where there are none. */
function leavingText(facts: Facts): string {
  const counts = countLeaving(departuresOf(facts))
  const parts = LEAVING.flatMap((word) => (counts[word] > 0 ? [`${counts[word]} ${word}`] : []))
  return parts.length === 0 ? '' : `left Git: ${parts.join(', ')}`
}

/** The first line of a message, ended as a sentence. */
function firstLine(message: string): string {
  const line = message.split('\n')[0] ?? ''
  return /[.!?:]$/.test(line) ? line : `${line}.`
}

/** A problem as text for a log: class, place and object first, then what happened, then what to do. */
export function problemText(problem: Problem): string {
  return textOf(problem.class, problem, '\n')
}

/** A warning as a line for a log. */
export function warningText(warning: Warning): string {
  return textOf('warning', warning, ' ')
}

function textOf(kind: string, warning: Warning, between: string): string {
  const { location, object = '', next } = warning
  const head = [kind, placeOf(location), object].filter((part) => part !== '').join(' ')
  return [`${head}: ${whatHappened(warning)}`, ...(next === undefined ? [] : [next])].join(between)
}

import { type ApplyResult, asPlanned } from '../apply/apply-result.ts'
import { type Diagnostic, formatMessage, placeOf, type Warning } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { formatHint, inputStyle, type OptionStyle } from '../hint.ts'
import { formatCount, formatId } from '../object/manifest.ts'
import { CHANGES, isChange, type PlannedResult } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'
import type { SkippedFile } from '../render/file-discovery.ts'
import type { UnreadyObject } from '../wait/unready-object.ts'

/** What a run found out and did, as far as it came. */
export interface RunReport {
  /** The repository as the workflow names it. */
  readonly repository?: string
  /** Where the root of what is read lies in the workflow's own repository, so that annotations point there. */
  readonly workspacePath?: string | undefined
  readonly commit?: string | undefined
  /** The kubeconfig's context, which names the cluster for those who wrote the workflow. */
  readonly cluster?: string
  readonly skipped: readonly SkippedFile[]
  readonly warnings: readonly Warning[]
  /** In which order the objects are applied, and why. */
  readonly order?: ApplyOrder
  /** What is to be done. */
  readonly plan?: Plan
  readonly digest?: string
  /** Whether the run is only to say what it would do. */
  readonly isPlanOnly?: boolean
  readonly results: readonly ApplyResult[]
  /** What became of the objects that have left the set, once somebody has tried; until then the plan tells. */
  readonly pruneDecisions?: readonly PruneDecision[]
  /** The objects of which the run waited until they are ready, and that are not. */
  readonly unhealthy?: readonly UnreadyObject[]
  /** Whether it waited until all are, where any of them takes time. */
  readonly isReady?: boolean
  /** What stopped the run; empty when it came to its end. */
  readonly problems: readonly Diagnostic[]
}

/** The words for what becomes of an object, in the order in which they are counted. */
export const RESULT_WORDS = [
  ...CHANGES,
  ...['completed', 'unchanged', 'ignored', 'terminating', 'failed', 'skipped', 'pending'],
] as const satisfies readonly (PlannedResult | ApplyResult['result'])[]

/** How many objects had which result. */
export type Counts = Readonly<Record<ApplyResult['result'], number>>

/** The one word for a run. */
export type RunResult = 'unchanged' | 'changed' | 'planned' | 'failed'

/** Counts outcomes. */
export function count(results: readonly ApplyResult[]): Counts {
  const counts = Object.fromEntries(RESULT_WORDS.map((word) => [word, 0])) as Record<ApplyResult['result'], number>
  for (const { result } of results) counts[result] += 1
  return counts
}

/**
 * What became of each object, or would, where the run is only to say so. Where the plan could not be carried out nothing was
 * reached but what asks for nothing.
 */
export function outcomesOf({ results, plan, isPlanOnly = false }: RunReport): readonly ApplyResult[] {
  if (results.length > 0 || plan === undefined) return results
  return plan.objects.map((objectPlan): ApplyResult => {
    const { manifest } = objectPlan
    const error = plan.errors.get(manifest)
    if (error !== undefined) return { manifest, result: 'failed', message: error.message }
    return isPlanOnly || !isChange(objectPlan) ? asPlanned(objectPlan) : { manifest, result: 'pending' }
  })
}

/** What became of the objects that have left the set, or would, where the run is only to say so. */
export function pruneDecisionsOf({ pruneDecisions, plan, isPlanOnly = false }: RunReport): readonly PruneDecision[] {
  if (pruneDecisions !== undefined || plan === undefined) return pruneDecisions ?? []
  if (isPlanOnly) return plan.pruneDecisions
  // The run ended before it came to that.
  return plan.pruneDecisions.filter(({ result }) => result === 'kept')
}

/** The words for what becomes of an object that has left the set, in the order in which they are counted. */
export const PRUNE_WORDS = [
  'pruned',
  'kept',
  'abandoned',
  'already deleted',
] as const satisfies readonly PruneDecision['result'][]

/** How many objects that have left the set had which result. */
export function countPruned(
  pruneDecisions: readonly PruneDecision[],
): Readonly<Record<PruneDecision['result'], number>> {
  const counts = { pruned: 0, kept: 0, abandoned: 0, 'already deleted': 0 }
  for (const { result } of pruneDecisions) counts[result] += 1
  return counts
}

/** Everything that went wrong: what stopped the run, and each object that could not be applied. */
export function errorsIn({ results, problems }: RunReport): Diagnostic[] {
  const refused = results.flatMap((applyResult): Diagnostic[] => {
    const { manifest, result } = applyResult
    const where = { location: manifest.location, object: formatId(manifest.id) }
    if (result === 'terminating') return [{ code: 'E-APPLY', message: BEING_DELETED, ...where, hint: RUN_AGAIN }]
    if (result !== 'failed') return []
    const { message, location = manifest.location, likelyCause } = applyResult
    return [
      { code: 'E-APPLY', message, ...where, location, ...(likelyCause === undefined ? {} : { hint: likelyCause }) },
    ]
  })
  return [...problems, ...refused]
}

const BEING_DELETED = 'The object is being deleted, and what is applied would go with it.'
const RUN_AGAIN = 'Run again when it is gone; if it stays, look at its finalizers.'

/** How many outcomes and departures mean that something was, or would be, written. */
export function changesIn(report: RunReport): number {
  const counts = count(outcomesOf(report))
  return CHANGES.reduce((sum, word) => sum + counts[word], countPruned(pruneDecisionsOf(report)).pruned)
}

/** The result of a run: failed if anything went wrong, else whether something changed. */
export function resultOf(report: RunReport): RunResult {
  const counts = count(outcomesOf(report))
  if (errorsIn(report).length > 0 || counts['skipped'] + counts['pending'] > 0) return 'failed'
  if (report.isPlanOnly) return 'planned'
  return changesIn(report) > 0 ? 'changed' : 'unchanged'
}

/** The run in one sentence, for a person. */
export function summaryLine(report: RunReport): string {
  const results = outcomesOf(report)
  const counts = count(results)
  const done = RESULT_WORDS.flatMap((word) => (counts[word] > 0 ? [`${counts[word]} ${word}`] : [])).join(', ')
  const unmanagedFields = pruneText(report)
  const ready = report.isReady ? 'everything is ready' : ''
  const rest = [unmanagedFields, ready].flatMap((part) => (part === '' ? [] : `; ${part}`)).join('')
  const list = `${done}${rest}`.replace(/^; /, '')
  const where = report.commit === undefined ? '' : ` at ${report.commit.slice(0, 12)}`
  const objects = formatCount(results)
  if (resultOf(report) !== 'failed') {
    if (changesIn(report) === 0 && counts.unchanged === results.length)
      return `Nothing to do: ${objects}${where} unchanged${rest}.`
    if (changesIn(report) === 0) return `Nothing to do for ${objects}${where}: ${list}.`
    return report.isPlanOnly ? `Plan for ${objects}${where}: ${list}.` : `Applied ${objects}${where}: ${list}.`
  }
  const [stopped] = report.problems
  const more = report.problems.length > 1 ? ` (and ${report.problems.length - 1} more)` : ''
  if (stopped !== undefined) {
    const isBegun = report.results.length > 0 || countPruned(pruneDecisionsOf(report)).pruned > 0
    const came = isBegun ? ` ${list}.` : ' Nothing was applied.'
    const what = stopped.object === undefined ? '' : `${stopped.object}: `
    return `Failed: ${what}${firstLine(formatMessage(stopped))}${more}${came}`
  }
  const missed = counts.failed + counts.terminating + counts['skipped'] + counts['pending']
  return `Failed: ${missed} of ${objects}${where} could not be applied: ${list}.`
}

/** What became of the objects that have left the set, in a few words; empty where there are none. */
function pruneText(report: RunReport): string {
  const counts = countPruned(pruneDecisionsOf(report))
  const parts = PRUNE_WORDS.flatMap((word) => (counts[word] > 0 ? [`${counts[word]} ${word}`] : []))
  return parts.length === 0 ? '' : `left Git: ${parts.join(', ')}`
}

/** The first line of a message, ended as a sentence. */
function firstLine(message: string): string {
  const line = message.split('\n')[0] ?? ''
  return /[.!?:]$/.test(line) ? line : `${line}.`
}

/** A problem as text for a log: class, place and object first, then what happened, then what to do. */
export function problemText(problem: Diagnostic, style: OptionStyle = inputStyle): string {
  return textOf(problem.code, problem, '\n', style)
}

/** A warning as a line for a log. */
export function warningText(warning: Warning, style: OptionStyle = inputStyle): string {
  return textOf('warning', warning, ' ', style)
}

function textOf(kind: string, warning: Warning, between: string, style: OptionStyle): string {
  const { location, object = '', hint } = warning
  const head = [kind, placeOf(location), object].filter((part) => part !== '').join(' ')
  return [`${head}: ${formatMessage(warning)}`, ...(hint === undefined ? [] : [formatHint(hint, style)])].join(between)
}

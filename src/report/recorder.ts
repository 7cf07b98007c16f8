import { type ApplyResult, asPlanned } from '../apply/apply-result.ts'
import { type Diagnostic, diagnosticsOf, type Warning } from '../diagnostics.ts'
import type { RunEvent } from '../engine/events.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import type { OptionStyle } from '../hint.ts'
import type { InventoryConfig } from '../inventory/default-name.ts'
import type { SkippedFile } from '../manifests/skipped-file.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'
import type { UnreadyObject } from '../wait/unready-object.ts'
import { diagnosticReport, errorsOfResults, objectReports, removedReport, unreadyReport } from './object-reports.ts'
import { orderReport } from './order-report.ts'
import { type Counts, countChanges, countPruned, countResults, type PruneCounts } from './results.ts'
import { REPORT_SCHEMA, type RunReport, type RunResult, type SetReport } from './run-report.ts'
import { type SummaryInput, summarize } from './summary-line.ts'

/** Builds the report of a run from its events. */
export interface Recorder {
  /** Records an event; `set` is the inventory of its set. */
  record(event: RunEvent, set?: InventoryConfig): void
  /** The report of the events so far. */
  report(): RunReport
}

/** The recorded state of the run. */
interface RunFacts {
  repository?: string
  workspacePath?: string | undefined
  commit?: string | undefined
  context?: string
  readonly warnings: Warning[]
  readonly errors: Diagnostic[]
}

/** The recorded state of a set. */
interface SetFacts {
  readonly inventory: InventoryConfig
  skippedFiles: readonly SkippedFile[]
  order?: ApplyOrder
  plan?: Plan
  planDigest?: string
  mode: 'apply' | 'plan'
  results: readonly ApplyResult[]
  pruneDecisions?: readonly PruneDecision[]
  unready: readonly UnreadyObject[]
  isReady?: boolean
  dryRuns: number
  readonly kubectlRuns: { readonly objects: number; readonly processes: number }[]
  readonly warnings: Warning[]
  readonly errors: Diagnostic[]
}

/** Opens an empty recorder. `style` is how hints write options. */
export function openRecorder(style: OptionStyle): Recorder {
  const run: RunFacts = { warnings: [], errors: [] }
  const sets = new Map<string, SetFacts>()
  return {
    record: (event, inventory) => {
      recordOfRun(event, run)
      if (inventory === undefined) {
        recordDiagnostics(event, run)
        return
      }
      const key = `${inventory.namespace}/${inventory.name}`
      const set = sets.get(key) ?? newSet(inventory)
      sets.set(key, set)
      recordDiagnostics(event, set)
      recordOfSet(event, set)
    },
    report: () => {
      try {
        return runReport(run, [...sets.values()], style)
      } catch (error) {
        // What else is known must not be lost with a part of the report.
        return runReport({ ...run, errors: [...run.errors, ...diagnosticsOf(error)] }, [], style)
      }
    },
  }
}

function newSet(inventory: InventoryConfig): SetFacts {
  return {
    ...{ inventory, skippedFiles: [], mode: 'apply', results: [], unready: [], dryRuns: 0 },
    ...{ kubectlRuns: [], warnings: [], errors: [] },
  }
}

function recordOfRun(event: RunEvent, run: RunFacts): void {
  if (event.type === 'repository') {
    run.repository = event.repository
    run.workspacePath = event.workspacePath
  } else if (event.type === 'commit') run.commit = event.commit
  else if (event.type === 'connected') run.context = event.context
}

function recordDiagnostics(event: RunEvent, facts: RunFacts | SetFacts): void {
  if (event.type === 'warnings') facts.warnings.push(...event.warnings)
  else if (event.type === 'failed') facts.errors.push(...event.errors)
}

function recordOfSet(event: RunEvent, set: SetFacts): void {
  switch (event.type) {
    case 'set-started':
      set.mode = event.mode
      break
    case 'manifests-read':
      set.skippedFiles = event.skipped
      break
    case 'sorted':
      set.order = event.order
      break
    case 'dry-run':
      set.dryRuns = event.objects
      break
    case 'planned':
      set.plan = event.plan
      set.planDigest = event.digest
      set.mode = event.mode
      break
    case 'kubectl-apply':
      set.kubectlRuns.push({ objects: event.objects, processes: event.processes })
      break
    case 'results':
      set.results = event.results
      break
    case 'prune-results':
      set.pruneDecisions = event.decisions
      break
    case 'unready':
      set.unready = event.objects
      break
    case 'wait-finished':
      set.isReady = event.isReady
      break
  }
}

function runReport(run: RunFacts, facts: readonly SetFacts[], style: OptionStyle): RunReport {
  const { errors, warnings, repository = null, workspacePath = null, commit, context = null } = run
  const counted = facts.map((set) => ({ set, input: summaryInput(set, run.commit) }))
  const sets = counted.map(({ set, input }) => setReport(set, input, style))
  const result = errors.length > 0 ? 'failed' : worstOf(sets.map((set) => set.result))
  return {
    ...{
      schema: REPORT_SCHEMA,
      result,
      summary: runSummary(
        run,
        counted.map(({ input }) => input),
        sets,
      ),
    },
    ...{ repository, workspacePath, commit: commit ?? null, context },
    diagnostics: [...errors, ...warnings].map((each) => diagnosticReport(each, style)),
    sets,
  }
}

/** One sentence about the run and its only set, or one about the run, if it failed itself, and one about each set. */
function runSummary({ errors, commit }: RunFacts, inputs: readonly SummaryInput[], sets: readonly SetReport[]): string {
  const none = summaryInput(NO_SET, commit)
  const [only = none, ...others] = inputs
  if (others.length === 0) return summarize({ ...only, errors: [...errors, ...only.errors] })
  const failure = errors.length === 0 ? [] : [summarize({ ...none, errors })]
  return [...failure, ...sets.map(({ name, summary }) => `${name}: ${summary}`)].join(' ')
}

const NO_SET: SetFacts = newSet({ namespace: '', name: '' })

function summaryInput(set: SetFacts, commit: string | undefined): SummaryInput {
  const pruneCounts = countPruned(pruneDecisionsOf(set))
  return {
    errors: set.errors,
    counts: countResults(resultsOf(set)),
    ...{ pruneCounts, mode: set.mode, commit, isReady: set.isReady },
    wasExecuted: set.results.length > 0 || pruneCounts.pruned > 0,
  }
}

/** The result of several sets: failed if one is, else changed if one is, and so on. */
function worstOf(results: readonly RunResult[]): RunResult {
  const order: readonly RunResult[] = ['failed', 'changed', 'planned']
  return order.find((result) => results.includes(result)) ?? 'unchanged'
}

function setReport(set: SetFacts, summary: SummaryInput, style: OptionStyle): SetReport {
  const results = resultsOf(set)
  const decisions = pruneDecisionsOf(set)
  const errors = [...set.errors, ...errorsOfResults(set.results)]
  const { counts, pruneCounts } = summary
  return {
    ...set.inventory,
    ...{ result: resultOf(set, counts, pruneCounts, errors), summary: summarize(summary), mode: set.mode },
    ...{ planDigest: set.planDigest ?? null, counts, objects: objectReports(results, set.plan) },
    ...{ pruneCounts, removed: decisions.map(removedReport) },
    ...{ notReady: set.unready.map(unreadyReport), isReady: set.isReady ?? null },
    skippedFiles: set.skippedFiles.map(({ location, reason: message }) => ({ location, message })),
    ...{ dryRuns: set.dryRuns, kubectlRuns: set.kubectlRuns },
    order: set.order === undefined ? null : orderReport(set.order),
    diagnostics: [...errors, ...set.warnings].map((each) => diagnosticReport(each, style)),
  }
}

function resultOf(set: SetFacts, counts: Counts, pruneCounts: PruneCounts, errors: readonly Diagnostic[]): RunResult {
  if (errors.length > 0 || counts.skipped + counts.pending > 0) return 'failed'
  if (set.mode === 'plan' && set.plan !== undefined) return 'planned'
  return countChanges(counts, pruneCounts) > 0 ? 'changed' : 'unchanged'
}

/**
 * The result of each object, or its planned result in `plan` mode. In a plan that was not executed, every object that needs
 * an action is pending.
 */
function resultsOf({ results, plan, mode }: SetFacts): readonly ApplyResult[] {
  if (results.length > 0 || plan === undefined) return results
  return plan.objects.map((object): ApplyResult => {
    const { manifest } = object
    const error = plan.errors.get(manifest)
    if (error !== undefined) return { manifest, result: 'failed', message: error.message }
    return mode === 'plan' || !isChange(object) ? asPlanned(object) : { manifest, result: 'pending' }
  })
}

/** The results of objects removed from Git, or their planned results in `plan` mode. */
function pruneDecisionsOf({ pruneDecisions, plan, mode }: SetFacts): readonly PruneDecision[] {
  if (pruneDecisions !== undefined || plan === undefined) return pruneDecisions ?? []
  if (mode === 'plan') return plan.pruneDecisions
  // The run ended before the prune.
  return plan.pruneDecisions.filter(({ result }) => result === 'kept')
}

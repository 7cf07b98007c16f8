import { type ApplyOutcome, apply } from '../apply/apply.ts'
import type { ApplyResult } from '../apply/apply-result.ts'
import type { ExternalDependencies } from '../apply/external-dependencies.ts'
import type { ApplyOptions } from '../apply/kubectl-stream.ts'
import { type Diagnostic, diagnosticsOf, Failure, isConnectionLost, throwIfAny } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { hint, option } from '../hint.ts'
import { type Inventory, inventorySecret } from '../inventory/inventory.ts'
import { acquireLease, type Lease } from '../inventory/lock/lease.ts'
import { expectedEntries, type NextRecord, nextEntries, withoutPruned } from '../inventory/next-record.ts'
import { EMPTY, type InventoryRecord, type ScopeFingerprint } from '../inventory/record.ts'
import { mergeFileDigests } from '../inventory/scope-fingerprint.ts'
import { isInventoryPath, type StoredInventory, writeRecord } from '../inventory/store.ts'
import type { Cluster } from '../kube/cluster.ts'
import { formatId } from '../object/manifest.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Plan, PlanInput } from '../plan/plan.ts'
import { isPruned } from '../plan/prune-decision.ts'
import { blockPrunes, changedScope } from '../plan/prune-limits.ts'
import { type PruneResult, prune } from '../prune/prune.ts'
import { type Report, resultLine } from '../report/report.ts'
import { pruneLine } from '../report/text.ts'
import { type CommitAncestry, compareCommits } from '../source/commit-ancestry.ts'
import { gitEnvironment } from '../source/git-environment.ts'
import type { SourceTree } from '../source/source-tree.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import type { Config } from './config.ts'
import { waitUntilReady } from './wait-ready.ts'

/** What a run is going to do, and what it knows of the cluster. */
export interface PlannedRun {
  readonly stored: StoredInventory
  readonly input: PlanInput
  readonly plan: Plan
}

/** What carrying out a plan needs beside it. */
export interface ExecutionContext {
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  readonly source: SourceTree
  readonly cluster: Cluster
  readonly config: Config
  readonly report: Report
  /** Where one sees from what has become of objects. */
  readonly statusReader: StatusReader
  readonly signal: AbortSignal
  /** A private folder that is removed at the end. */
  readonly tempDir: string
  /** Notes what has to be put in order after this process; an empty text for nothing. */
  readonly leave: (lock: string) => void
  /** Completes outcomes by the places in the files that they are about. */
  readonly locate: (results: readonly ApplyResult[]) => readonly ApplyResult[]
}

/** Whether a plan asks for nothing, not even for another record of it. */
export function isNothingToDo({ input, plan }: PlannedRun, { source, cluster }: ExecutionContext): boolean {
  const isQuiet = !plan.objects.some(isChange) && plan.pruneDecisions.every(({ result }) => result === 'kept')
  const nextState = nextEntries(input.record?.entries, plan, input.dryRuns, new Map(), [])
  const { record } = input
  if (!isQuiet || nextState.isNew || record === undefined || input.applyOnly !== undefined) return false
  const next = nextRecord(record, nextState.entries, plan, input, source, cluster)
  const about = (each: InventoryRecord) => [each.commit, each.branch, each.cluster, each.serverVersion, each.files]
  return about(record).join('\n') === about(next).join('\n') && isSameScope(record.selection, next.selection)
}

function isSameScope(a: ScopeFingerprint, b: ScopeFingerprint): boolean {
  return Object.keys(a).length === Object.keys(b).length && changedScope(a, b).length === 0
}

/**
 * Carries out a plan as the only run of its set: takes the lock, makes sure that the plan still holds and that the commit is the
 * newest one, notes what is going to be ours, applies, deletes what has left Git, and notes what came of it. `again` plans
 * anew, where another run has written meanwhile. Every write passes one check: that it is in the plan, and that the lock is held.
 * Returns what was done; raises a `Failure` where not all of it could be.
 */
export async function execute(
  first: PlannedRun,
  again: () => Promise<PlannedRun>,
  execution: ExecutionContext,
): Promise<ExecutionResult> {
  const { cluster, config, report, signal, leave } = execution
  const { inventory } = first.input
  const [set] = config.sets
  const leaseApi = cluster.openClient(new AbortController().signal, LOCK_RESPONSE_TIMEOUT_MS)
  leaseApi.admitWrites(async () => {})
  try {
    const isFirst = first.stored.version === ''
    const lease = await report.phase('Take the lock', async () => {
      const options = { timeout: set.policy.lockTimeoutMs, signal, log: report.log, who: config.runName, isFirst }
      return acquireLease(inventory, leaseApi, options)
    })
    leave(JSON.stringify({ namespace: inventory.namespace, name: inventory.name, holder: lease.holder }))
    try {
      // While this run waited, much may have happened; without another run's hand in it, too.
      let plannedRun = lease.isWaitedFor ? await again() : first
      for (let attempt = 1; ; attempt += 1) {
        const done = await executeLocked(plannedRun, lease, execution)
        if (done !== undefined) return done
        if (attempt === MAX_ATTEMPTS) throwIfAny([inventoryConflict(inventory)])
        report.log('Another run has written since this one looked: looking again.')
        plannedRun = await again()
      }
    } finally {
      if (await lease.release()) leave('')
    }
  } finally {
    leaseApi.close()
  }
}

/** Under the lock one more look is enough, unless somebody writes the inventory without it. */
const MAX_ATTEMPTS = 3

/** How long the server may be silent about the lock, in milliseconds: who is cancelled has no more than some seconds. */
const LOCK_RESPONSE_TIMEOUT_MS = 5_000

/** Carries out a plan; undefined where another run has written since it was made, and nothing was done. */
async function executeLocked(
  { stored, input, plan }: PlannedRun,
  lease: Lease,
  execution: ExecutionContext,
): Promise<ExecutionResult | undefined> {
  const { source, cluster, report } = execution
  const { inventory, record, dryRuns } = input
  const ancestry = await requireNewest(record, execution)
  const pruneDecisions =
    ancestry.kind === 'rewritten' ? blockPrunes(plan.pruneDecisions, REWRITTEN) : plan.pruneDecisions
  const permitted = { ...plan, pruneDecisions }
  cluster.api.admitWrites(plannedWrites(permitted, inventory, lease))
  const about = { fence: Math.max((record?.fence ?? 0) + 1, lease.count), run: execution.config.runName }
  const after = (entries: NextRecord['entries'], done: Pick<Plan, 'pruneDecisions'>): InventoryRecord => ({
    ...nextRecord(record ?? EMPTY, entries, done, input, source, cluster),
    ...about,
  })
  const isQuiet = !plan.objects.some(isChange) && !pruneDecisions.some(isPruned)
  const expected = expectedEntries(record, plan, dryRuns)
  const ahead = isQuiet
    ? after(
        withoutPruned(nextEntries(record?.entries, plan, dryRuns, new Map(), []).entries, pruneDecisions),
        permitted,
      )
    : after(expected, { pruneDecisions: blockPrunes(pruneDecisions, NOT_YET) })
  const held = await writeRecord(inventory, ahead, stored, cluster.api)
  if (held === undefined) return undefined
  const done = { ...(await applyAndPrune(permitted, lease, execution)), fence: about.fence }
  report.note({ pruneDecisions: done.pruneDecisions })
  const problems = [...done.problems, ...plan.pruneErrors]
  if (!done.isConnectionLost && !isQuiet) {
    const { entries } = nextEntries(expected, plan, dryRuns, done.written, done.unfinished)
    const last = after(withoutPruned(entries, done.pruneDecisions), done)
    problems.push(...(await writeFinalRecord(inventory, last, held, execution)))
  }
  throwIfAny(lease.lost.aborted ? diagnosticsOf(lease.lost.reason) : problems)
  return done
}

const NOT_YET = 'its turn has not come yet'
const REWRITTEN = 'the branch was rewritten, and what left it may have been lost with that; the next run deletes it'

/** What a run left behind once all was done. */
export interface ExecutionResult extends Pick<ApplyOutcome, 'results' | 'written' | 'unfinished'> {
  readonly pruneDecisions: Plan['pruneDecisions']
  readonly problems: readonly Diagnostic[]
  /** Of the record that it left. */
  readonly fence: number
  /** Whether the run has waited until all is ready. */
  readonly isReady: boolean
  /** Whether the run was cancelled, or cut off from the cluster. */
  readonly isConnectionLost: boolean
}

async function applyAndPrune(
  plan: Plan,
  lease: Lease,
  execution: ExecutionContext,
): Promise<Omit<ExecutionResult, 'fence'>> {
  const { order, externalDependencies, cluster, config, report, statusReader, locate } = execution
  const [{ policy }] = config.sets
  const { forceConflicts: force, parallelism, timeoutMs: timeout } = policy
  const signal = AbortSignal.any([execution.signal, lease.lost])
  const options = { signal, log: report.log, force, parallelism, timeout, statusReader }
  const applied = await report.phase('Apply', async () => {
    const outcome = await apply(plan, order, externalDependencies, cluster, options)
    report.note({ results: outcome.results, unhealthy: outcome.unready })
    const withLocation = locate(outcome.results)
    report.note({ results: withLocation })
    for (const applyResult of withLocation) if (applyResult.result !== 'unchanged') report.log(resultLine(applyResult))
    return outcome
  })
  const { results, written, unfinished } = applied
  const done = { results, written, unfinished, isReady: false }
  const isClean = applied.problems.length === 0 && applied.results.every(({ result }) => !NOT_APPLIED.has(result))
  const isCutOff = (problems: readonly Diagnostic[]) => execution.signal.aborted || problems.some(isConnectionLost)
  if (!isClean || signal.aborted) {
    const pruneDecisions = blockPrunes(plan.pruneDecisions, 'not everything could be applied')
    return { ...done, pruneDecisions, problems: applied.problems, isConnectionLost: isCutOff(applied.problems) }
  }
  if (!plan.pruneDecisions.some(isPruned))
    return { ...done, pruneDecisions: plan.pruneDecisions, problems: [], isConnectionLost: isCutOff([]) }
  const pruned = await pruneWhenReady(plan, applied.results, execution, options).catch(
    (error: unknown): PruneResult => {
      const problems = signal.aborted ? [] : diagnosticsOf(error)
      return { pruneDecisions: blockPrunes(plan.pruneDecisions, 'the run ended before its turn came'), problems }
    },
  )
  return { ...pruned, ...done, isReady: true, isConnectionLost: isCutOff(pruned.problems) }
}

/** Deletes what has left Git, once all that is in Git is ready. */
async function pruneWhenReady(
  { pruneDecisions }: Plan,
  results: readonly ApplyResult[],
  { cluster, report }: ExecutionContext,
  options: ApplyOptions,
): Promise<PruneResult> {
  const consequence = 'nothing is deleted as long as it is not'
  const unready = await waitUntilReady(results, consequence, { ...options, report })
  if (unready.length > 0) {
    return {
      pruneDecisions: blockPrunes(pruneDecisions, 'not everything that was applied is ready'),
      problems: unready,
    }
  }
  const pruning = await report.phase('Prune', () => prune(pruneDecisions, cluster, options))
  const meant = new Set(pruneDecisions.filter(isPruned).map(({ path }) => path))
  for (const decision of pruning.pruneDecisions)
    if (decision.result === 'kept' && meant.has(decision.path)) options.log(pruneLine(decision))
  return pruning
}

/** Outcomes after which nothing is deleted. */
const NOT_APPLIED: ReadonlySet<string> = new Set(['failed', 'skipped', 'pending', 'terminating'])

/** Notes what came of a run. What was noted before covers all that was done, so that this may fail. */
async function writeFinalRecord(
  inventory: Inventory,
  after: InventoryRecord,
  held: StoredInventory,
  { cluster, report }: ExecutionContext,
): Promise<readonly Diagnostic[]> {
  try {
    const written = await writeRecord(inventory, after, held, cluster.api)
    return written === undefined ? [inventoryConflict(inventory)] : []
  } catch (error) {
    const problems = diagnosticsOf(error)
    if (problems.some((problem) => problem.code === 'E-LOCK')) return problems
    const message = `What this run did could not be written down, so the next one asks again for what changed: ${problems[0]?.message ?? ''}`
    report.warn([{ message, hint: 'What was applied stays applied.' }])
    return []
  }
}

function inventoryConflict(inventory: Inventory): Diagnostic {
  const message = 'Somebody else has written the inventory while this run held its lock.'
  const hint = 'Run again; if it happens again, look who writes this Secret.'
  return { code: 'E-LOCK', message, object: formatId(inventorySecret(inventory)), hint }
}

/** The record of a plan that was carried out. */
function nextRecord(
  before: InventoryRecord,
  entries: InventoryRecord['entries'],
  { pruneDecisions }: Pick<Plan, 'pruneDecisions'>,
  { selection, files }: PlanInput,
  source: SourceTree,
  { identity, serverVersion }: Cluster,
): InventoryRecord {
  // As long as something is to go, it is told by what the set was chosen when it was there.
  const isOpen = pruneDecisions.some(({ isPostponed }) => isPostponed)
  const isKnown = Object.keys(before.selection).length > 0
  return {
    ...before,
    ...{ cluster: identity || before.cluster, serverVersion, entries },
    ...{ commit: source.commit ?? '', branch: source.branch ?? '' },
    selection: isOpen && isKnown ? before.selection : selection,
    files: isOpen && isKnown ? mergeFileDigests(before.files, files) : files,
  }
}

/** Lets those writes pass that are in the plan, as long as the lock is held. */
function plannedWrites(
  { objects, pruneDecisions }: Plan,
  inventory: Inventory,
  lease: Lease,
): (path: string) => Promise<void> {
  const pruned = pruneDecisions.filter(isPruned).map(({ path }) => path)
  const written = objects.flatMap(({ manifest, result }) => (result === 'ignored' ? [] : (manifest.path ?? [])))
  const planned = new Set([...written, ...pruned].map((path) => decodeURIComponent(path)))
  return async (path) => {
    if (!planned.has(decodeURIComponent(path)) && !isInventoryPath(path, inventory))
      throw new Error(`a write that is not in the plan: ${path}`)
    await lease.check()
  }
}

/** Raises E-GUARD where another commit was applied that this one does not follow. */
async function requireNewest(
  record: InventoryRecord | undefined,
  execution: ExecutionContext,
): Promise<CommitAncestry> {
  const { source, config, report, signal, tempDir } = execution
  const last = record ?? EMPTY
  const now = { commit: source.commit ?? '', branch: source.branch ?? '' }
  const options = { environment: gitEnvironment(config.environment), tempDir, signal, log: report.log }
  const ancestry = await compareCommits(now, last, config.source, options)
  const [young, old] = [now.commit, last.commit].map((commit) => commit.slice(0, 12) || 'no commit')
  if (ancestry.kind === 'rewritten') {
    const message = `The branch was rewritten: ${young} is its tip, and does not descend from ${old}, which was applied last. The branch is followed.`
    report.warn([{ message }])
  }
  if (ancestry.kind !== 'other' && ancestry.kind !== 'unknown') return ancestry
  const [set] = config.sets
  if (set.policy.allowRollback) {
    report.log(`Going from ${old} to ${young}, which does not follow it: \`allow-rollback\` says so.`)
    return ancestry
  }
  const lastRun = last.run || 'an earlier run'
  if (ancestry.kind === 'unknown')
    throw new Failure({
      code: 'E-GUARD',
      message: `Nobody can say whether this run’s commit ${young} is newer than ${old}, which was applied by ${lastRun}: ${ancestry.message}.`,
      hint: ancestry.hint,
    })
  const isOtherBranch = now.branch !== last.branch && last.branch !== ''
  const whence = isOtherBranch
    ? `; the last one was of ${last.branch}, this one is of ${now.branch || 'no branch'}`
    : ''
  throw new Failure({
    code: 'E-GUARD',
    message: `Another commit was applied last, and this one does not follow it: this run is at ${young}, and ${old} was applied by ${lastRun}${whence}.`,
    hint: hint`An old run that was started again must not undo a newer one. To go back on purpose, revert in Git, or set ${option('allow-rollback', 'true')} for a run.`,
  })
}

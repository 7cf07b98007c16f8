import { type ApplyOutcome, apply } from '../apply/apply.ts'
import type { ApplyResult } from '../apply/apply-result.ts'
import type { ApplyOptions } from '../apply/apply-session.ts'
import { openKubectlStream } from '../apply/kubectl-stream.ts'
import { type Diagnostic, diagnosticsOf, isConnectionLost, throwIfAny } from '../diagnostics.ts'
import type { Lease } from '../inventory/lock/lease.ts'
import { expectedEntries, nextEntries, withoutPruned } from '../inventory/next-record.ts'
import { isInventoryPath, type StoredInventory, writeRecord } from '../inventory/store.ts'
import type { WriteSession } from '../kube/client.ts'
import { type Inventory, inventorySecret } from '../object/inventory.ts'
import type { InventoryRecord } from '../object/inventory-record.ts'
import { formatId } from '../object/object-id.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import { isPruned, type KeepReason } from '../plan/prune-decision.ts'
import { blockPrunes } from '../plan/prune-limits.ts'
import { type PruneResult, prune } from '../prune/prune.ts'
import { inPhase, warn } from './events.ts'
import type { Execution, PlannedSet } from './execution.ts'
import { withLocations } from './locate-rejections.ts'
import { nextState } from './next-state.ts'
import { requireNewest } from './require-newest.ts'
import { waitUntilReady } from './wait-ready.ts'

/** The result of executing a plan. */
export interface ExecutionResult extends Pick<ApplyOutcome, 'results' | 'written' | 'unfinished'> {
  readonly pruneDecisions: Plan['pruneDecisions']
  readonly problems: readonly Diagnostic[]
  /** The fence of the record that was written. */
  readonly fence: number
  /** Whether the run has waited until everything was ready. */
  readonly isReady: boolean
  /** Whether the run was cancelled, or lost the connection. */
  readonly isInterrupted: boolean
}

/**
 * Executes a plan under the lock: checks that the commit is the newest, writes the inventory of what is about to be applied,
 * applies, prunes, and writes the inventory of what was done. Returns undefined, with nothing done, if another run has written
 * the inventory since the plan was made. Raises all errors together at the end.
 */
export async function executePlan(
  { stored, input, plan }: PlannedSet,
  lease: Lease,
  execution: Execution,
): Promise<ExecutionResult | undefined> {
  const { cluster, config, emit } = execution
  const { inventory, record, dryRuns } = input
  const ancestry = await requireNewest(record, execution)
  const pruneDecisions =
    ancestry.kind === 'rewritten' ? blockPrunes(plan.pruneDecisions, REWRITTEN) : plan.pruneDecisions
  const allowedPlan = { ...plan, pruneDecisions }
  const session = cluster.api.openWriteSession(plannedWrites(allowedPlan, inventory, lease))
  const fence = Math.max((record?.fence ?? 0) + 1, lease.count)
  const recordWith = (entries: InventoryRecord['entries'], done: Pick<Plan, 'pruneDecisions'>): InventoryRecord => ({
    ...nextState(entries, done, input, execution),
    ...{ fence, run: config.runName },
  })
  const hasNoChanges = !plan.objects.some(isChange) && !pruneDecisions.some(isPruned)
  const expected = expectedEntries(record, plan, dryRuns)
  const firstRecord = hasNoChanges
    ? recordWith(
        withoutPruned(nextEntries(record?.entries, plan, dryRuns, new Map(), []).entries, pruneDecisions),
        allowedPlan,
      )
    : recordWith(expected, { pruneDecisions: blockPrunes(pruneDecisions, NOT_YET) })
  const written = await writeRecord(inventory, firstRecord, stored, session)
  if (written === undefined) return undefined
  const done = { ...(await applyAndPrune(allowedPlan, lease, session, execution)), fence }
  emit({ type: 'prune-results', decisions: done.pruneDecisions })
  const problems = [...done.problems, ...plan.pruneErrors]
  if (!done.isInterrupted && !hasNoChanges) {
    const { entries } = nextEntries(expected, plan, dryRuns, done.written, done.unfinished)
    const finalRecord = recordWith(withoutPruned(entries, done.pruneDecisions), done)
    problems.push(...(await writeFinalRecord(inventory, finalRecord, written, session, execution)))
  }
  throwIfAny(lease.lost.aborted ? diagnosticsOf(lease.lost.reason) : problems)
  return done
}

const NOT_YET: KeepReason = { reason: 'NotYet', message: 'it is pruned later in this run' }
const NOT_ALL_APPLIED: KeepReason = { reason: 'NotAllApplied', message: 'not everything could be applied' }
const NOT_ALL_READY: KeepReason = { reason: 'NotAllReady', message: 'not everything that was applied is ready' }
const RUN_ENDED: KeepReason = { reason: 'RunEnded', message: 'the run ended before it was deleted' }
const REWRITTEN: KeepReason = {
  reason: 'BranchRewritten',
  message: 'the branch was rewritten, which may have removed it by accident; the next run deletes it',
}

async function applyAndPrune(
  plan: Plan,
  lease: Lease,
  session: WriteSession,
  execution: Execution,
): Promise<Omit<ExecutionResult, 'fence'>> {
  const { set, cluster, statusReader, emit } = execution
  const { forceConflicts: force, parallelism, timeoutMs: timeout } = set.policy
  const signal = AbortSignal.any([execution.signal, lease.lost])
  const stream = openKubectlStream(cluster, session, { signal, force })
  const options = { signal, emit, stream, parallelism, timeout, statusReader }
  const { results, written, unfinished, problems } = await applyPlan(plan, session, execution, options)
  const done = { results, written, unfinished, isReady: false }
  const isClean = problems.length === 0 && results.every(({ result }) => !NOT_APPLIED.has(result))
  const isInterrupted = (errors: readonly Diagnostic[]) => execution.signal.aborted || errors.some(isConnectionLost)
  if (!isClean || signal.aborted) {
    const pruneDecisions = blockPrunes(plan.pruneDecisions, NOT_ALL_APPLIED)
    return { ...done, pruneDecisions, problems, isInterrupted: isInterrupted(problems) }
  }
  if (!plan.pruneDecisions.some(isPruned))
    return { ...done, pruneDecisions: plan.pruneDecisions, problems: [], isInterrupted: isInterrupted([]) }
  const pruned = await pruneWhenReady(plan, results, session, execution, options).catch(
    (error: unknown): PruneResult => {
      const errors = signal.aborted ? [] : diagnosticsOf(error)
      return {
        pruneDecisions: blockPrunes(plan.pruneDecisions, RUN_ENDED),
        problems: errors,
      }
    },
  )
  return { ...pruned, ...done, isReady: true, isInterrupted: isInterrupted(pruned.problems) }
}

/** Results after which nothing is pruned. */
const NOT_APPLIED: ReadonlySet<string> = new Set(['failed', 'skipped', 'pending', 'terminating'])

function applyPlan(
  plan: Plan,
  session: WriteSession,
  execution: Execution,
  options: ApplyOptions,
): Promise<ApplyOutcome> {
  const { order, externalDependencies, source, config, emit } = execution
  return inPhase('apply', emit, async () => {
    const outcome = await apply(plan, order, externalDependencies, session, options)
    emit({ type: 'unready', objects: outcome.unready })
    emit({ type: 'results', results: withLocations(outcome.results, source.files, config.readLimits) })
    return outcome
  })
}

/** Prunes what was removed from Git, once everything in Git is ready. */
async function pruneWhenReady(
  { pruneDecisions }: Plan,
  results: readonly ApplyResult[],
  session: WriteSession,
  { emit }: Execution,
  options: ApplyOptions,
): Promise<PruneResult> {
  const consequence = 'nothing is pruned until it is ready'
  const unready = await waitUntilReady(results, consequence, { ...options, emit })
  if (unready.length > 0) {
    const kept = blockPrunes(pruneDecisions, NOT_ALL_READY)
    return { pruneDecisions: kept, problems: unready }
  }
  return inPhase('prune', emit, () => prune(pruneDecisions, session, { ...options, emit }))
}

/** Writes the record of what was done. This may fail, because the record written before the apply covers all of it. */
async function writeFinalRecord(
  inventory: Inventory,
  record: InventoryRecord,
  stored: StoredInventory,
  session: WriteSession,
  { emit }: Execution,
): Promise<readonly Diagnostic[]> {
  try {
    const written = await writeRecord(inventory, record, stored, session)
    return written === undefined ? [inventoryConflict(inventory)] : []
  } catch (error) {
    const problems = diagnosticsOf(error)
    if (problems.some(({ code }) => code === 'E-LOCK')) return problems
    const message = `The inventory could not be updated at the end of the run, so the next run dry-runs what changed: ${problems[0]?.message ?? ''}`
    warn([{ reason: 'InventoryNotUpdated', message, hint: 'What was applied stays applied.' }], emit)
    return []
  }
}

/** The error (E-LOCK) of a run whose inventory another client wrote while the run held the lock. */
export function inventoryConflict(inventory: Inventory): Diagnostic {
  return {
    code: 'E-LOCK',
    reason: 'InventoryModified',
    message: 'Another client wrote the inventory while this run held its lock.',
    object: formatId(inventorySecret(inventory)),
    hint: 'Run again. If it happens again, find out which client writes this Secret.',
  }
}

/** Allows only writes that are in the plan, and only while the lock is held. */
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
      throw new Error(`not a write of the plan: ${path}`)
    await lease.check()
  }
}

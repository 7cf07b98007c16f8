import type { ApplyResult } from '../apply/apply-result.ts'
import { CLOCK } from '../clock.ts'
import { type Diagnostic, type Location, throwIfAny, type Warning } from '../diagnostics.ts'
import { readLaterRecord } from '../inventory/store.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { makeInventory } from '../object/inventory.ts'
import { type InventoryRecord, isPending, type RecordEntry } from '../object/inventory-record.ts'
import { formatId, type ObjectId, objectKey } from '../object/object-id.ts'
import { isChange } from '../plan/object-plan.ts'
import type { ReadinessResult } from '../wait/readiness.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import { unreadyDiagnostics, unreadyObjects } from '../wait/unready-object.ts'
import { needsWait, type WaitTarget, waitTarget } from '../wait/wait-target.ts'
import { openWaiter, type WaitOptions } from '../wait/waiter.ts'
import { type Emit, inPhase, warn } from './events.ts'
import type { Execution } from './execution.ts'

/** How often, and at which interval, the record is read to find the run that deleted an object: it is written afterwards. */
const [MAX_RECORD_READS, RECORD_READ_INTERVAL_MS] = [15, 2_000]

/** What a wait needs beside the results. */
export interface WaitReadyOptions extends Pick<WaitOptions, 'signal' | 'timeout'> {
  readonly statusReader: StatusReader
  readonly emit: Emit
  /** Whether an object was ready when this run observed it, if the run has not changed it since. */
  readonly wasReady?: (id: ObjectId) => boolean
  /** The record of a later run, if there is one. Under the lock there can be none. */
  readonly laterRecord?: () => Promise<InventoryRecord | undefined>
}

/** What must be ready at the end of a run. */
export interface WaitedSet {
  readonly results: readonly Pick<ApplyResult, 'manifest' | 'result'>[]
  /** The fence of the record at the end of the run. */
  readonly fence: number
  readonly wasReady?: (id: ObjectId) => boolean
}

/**
 * Waits until all objects of a set are ready, without its lock, so that a run that repairs an unready object need not wait for
 * this one. Raises E-HEALTH if an object is not ready in time.
 */
export async function waitForSet(
  { fence, results, wasReady = () => false }: WaitedSet,
  { set, cluster, emit, signal, statusReader }: Execution,
): Promise<void> {
  const inventory = makeInventory(set.inventory.namespace, set.inventory.name)
  const laterRecord = () => readLaterRecord(inventory, fence, cluster.identity, cluster.api)
  const options = { statusReader, emit, signal, timeout: set.policy.timeoutMs, laterRecord, wasReady }
  throwIfAny(await waitUntilReady(results, 'what was applied stays applied', options))
}

/**
 * Waits until all objects are ready that were applied or are unchanged, except hooks, which have already run. Emits the unready
 * objects, also during the wait, and returns an error (E-HEALTH) for each of them, with the `consequence` in its hint.
 */
export async function waitUntilReady(
  results: readonly Pick<ApplyResult, 'manifest' | 'result'>[],
  consequence: string,
  { statusReader, emit, signal, timeout, laterRecord, wasReady = () => false }: WaitReadyOptions,
): Promise<readonly Diagnostic[]> {
  const targets = targetsOf(results)
  if (targets.length === 0) return []
  return inPhase('wait', emit, async () => {
    const waiter = openWaiter(statusReader, {
      ...{ signal, timeout, emit },
      onUpdate: (readiness) => emit({ type: 'unready', objects: unreadyObjects(readiness) }),
    })
    const seen = await waiter.waitFor(targets.filter(({ id }) => !wasReady(id)))
    const deleted = laterRecord === undefined ? NO_DELETIONS : await deletedByLaterRun(seen, laterRecord, signal)
    const readiness = new Map([...seen].filter(([object]) => !deleted.has(object)))
    const objects = unreadyObjects(readiness)
    const warnings = [...readinessGuesses(readiness), ...deleted.values()]
    emit({ type: 'unready', objects })
    warn(warnings, emit)
    emit({
      ...{ type: 'wait-finished', total: targets.length, unready: objects.length, someDeleted: deleted.size > 0 },
      isReady: objects.length + warnings.length === 0,
    })
    return unreadyDiagnostics(readiness, statusReader, consequence)
  })
}

function targetsOf(results: readonly Pick<ApplyResult, 'manifest' | 'result'>[]): LocatedTarget[] {
  const since = CLOCK.steady()
  return results.flatMap(({ manifest, result }) => {
    const isApplied = result === 'unchanged' || isChange({ result })
    if (!isApplied || runsToCompletion(manifest) || !needsWait(manifest)) return []
    return [{ ...waitTarget(manifest, result !== 'unchanged', since), location: manifest.location }]
  })
}

/** A warning for each object that counts as ready although its status does not tell. */
function readinessGuesses(readiness: ReadonlyMap<LocatedTarget, ReadinessResult>): Warning[] {
  return [...readiness].flatMap(([{ id, location }, { isGuess, health }]) => {
    const message = `Cannot tell whether it is ready: ${health.reason}.`
    const hint = 'It counts as ready. Check whether its controller is running.'
    return isGuess ? [{ reason: 'ReadinessUnknown', message, location, object: formatId(id), hint }] : []
  })
}

const NO_DELETIONS: ReadonlyMap<LocatedTarget, Warning> = new Map()

/** An object to wait for, and the location of its manifest. */
type LocatedTarget = WaitTarget & { readonly location: Location }

/** A warning for each object that a later run of the set deleted during the wait. */
async function deletedByLaterRun(
  seen: ReadonlyMap<LocatedTarget, ReadinessResult>,
  laterRecord: () => Promise<InventoryRecord | undefined>,
  signal: AbortSignal,
): Promise<ReadonlyMap<LocatedTarget, Warning>> {
  const deleted = [...seen].flatMap(([target, { isDeleted }]) => (isDeleted ? [target] : []))
  for (let reads = 1; deleted.length > 0; reads += 1) {
    const record = await laterRecord()
    if (record === undefined) break
    const dropped = deleted.filter(({ id }) => isDropped(record.entries.get(objectKey(id))))
    if (dropped.length === deleted.length || reads === MAX_RECORD_READS) {
      const by = record.run || 'an unnamed run'
      const message = `A later run of this set deleted it while this run waited for it: ${by}.`
      const warning = { reason: 'DeletedByLaterRun', message }
      return new Map(
        dropped.map((target) => [target, { ...warning, location: target.location, object: formatId(target.id) }]),
      )
    }
    await CLOCK.sleep(RECORD_READ_INTERVAL_MS, signal)
  }
  return NO_DELETIONS
}

/** Whether an entry shows that a run deleted an object: it is missing, or pending because the object is created again. */
function isDropped(entry: RecordEntry | undefined): boolean {
  return entry === undefined || isPending(entry)
}

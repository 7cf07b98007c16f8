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

/** So often the record is read to find out who deleted an object, with a pause in between: it is written after the deletion. */
const [RECORD_READS, RECORD_READ_PAUSE_MS] = [15, 2_000]

/** What waiting at the end of a run needs. */
export interface WaitReadyOptions extends Pick<WaitOptions, 'signal' | 'timeout'> {
  readonly statusReader: StatusReader
  readonly emit: Emit
  /** Whether an object was ready when this run observed it, where nothing was done since. */
  readonly wasReady?: (id: ObjectId) => boolean
  /** The record of a later run, if there is one. Under the lock there can be none. */
  readonly laterRecord?: () => Promise<InventoryRecord | undefined>
}

/** What is to be ready at the end of a run. */
export interface WaitedSet {
  readonly results: readonly Pick<ApplyResult, 'manifest' | 'result'>[]
  /** Of the record that stands at the end. */
  readonly fence: number
  readonly wasReady?: (id: ObjectId) => boolean
}

/**
 * Waits until everything of a set is ready, without its lock, so that a run that repairs what does not get ready need not wait for
 * this one. Raises E-HEALTH where something is not ready in time.
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
 * Waits until everything is ready that was applied or is unchanged; hooks have run by then. Emits what is not ready, also while it
 * waits, and returns an error (E-HEALTH) for each such object, with the `consequence` in its hint.
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
    const deleted = laterRecord === undefined ? NOTHING : await deletedByLaterRun(seen, laterRecord, signal)
    const readiness = new Map([...seen].filter(([object]) => !deleted.has(object)))
    const objects = unreadyObjects(readiness)
    const warnings = [...assumptions(readiness), ...deleted.values()]
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

/** A warning for each object that counts as ready although nothing tells whether it is. */
function assumptions(readiness: ReadonlyMap<LocatedTarget, ReadinessResult>): Warning[] {
  return [...readiness].flatMap(([{ id, location }, { isGuess, health }]) => {
    const message = `Cannot tell whether it is ready: ${health.reason}.`
    const hint = 'It counts as ready. Check whether its controller is running.'
    return isGuess ? [{ reason: 'ReadinessUnknown', message, location, object: formatId(id), hint }] : []
  })
}

const NOTHING: ReadonlyMap<LocatedTarget, Warning> = new Map()

/** An object to wait for, and where it is written. */
type LocatedTarget = WaitTarget & { readonly location: Location }

/** A warning for each object that a later run of the set has deleted meanwhile. */
async function deletedByLaterRun(
  seen: ReadonlyMap<LocatedTarget, ReadinessResult>,
  laterRecord: () => Promise<InventoryRecord | undefined>,
  signal: AbortSignal,
): Promise<ReadonlyMap<LocatedTarget, Warning>> {
  const deleted = [...seen].flatMap(([each, { isDeleted }]) => (isDeleted ? [each] : []))
  for (let reads = 1; deleted.length > 0; reads += 1) {
    const record = await laterRecord()
    if (record === undefined) break
    const dropped = deleted.filter(({ id }) => isNoLongerKept(record.entries.get(objectKey(id))))
    if (dropped.length === deleted.length || reads === RECORD_READS) {
      const by = record.run || 'an unnamed run'
      const message = `A later run of this set deleted it while this run waited for it: ${by}.`
      const warning = { reason: 'DeletedByLaterRun', message }
      return new Map(dropped.map((each) => [each, { ...warning, location: each.location, object: formatId(each.id) }]))
    }
    await CLOCK.sleep(RECORD_READ_PAUSE_MS, signal)
  }
  return NOTHING
}

/** Whether a run no longer keeps an object, or is about to create it again. */
function isNoLongerKept(entry: RecordEntry | undefined): boolean {
  return entry === undefined || isPending(entry)
}

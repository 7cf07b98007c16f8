import type { ApplyResult } from '../apply/apply-result.ts'
import { CLOCK } from '../clock.ts'
import type { Diagnostic, Location, Warning } from '../diagnostics.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { type InventoryRecord, isPending, type RecordEntry } from '../object/inventory-record.ts'
import { formatCount, formatId, type ObjectId, objectKey } from '../object/object-id.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Report } from '../report/report.ts'
import type { ReadinessResult } from '../wait/readiness.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import { unreadyDiagnostics, unreadyObjects } from '../wait/unready-object.ts'
import { needsWait, type WaitTarget, waitTarget } from '../wait/wait-target.ts'
import { openWaiter, type WaitOptions } from '../wait/waiter.ts'

/** How often the record is asked who has deleted an object, and how long between, in milliseconds: it is noted afterwards. */
const [RECORD_READS, RECORD_READ_PAUSE_MS] = [15, 2_000]

/** What waiting at the end of a run needs. */
export interface ReadinessOptions extends Pick<WaitOptions, 'signal' | 'timeout'> {
  readonly statusReader: StatusReader
  readonly report: Report
  /** Whether an object was ready when this run looked at it, where nothing was done since. */
  readonly wasReady?: (id: ObjectId) => boolean
  /** What a run has written after this one, if one has. Under the lock none can. */
  readonly successor?: () => Promise<InventoryRecord | undefined>
}

/**
 * Waits until everything is ready that was applied, or was as it should be, but for hooks, which have run by then. Notes what is
 * not, also while it waits, and returns a problem for each (E-HEALTH) that tells what follows from it.
 */
export async function waitUntilReady(
  results: readonly Pick<ApplyResult, 'manifest' | 'result'>[],
  consequence: string,
  { statusReader, report, signal, timeout, successor, wasReady = () => false }: ReadinessOptions,
): Promise<readonly Diagnostic[]> {
  const since = CLOCK.steady()
  const targets = results.flatMap((applyResult) => {
    const { manifest, result } = applyResult
    if ((result !== 'unchanged' && !isChange(applyResult)) || runsToCompletion(manifest) || !needsWait(manifest))
      return []
    return [{ ...waitTarget(manifest, result !== 'unchanged', since), location: manifest.location }]
  })
  if (targets.length === 0) return []
  return report.phase('Wait until everything is ready', async () => {
    const waiter = openWaiter(statusReader, {
      ...{ signal, timeout, log: report.log },
      onUpdate: (readiness) => report.note({ unhealthy: unreadyObjects(readiness) }),
    })
    const seen = await waiter.waitFor(targets.filter(({ id }) => !wasReady(id)))
    const deletedLater = successor === undefined ? NOTHING : await deletedByLaterRun(seen, successor, signal)
    const asPlanned = new Map([...seen].filter(([object]) => !deletedLater.has(object)))
    const unhealthy = unreadyObjects(asPlanned)
    const guesses = [...asPlanned].flatMap(([{ id, location }, { isGuess, health }]) => {
      const message = `Nobody can tell whether it is ready: ${health.reason}.`
      const hint = 'It counts as ready. See whether its controller runs.'
      return isGuess ? [{ message, location, object: formatId(id), hint }] : []
    })
    const warnings = [...guesses, ...deletedLater.values()]
    report.note({ unhealthy, isReady: unhealthy.length + warnings.length === 0 })
    report.warn(warnings)
    report.log(
      unhealthy.length === 0
        ? `Everything is ready${deletedLater.size === 0 ? '' : ' that is still there'}: ${formatCount(targets)} looked at.`
        : `Not ready: ${unhealthy.length} of ${formatCount(targets)} looked at.`,
    )
    return unreadyDiagnostics(asPlanned, statusReader, consequence)
  })
}

const NOTHING: ReadonlyMap<WaitTargetWithLocation, Warning> = new Map()

/** An object to wait for, and where it is written. */
type WaitTargetWithLocation = WaitTarget & { readonly location: Location }

/** Those objects that a later run of the set has deleted, with what is to be said of that. */
async function deletedByLaterRun(
  seen: ReadonlyMap<WaitTargetWithLocation, ReadinessResult>,
  successor: () => Promise<InventoryRecord | undefined>,
  signal: AbortSignal,
): Promise<ReadonlyMap<WaitTargetWithLocation, Warning>> {
  const deleted = [...seen].flatMap(([each, { isDeleted }]) => (isDeleted ? [each] : []))
  for (let observe = 1; deleted.length > 0; observe += 1) {
    const record = await successor()
    if (record === undefined) break
    const dropped = deleted.filter(({ id }) => isNoLongerKept(record.entries.get(objectKey(id))))
    if (dropped.length === deleted.length || observe === RECORD_READS) {
      const by = record.run || 'it does not say which one it is'
      const message = `A later run of this set has deleted it while this run waited for it: ${by}.`
      return new Map(dropped.map((each) => [each, { message, location: each.location, object: formatId(each.id) }]))
    }
    await CLOCK.sleep(RECORD_READ_PAUSE_MS, signal)
  }
  return NOTHING
}

/** Whether a run no longer keeps an object, or is about to make it anew. */
function isNoLongerKept(entry: RecordEntry | undefined): boolean {
  return entry === undefined || isPending(entry)
}

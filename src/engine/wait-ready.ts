import type { Outcome } from '../apply/apply-result.ts'
import { CLOCK } from '../clock.ts'
import type { Location, Problem, Warning } from '../diagnostics.ts'
import { type Entry, type InventoryRecord, isPending } from '../inventory/record.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { countOf, describe, keyOf, type ObjectId } from '../object/manifest.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Report } from '../report/report.ts'
import { ailmentsIn, problemsIn } from '../wait/unready-object.ts'
import { type Awaited, awaitedFrom, isWaitedFor } from '../wait/wait-target.ts'
import type { Judgement } from '../wait/readiness.ts'
import type { Lookout } from '../wait/status-reader.ts'
import { openWaiter, type WaitOptions } from '../wait/waiter.ts'

/** How often the record is asked who has deleted an object, and how long between, in milliseconds: it is noted afterwards. */
const [LOOKS, PAUSE] = [15, 2_000]

/** What waiting at the end of a run needs. */
export interface ReadinessOptions extends Pick<WaitOptions, 'signal' | 'timeout'> {
  readonly lookout: Lookout
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
export async function untilReady(
  outcomes: readonly Pick<Outcome, 'manifest' | 'result'>[],
  consequence: string,
  { lookout, report, signal, timeout, successor, wasReady = () => false }: ReadinessOptions,
): Promise<readonly Problem[]> {
  const since = CLOCK.steady()
  const awaited = outcomes.flatMap((outcome) => {
    const { manifest, result } = outcome
    if ((result !== 'unchanged' && !isChange(outcome)) || isRun(manifest) || !isWaitedFor(manifest)) return []
    return [{ ...awaitedFrom(manifest, result !== 'unchanged', since), location: manifest.location }]
  })
  if (awaited.length === 0) return []
  return report.phase('Wait until everything is ready', async () => {
    const waiter = openWaiter(lookout, {
      ...{ signal, timeout, log: report.log },
      heed: (judgements) => report.note({ unhealthy: ailmentsIn(judgements) }),
    })
    const seen = await waiter.settle(awaited.filter(({ id }) => !wasReady(id)))
    const taken = successor === undefined ? NOTHING : await takenAway(seen, successor, signal)
    const settled = new Map([...seen].filter(([object]) => !taken.has(object)))
    const unhealthy = ailmentsIn(settled)
    const guesses = [...settled].flatMap(([{ id, location }, { isGuess, health }]) => {
      const message = `Nobody can tell whether it is ready: ${health.reason}.`
      const next = 'It counts as ready. See whether its controller runs.'
      return isGuess ? [{ message, location, object: describe(id), next }] : []
    })
    const warnings = [...guesses, ...taken.values()]
    report.note({ unhealthy, isReady: unhealthy.length + warnings.length === 0 })
    report.warn(warnings)
    report.log(
      unhealthy.length === 0
        ? `Everything is ready${taken.size === 0 ? '' : ' that is still there'}: ${countOf(awaited)} looked at.`
        : `Not ready: ${unhealthy.length} of ${countOf(awaited)} looked at.`,
    )
    return problemsIn(settled, lookout, consequence)
  })
}

const NOTHING: ReadonlyMap<Placed, Warning> = new Map()

/** An object to wait for, and where it is written. */
type Placed = Awaited & { readonly location: Location }

/** Those objects that a later run of the set has deleted, with what is to be said of that. */
async function takenAway(
  seen: ReadonlyMap<Placed, Judgement>,
  successor: () => Promise<InventoryRecord | undefined>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Placed, Warning>> {
  const deleted = [...seen].flatMap(([each, { isDeleted }]) => (isDeleted ? [each] : []))
  for (let look = 1; deleted.length > 0; look += 1) {
    const record = await successor()
    if (record === undefined) break
    const dropped = deleted.filter(({ id }) => isDropped(record.entries.get(keyOf(id))))
    if (dropped.length === deleted.length || look === LOOKS) {
      const by = record.run || 'it does not say which one it is'
      const message = `A later run of this set has deleted it while this run waited for it: ${by}.`
      return new Map(dropped.map((each) => [each, { message, location: each.location, object: describe(each.id) }]))
    }
    await CLOCK.sleep(PAUSE, signal)
  }
  return NOTHING
}

/** Whether a run no longer keeps an object, or is about to make it anew. */
function isDropped(entry: Entry | undefined): boolean {
  return entry === undefined || isPending(entry)
}

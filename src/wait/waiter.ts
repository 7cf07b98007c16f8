import { CLOCK, type Clock } from '../clock.ts'
import type { ReadOutcome } from '../kube/readers/collection-reader.ts'
import { makeGiveUpRules } from './give-up.ts'
import { hasPods, type PodDiagnosis } from './pod-diagnosis.ts'
import { checkReadiness, type ReadinessResult } from './readiness.ts'
import type { StatusReader } from './status-reader.ts'
import { unreadyReason } from './unready-object.ts'
import type { WaitEvent } from './wait-event.ts'
import type { WaitTarget } from './wait-target.ts'

/** The longest outage that a wait survives, in milliseconds. */
const MAX_OUTAGE_MS = 60_000
/** Time between two reads of the objects, in milliseconds; longer if a read itself takes long. */
const POLL_INTERVALS_MS = { first: 100, max: 2_000 }
/** A poll period is at least this many times the duration of its read. */
const MIN_POLL_PERIOD_FACTOR = 4
/** Time to the first check of Pods, and between two checks, in milliseconds. */
const POD_CHECKS_MS = { first: 2_000, next: 5_000 }
/** Time between two progress events, in milliseconds. */
const PROGRESS_INTERVAL_MS = 15_000
/** The most objects that a progress event names. */
const MAX_OBJECTS_IN_PROGRESS = 5

/** Options of a waiter. */
export interface WaitOptions {
  readonly emit: (event: WaitEvent) => void
  readonly signal: AbortSignal
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** Called after each read with the readiness of every object. */
  readonly onUpdate?: (results: ReadonlyMap<WaitTarget, ReadinessResult>) => void
  readonly clock?: Clock
}

/** Waits for objects, in one or more calls, and keeps track of how long each of them has been failing. */
export interface Waiter {
  /**
   * Waits until all objects are settled: ready, failed, or timed out. After `maxWait` milliseconds it returns as soon as at least
   * one is settled. Returns the results of the settled objects. Raises the errors of the API client, and an outage that lasts; rejects
   * if the signal aborts.
   */
  waitFor<T extends WaitTarget>(objects: readonly T[], maxWait?: number): Promise<Map<T, ReadinessResult>>
}

/** Opens a waiter that reads objects with `statusReader`. */
export function openWaiter(
  statusReader: StatusReader,
  { emit, signal, timeout, onUpdate = () => {}, clock = CLOCK }: WaitOptions,
): Waiter {
  const [findSettled, withDiagnoses] = [makeGiveUpRules(timeout, clock), makePodWatch(statusReader, clock)]
  let lastProgress = Number.NEGATIVE_INFINITY
  const check = async <T extends WaitTarget>(
    open: readonly T[],
    checkOutage: (outcomes: Iterable<ReadOutcome>) => void,
  ) => {
    const outcomes = await statusReader.readStatuses(open)
    checkOutage(outcomes.values())
    const checked = open.map(async (object): Promise<[T, ReadinessResult]> => {
      return [object, await checkReadiness(object, outcomes.get(object) ?? { kind: 'absent' }, statusReader)]
    })
    return withDiagnoses(new Map(await Promise.all(checked)))
  }
  return {
    waitFor: async <T extends WaitTarget>(objects: readonly T[], maxWait = Number.POSITIVE_INFINITY) => {
      const settled = new Map<T, ReadinessResult>()
      const [started, checkOutage] = [clock.steady(), makeOutageCheck(clock)]
      let open = objects
      for (
        let interval = POLL_INTERVALS_MS.first;
        open.length > 0;
        interval = Math.min(interval * 1.5, POLL_INTERVALS_MS.max)
      ) {
        const readStarted = clock.steady()
        const results = await check(open, checkOutage)
        const newlySettled = findSettled(results)
        for (const [object, result] of newlySettled) settled.set(object, result)
        const waiting = new Map([...results].filter(([object]) => !newlySettled.has(object)))
        open = [...waiting.keys()]
        onUpdate(new Map([...settled, ...waiting]))
        const now = clock.steady()
        if (open.length === 0 || (settled.size > 0 && now - started > maxWait)) break
        if (now - lastProgress > PROGRESS_INTERVAL_MS) {
          emit(progressEvent(waiting))
          lastProgress = now
        }
        await clock.sleep(Math.max(interval, (now - readStarted) * (MIN_POLL_PERIOD_FACTOR - 1)), signal)
      }
      return settled
    },
  }
}

/** Makes a function that adds Pod diagnoses to results; it reads Pods every few seconds, and repeats the last diagnoses in between. */
function makePodWatch(statusReader: StatusReader, clock: Clock) {
  const diagnoses = new Map<string, PodDiagnosis>()
  let nextCheck = clock.steady() + POD_CHECKS_MS.first
  return async <T extends WaitTarget>(
    results: ReadonlyMap<T, ReadinessResult>,
  ): Promise<ReadonlyMap<T, ReadinessResult>> => {
    const isCheckDue = clock.steady() >= nextCheck
    if (isCheckDue) {
      const workloads = [...results].flatMap(([{ id, path }, { isReady, seen }]) =>
        isReady || seen === null || !hasPods(id) ? [] : [{ id, seen, path }],
      )
      const found = workloads.length === 0 ? [] : await statusReader.diagnoses(workloads)
      diagnoses.clear()
      for (const [{ path }, diagnosis] of found) diagnoses.set(path, diagnosis)
      nextCheck = clock.steady() + POD_CHECKS_MS.next
    }
    return new Map(
      [...results].map(([object, result]) => {
        const diagnosis = diagnoses.get(object.path)
        if (result.isReady || result.seen === null || diagnosis === undefined) return [object, result]
        return [object, { ...result, diagnosis, isDiagnosisOld: !isCheckDue }]
      }),
    )
  }
}

/** Makes a function that raises the failure of an outage that lasts longer than MAX_OUTAGE_MS. */
function makeOutageCheck(clock: Clock): (outcomes: Iterable<ReadOutcome>) => void {
  let lastAnswer = clock.steady()
  return (outcomes) => {
    const outage = [...outcomes].find(({ kind }) => kind === 'outage')
    if (outage?.kind !== 'outage') lastAnswer = clock.steady()
    else if (clock.steady() - lastAnswer > MAX_OUTAGE_MS) throw outage.failure
  }
}

function progressEvent(waiting: ReadonlyMap<WaitTarget, ReadinessResult>): WaitEvent {
  const objects = [...waiting]
    .slice(0, MAX_OBJECTS_IN_PROGRESS)
    .map(([{ id }, result]) => ({ id, message: unreadyReason(result) }))
  return { type: 'wait-progress', objects, total: waiting.size }
}

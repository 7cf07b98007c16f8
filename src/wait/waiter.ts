import { CLOCK, type Clock } from '../clock.ts'
import type { ReadOutcome } from '../kube/readers/collection-reader.ts'
import { makeGiveUpRules } from './give-up.ts'
import { hasPods, type PodDiagnosis } from './pod-diagnosis.ts'
import { checkReadiness, type ReadinessResult } from './readiness.ts'
import type { StatusReader } from './status-reader.ts'
import { unreadyReason } from './unready-object.ts'
import type { WaitEvent } from './wait-event.ts'
import type { WaitTarget } from './wait-target.ts'

/** How long the server may give no answer at all, in milliseconds. */
const MAX_OUTAGE_MS = 60_000
/** Between two looks at the objects, in milliseconds: at first, and at most, unless looking itself takes long. */
const POLL_INTERVALS_MS = { first: 100, most: 2_000 }
/** Looks take no more of the time than one part in so many. */
const MAX_POLL_SHARE = 4
/** From the beginning to the first look at Pods, and from one to the next, in milliseconds. */
const POD_CHECKS_MS = { first: 2_000, next: 5_000 }
/** Between two lines about what is still waited for, in milliseconds. */
const PROGRESS_INTERVAL_MS = 15_000
/** Objects named in a progress event. */
const MAX_OBJECTS_IN_PROGRESS = 5

/** What waiting needs beside the objects. */
export interface WaitOptions {
  readonly emit: (event: WaitEvent) => void
  readonly signal: AbortSignal
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** Hears after each look how things are. */
  readonly onUpdate?: (results: ReadonlyMap<WaitTarget, ReadinessResult>) => void
  readonly clock?: Clock
}

/** Waits for objects, some at a time, and remembers for how long which of them has been in trouble. */
export interface Waiter {
  /**
   * Waits until objects are settled: ready, or not to be ready within their time, or ever; or for `patience` milliseconds until
   * some are. Returns a judgement on those that are. Raises what the API raises, and when the signal aborts.
   */
  waitFor<T extends WaitTarget>(objects: readonly T[], patience?: number): Promise<Map<T, ReadinessResult>>
}

/** Opens a waiter that sees through a lookout. */
export function openWaiter(
  statusReader: StatusReader,
  { emit, signal, timeout, onUpdate = () => {}, clock = CLOCK }: WaitOptions,
): Waiter {
  const [endsIn, withDiagnoses] = [makeGiveUpRules(timeout, clock), makePodWatch(statusReader, clock)]
  let lastProgress = Number.NEGATIVE_INFINITY
  const check = async <T extends WaitTarget>(
    open: readonly T[],
    checkOutage: (outcomes: Iterable<ReadOutcome>) => void,
  ) => {
    const outcomes = await statusReader.look(open)
    checkOutage(outcomes.values())
    const checked = open.map(async (object): Promise<[T, ReadinessResult]> => {
      return [object, await checkReadiness(object, outcomes.get(object) ?? { kind: 'absent' }, statusReader)]
    })
    return withDiagnoses(new Map(await Promise.all(checked)))
  }
  return {
    waitFor: async <T extends WaitTarget>(objects: readonly T[], patience = Number.POSITIVE_INFINITY) => {
      const settled = new Map<T, ReadinessResult>()
      const [started, checkOutage] = [clock.steady(), makeOutages(clock)]
      let open = objects
      for (
        let interval = POLL_INTERVALS_MS.first;
        open.length > 0;
        interval = Math.min(interval * 1.5, POLL_INTERVALS_MS.most)
      ) {
        const begun = clock.steady()
        const results = await check(open, checkOutage)
        const ends = endsIn(results)
        for (const [object, end] of ends) settled.set(object, end)
        const waiting = new Map([...results].filter(([object]) => !ends.has(object)))
        open = [...waiting.keys()]
        onUpdate(new Map([...settled, ...waiting]))
        const now = clock.steady()
        if (open.length === 0 || (settled.size > 0 && now - started > patience)) break
        if (now - lastProgress > PROGRESS_INTERVAL_MS) {
          emit(progress(waiting))
          lastProgress = now
        }
        await clock.sleep(Math.max(interval, (now - begun) * (MAX_POLL_SHARE - 1)), signal)
      }
      return settled
    },
  }
}

/** Makes a function that adds to judgements what keeps Pods from being ready, with a look at these every few seconds. */
function makePodWatch(statusReader: StatusReader, clock: Clock) {
  const diagnoses = new Map<string, PodDiagnosis>()
  let next = clock.steady() + POD_CHECKS_MS.first
  return async <T extends WaitTarget>(
    results: ReadonlyMap<T, ReadinessResult>,
  ): Promise<ReadonlyMap<T, ReadinessResult>> => {
    const isNow = clock.steady() >= next
    if (isNow) {
      const workloads = [...results].flatMap(([{ id, path }, { isReady, seen }]) =>
        isReady || seen === null || !hasPods(id) ? [] : [{ id, seen, path }],
      )
      const found = workloads.length === 0 ? [] : await statusReader.diagnoses(workloads)
      diagnoses.clear()
      for (const [{ path }, diagnosis] of found) diagnoses.set(path, diagnosis)
      next = clock.steady() + POD_CHECKS_MS.next
    }
    return new Map(
      [...results].map(([object, result]) => {
        const diagnosis = diagnoses.get(object.path)
        if (result.isReady || result.seen === null || diagnosis === undefined) return [object, result]
        return [object, { ...result, diagnosis, isRecalled: !isNow }]
      }),
    )
  }
}

/** Makes a function that raises an outage that lasts. */
function makeOutages(clock: Clock): (outcomes: Iterable<ReadOutcome>) => void {
  let answered = clock.steady()
  return (outcomes) => {
    const outage = [...outcomes].find(({ kind }) => kind === 'outage')
    if (outage?.kind !== 'outage') answered = clock.steady()
    else if (clock.steady() - answered > MAX_OUTAGE_MS) throw outage.failure
  }
}

function progress(waiting: ReadonlyMap<WaitTarget, ReadinessResult>): WaitEvent {
  const objects = [...waiting]
    .slice(0, MAX_OBJECTS_IN_PROGRESS)
    .map(([{ id }, result]) => ({ id, message: unreadyReason(result) }))
  return { type: 'wait-progress', objects, total: waiting.size }
}

import { CLOCK, type Clock } from '../clock.ts'
import { countOf, describe } from '../object/manifest.ts'
import { reasonOf } from './unready-object.ts'
import type { Awaited } from './wait-target.ts'
import { type Judgement, judge } from './readiness.ts'
import { makeLimits } from './give-up.ts'
import type { Lookout } from './status-reader.ts'
import type { Look } from '../kube/readers/status-list.ts'
import { hasPods, type Suspect } from './pod-diagnosis.ts'

/** How long the server may give no answer at all, in milliseconds. */
const OUTAGE = 60_000
/** Between two looks at the objects, in milliseconds: at first, and at most, unless looking itself takes long. */
const INTERVALS = { first: 100, most: 2_000 }
/** Looks take no more of the time than one part in so many. */
const SHARE = 4
/** From the beginning to the first look at Pods, and from one to the next, in milliseconds. */
const PODS = { first: 2_000, next: 5_000 }
/** Between two lines about what is still waited for, in milliseconds. */
const PROGRESS = 15_000
/** More of them in one line nobody reads. */
const MOST_NAMES = 5

/** What waiting needs beside the objects. */
export interface WaitOptions {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** Hears after each look how things are. */
  readonly heed?: (judgements: ReadonlyMap<Awaited, Judgement>) => void
  readonly clock?: Clock
}

/** Waits for objects, some at a time, and remembers for how long which of them has been in trouble. */
export interface Waiter {
  /**
   * Waits until objects are settled: ready, or not to be ready within their time, or ever; or for `patience` milliseconds until
   * some are. Returns a judgement on those that are. Raises what the API raises, and when the signal aborts.
   */
  settle<T extends Awaited>(objects: readonly T[], patience?: number): Promise<Map<T, Judgement>>
}

/** Opens a waiter that sees through a lookout. */
export function openWaiter(
  lookout: Lookout,
  { log, signal, timeout, heed = () => {}, clock = CLOCK }: WaitOptions,
): Waiter {
  const [endsIn, withSuspects] = [makeLimits(timeout, clock), makePodWatch(lookout, clock)]
  let told = Number.NEGATIVE_INFINITY
  const look = async <T extends Awaited>(open: readonly T[], heedOutages: (looks: Iterable<Look>) => void) => {
    const looks = await lookout.look(open)
    heedOutages(looks.values())
    const judged = open.map(async (object): Promise<[T, Judgement]> => {
      return [object, await judge(object, looks.get(object) ?? NOT_SEEN, lookout)]
    })
    return withSuspects(new Map(await Promise.all(judged)))
  }
  return {
    settle: async <T extends Awaited>(objects: readonly T[], patience = Number.POSITIVE_INFINITY) => {
      const settled = new Map<T, Judgement>()
      const [started, heedOutages] = [clock.steady(), makeOutages(clock)]
      let open = objects
      for (let interval = INTERVALS.first; open.length > 0; interval = Math.min(interval * 1.5, INTERVALS.most)) {
        const begun = clock.steady()
        const judgements = await look(open, heedOutages)
        const ends = endsIn(judgements)
        for (const [object, end] of ends) settled.set(object, end)
        const waiting = new Map([...judgements].filter(([object]) => !ends.has(object)))
        open = [...waiting.keys()]
        heed(new Map([...settled, ...waiting]))
        const now = clock.steady()
        if (open.length === 0 || (settled.size > 0 && now - started > patience)) break
        if (now - told > PROGRESS) {
          for (const line of progressLines(waiting)) log(line)
          told = now
        }
        await clock.sleep(Math.max(interval, (now - begun) * (SHARE - 1)), signal)
      }
      return settled
    },
  }
}

const NOT_SEEN: Look = { status: 404, body: null }

/** Makes a function that adds to judgements what keeps Pods from being ready, with a look at these every few seconds. */
function makePodWatch(lookout: Lookout, clock: Clock) {
  const suspects = new Map<string, Suspect>()
  let next = clock.steady() + PODS.first
  return async <T extends Awaited>(judgements: ReadonlyMap<T, Judgement>): Promise<ReadonlyMap<T, Judgement>> => {
    const isNow = clock.steady() >= next
    if (isNow) {
      const workloads = [...judgements].flatMap(([{ id, path }, { isReady, seen }]) =>
        isReady || seen === null || !hasPods(id) ? [] : [{ id, seen, path }],
      )
      const found = workloads.length === 0 ? [] : await lookout.suspects(workloads)
      suspects.clear()
      for (const [{ path }, suspect] of found) suspects.set(path, suspect)
      next = clock.steady() + PODS.next
    }
    return new Map(
      [...judgements].map(([object, judgement]) => {
        const suspect = suspects.get(object.path)
        if (judgement.isReady || judgement.seen === null || suspect === undefined) return [object, judgement]
        return [object, { ...judgement, suspect, isRecalled: !isNow }]
      }),
    )
  }
}

/** Makes a function that raises an outage that lasts. */
function makeOutages(clock: Clock): (looks: Iterable<Look>) => void {
  let answered = clock.steady()
  return (looks) => {
    const outage = [...looks].find((look) => 'outage' in look)
    if (outage === undefined) answered = clock.steady()
    else if (clock.steady() - answered > OUTAGE) throw outage.outage
  }
}

function progressLines(waiting: ReadonlyMap<Awaited, Judgement>): string[] {
  const objects = [...waiting.keys()]
  const named = [...waiting].slice(0, MOST_NAMES)
  const more = objects.length - named.length
  return [
    `Waiting until ${countOf(objects)} ${objects.length === 1 ? 'is' : 'are'} ready ...`,
    ...named.map(([{ id }, judgement]) => `  ${describe(id)}: ${reasonOf(judgement)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

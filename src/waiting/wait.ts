import { CLOCK, type Clock } from '../clock.ts'
import { countOf, describe } from '../manifests/manifest.ts'
import { reasonOf } from './ailment.ts'
import type { Awaited } from './awaited.ts'
import { type Judgement, judge } from './judgement.ts'
import { makeLimits } from './limits.ts'
import type { Lookout } from './lookout.ts'
import type { Look } from './observer.ts'
import { hasPods, type Suspect } from './suspects.ts'

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
  /** After this time, in milliseconds, what is settled is enough, if there is any. By default all have to be. */
  readonly patience?: number
  /** Hears after each look how things are. */
  readonly heed?: (judgements: ReadonlyMap<Awaited, Judgement>) => void
  readonly clock?: Clock
}

/**
 * Waits until objects are settled: ready, or not to be ready within their time, or ever. Returns a judgement on those that
 * are. Raises what the API raises, and when `signal` aborts.
 */
export async function untilSettled<T extends Awaited>(
  objects: readonly T[],
  lookout: Lookout,
  { log, signal, timeout, patience = Number.POSITIVE_INFINITY, heed = () => {}, clock = CLOCK }: WaitOptions,
): Promise<Map<T, Judgement>> {
  const settled = new Map<T, Judgement>()
  const [started, endsIn] = [clock.steady(), makeLimits<T>(timeout, clock)]
  const [withSuspects, heedOutages] = [makePodWatch<T>(lookout, clock), makeOutages(clock)]
  let told = Number.NEGATIVE_INFINITY
  let open = objects
  for (let interval = INTERVALS.first; open.length > 0; interval = Math.min(interval * 1.5, INTERVALS.most)) {
    const begun = clock.steady()
    const looks = await lookout.look(open)
    heedOutages(looks.values())
    const judged = open.map(async (object): Promise<[T, Judgement]> => {
      return [object, await judge(object, looks.get(object) ?? NOT_SEEN, lookout)]
    })
    const judgements = await withSuspects(new Map(await Promise.all(judged)))
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
}

const NOT_SEEN: Look = { status: 404, body: null }

/** Makes a function that adds to judgements what keeps Pods from being ready, with a look at these every few seconds. */
function makePodWatch<T extends Awaited>(lookout: Lookout, clock: Clock) {
  let suspects: ReadonlyMap<T, Suspect> = new Map()
  let next = clock.steady() + PODS.first
  return async (judgements: ReadonlyMap<T, Judgement>): Promise<ReadonlyMap<T, Judgement>> => {
    const isNow = clock.steady() >= next
    if (isNow) {
      const workloads = [...judgements].flatMap(([object, { isReady, seen }]) =>
        isReady || seen === null || !hasPods(object.id) ? [] : [{ id: object.id, seen, object }],
      )
      const found = workloads.length === 0 ? [] : await lookout.suspects(workloads)
      suspects = new Map([...found].map(([{ object }, suspect]) => [object, suspect]))
      next = clock.steady() + PODS.next
    }
    return new Map(
      [...judgements].map(([object, judgement]) => {
        const suspect = suspects.get(object)
        if (judgement.isReady || suspect === undefined) return [object, judgement]
        // Nobody is sentenced for what was seen some seconds ago.
        return [object, { ...judgement, suspect: isNow ? suspect : { ...suspect, grace: undefined } }]
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

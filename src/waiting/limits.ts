import type { Clock } from '../clock.ts'
import { GRACE } from '../health/trouble.ts'
import { kindKeyOf } from '../manifests/manifest.ts'
import type { Awaited } from './awaited.ts'
import { isMute, type Judgement, mayBeStale } from './judgement.ts'

/** How long others wait for a definition at most, in milliseconds: the server itself needs no time to speak of. */
const DEADLINE_OF_DEFINITIONS = 30_000
/** How long a controller may take to say anything of an object, once nothing else is waited for, in milliseconds. */
const SILENCE = 10_000
/** How long a status that does not tell what it is about may be an old one, in milliseconds. */
const HASTE = 3_000
/** How long objects of a kind may be degraded where that is more than for others, in milliseconds. */
const GRACES: Readonly<Record<string, number>> = {
  // For its first minutes a Pod has no metrics to scale by.
  'autoscaling/HorizontalPodAutoscaler': 3 * GRACE,
}

/** Judges which objects nobody need wait for any longer: those that are ready, or not to be ready in their time, or ever. */
export type Limits<T> = (judgements: ReadonlyMap<T, Judgement>) => Map<T, Judgement>

/** Makes limits; `timeout` is how long to wait for one object, in milliseconds. */
export function makeLimits<T extends Awaited>(timeout: number, clock: Clock): Limits<T> {
  const troubleSince = makeTroubles<T>(clock)
  let talked = clock.steady()
  return (judgements) => {
    const now = clock.steady()
    const isQuiet = ({ seen, health }: Judgement) => seen !== null && isMute(health)
    if ([...judgements.values()].some((each) => !each.isReady && !isQuiet(each))) talked = now
    const ends = [...judgements].flatMap(([object, judgement]): [T, Judgement][] => {
      const { isReady, health } = judgement
      const waited = now - object.since
      if (isReady && waited < HASTE && mayBeStale(object, judgement)) return []
      if (isReady || (isQuiet(judgement) && now - talked > SILENCE)) return [[object, { ...judgement, isReady: true }]]
      const since = troubleSince(object, judgement)
      const isHopeless = since !== undefined && now - since >= graceOf(object, judgement)
      if (health.isFinal === true || isHopeless) return [[object, judgement]]
      return waited > limitOf(object, timeout) ? [[object, { ...judgement, waited }]] : []
    })
    return new Map(ends)
  }
}

function graceOf({ id }: Awaited, { health, suspect }: Judgement): number {
  const grace = suspect?.grace ?? Number.POSITIVE_INFINITY
  return health.status === 'Degraded' ? Math.min(grace, GRACES[kindKeyOf(id)] ?? GRACE) : grace
}

function limitOf({ id }: Awaited, timeout: number): number {
  return id.kind === 'CustomResourceDefinition' ? Math.min(timeout, DEADLINE_OF_DEFINITIONS) : timeout
}

/** Makes a function that tells since when an object has been in trouble without a break, by the steady clock. */
function makeTroubles<T>(clock: Clock): (object: T, judgement: Judgement) => number | undefined {
  const troubles = new Map<T, { readonly what: string; readonly since: number }>()
  return (object, { health, suspect }) => {
    const before = troubles.get(object)
    const who = suspect === undefined ? '' : `${suspect.name} ${suspect.container}`
    // Between two crashes a container runs for a moment.
    const isStuck = suspect !== undefined && (suspect.grace !== undefined || before?.what === who)
    const what = health.status === 'Degraded' ? 'itself' : isStuck ? who : undefined
    if (what === undefined) troubles.delete(object)
    else if (before?.what !== what) troubles.set(object, { what, since: clock.steady() })
    return troubles.get(object)?.since
  }
}

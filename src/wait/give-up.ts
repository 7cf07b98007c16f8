import type { Clock } from '../clock.ts'
import { backoffAfter, GRACE } from '../health/pod-issue.ts'
import { isCustom, kindKeyOf } from '../object/manifest.ts'
import type { Awaited } from './wait-target.ts'
import { isMute, type Judgement, mayBeStale } from './readiness.ts'

/** How long others wait for a definition at most, in milliseconds: the server itself needs no time to speak of. */
const DEADLINE_OF_DEFINITIONS = 30_000
/** How long a controller may take to say anything of an object, once nothing else is waited for, in milliseconds. */
const SILENCE = { custom: 10_000, builtIn: 20_000 }
/** How long a status that does not tell what it is about may be an old one, in milliseconds. */
const HASTE = 5_000
/** How long objects of a kind may be degraded where that is more than for others, in milliseconds. */
const GRACES: Readonly<Record<string, number>> = {
  // For its first minutes a Pod has no metrics to scale by.
  'autoscaling/HorizontalPodAutoscaler': 3 * GRACE,
}

/** Judges which objects nobody need wait for any longer: those that are ready, or not to be ready in their time, or ever. */
export type Limits = <T extends Awaited>(judgements: ReadonlyMap<T, Judgement>) => Map<T, Judgement>

/**
 * Makes limits; `timeout` is how long to wait for one object, in milliseconds. As long as anything is on its way, what is in trouble
 * may be so for want of that: it is given up only with all the rest.
 */
export function makeLimits(timeout: number, clock: Clock): Limits {
  const troubles = makeTroubles(clock)
  // Since when nothing that is waited for is on its way, and since when nothing says anything.
  let [stuck, quiet] = [clock.steady(), clock.steady()]
  return <T extends Awaited>(judgements: ReadonlyMap<T, Judgement>) => {
    const now = clock.steady()
    const isQuiet = ({ seen, health }: Judgement) => seen !== null && isMute(health)
    const open = [...judgements].filter(([, { isReady, health }]) => !isReady && health.isFinal !== true)
    const inTrouble = new Map(open.map(([object, judgement]) => [object, troubles(object, judgement)]))
    if (open.some(([, each]) => !isQuiet(each))) quiet = now
    if (open.some(([object, each]) => !isQuiet(each) && inTrouble.get(object) === undefined)) {
      stuck = now
      for (const trouble of inTrouble.values()) if (trouble !== undefined) trouble.isBelated = true
    }
    const isHopeless = (object: T, judgement: Judgement): boolean => {
      const trouble = inTrouble.get(object)
      if (trouble === undefined || judgement.isRecalled === true) return false
      return now - Math.max(trouble.since, stuck) >= graceOf(object, judgement, trouble.isBelated)
    }
    const isOver = open.every(([object, each]) => isQuiet(each) || isHopeless(object, each))
    const ends = [...judgements].flatMap(([object, judgement]): [T, Judgement][] => {
      const { isReady, health } = judgement
      const waited = now - object.since
      const isLate = waited > limitOf(object, timeout)
      if (isReady && waited < HASTE && mayBeStale(object, judgement)) return []
      if (isReady) return [[object, judgement]]
      if (isQuiet(judgement) && (isLate || now - quiet > silenceOf(object)))
        return [[object, { ...judgement, isReady: true, isGuess: true }]]
      if (health.isFinal === true || (isOver && isHopeless(object, judgement))) return [[object, judgement]]
      return isLate ? [[object, { ...judgement, waited }]] : []
    })
    return new Map(ends)
  }
}

/** How long an object may be in trouble; `isBelated`, where what it may have missed has come meanwhile. */
function graceOf({ id }: Awaited, { health, suspect }: Judgement, isBelated: boolean): number {
  const { grace = Number.POSITIVE_INFINITY, restarts = 0 } = suspect ?? {}
  const own = health.status === 'Degraded' ? (GRACES[kindKeyOf(id)] ?? GRACE) : Number.POSITIVE_INFINITY
  // It has to have been started once more.
  return isBelated && restarts > 0 ? Math.max(GRACE, backoffAfter(restarts) + GRACE / 2) : Math.min(grace, own)
}

function silenceOf({ id }: Awaited): number {
  return isCustom(id.group) ? SILENCE.custom : SILENCE.builtIn
}

function limitOf({ id }: Awaited, timeout: number): number {
  return id.kind === 'CustomResourceDefinition' ? Math.min(timeout, DEADLINE_OF_DEFINITIONS) : timeout
}

/** That an object is in trouble, without a break. */
interface TroubleSince {
  /** By the steady clock. */
  readonly since: number
  /** Whether others were on their way while it was. */
  isBelated: boolean
}

/** Makes a function that tells since when an object has been in trouble; undefined where it is not. */
function makeTroubles(clock: Clock): (object: Awaited, judgement: Judgement) => TroubleSince | undefined {
  const troubles = new Map<string, TroubleSince>()
  return ({ path }, { health, suspect }) => {
    // Between two crashes a container runs for a moment.
    const isBetween = troubles.has(path) && (suspect?.restarts ?? 0) > 0
    const isStuck = health.status === 'Degraded' || suspect?.grace !== undefined || isBetween
    if (!isStuck) troubles.delete(path)
    else if (!troubles.has(path)) troubles.set(path, { since: clock.steady(), isBelated: false })
    return troubles.get(path)
  }
}

import type { Clock } from '../clock.ts'
import { backoffAfter, DEGRADED_GRACE_MS } from '../health/pod-issue.ts'
import { factsOf, isCustom } from '../object/kinds.ts'
import { mayBeStaleStatus, type ReadinessResult, saysNothing } from './readiness.ts'
import type { WaitTarget } from './wait-target.ts'

/** How long others wait for a definition at most, in milliseconds: the server itself needs no time to speak of. */
const CRD_TIMEOUT_MS = 30_000
/** How long a controller may take to say anything of an object, once nothing else is waited for, in milliseconds. */
const SILENT_STATUS_MS = { custom: 10_000, builtIn: 20_000 }
/** How long a status that does not tell what it is about may be an old one, in milliseconds. */
const STALE_STATUS_MS = 5_000
/** Judges which objects nobody need wait for any longer: those that are ready, or not to be ready in their time, or ever. */
export type GiveUpRules = <T extends WaitTarget>(results: ReadonlyMap<T, ReadinessResult>) => Map<T, ReadinessResult>

/**
 * Makes limits; `timeout` is how long to wait for one object, in milliseconds. As long as anything is on its way, what is in trouble
 * may be so for want of that: it is given up only with all the rest.
 */
export function makeGiveUpRules(timeout: number, clock: Clock): GiveUpRules {
  const troubles = makeTroubles(clock)
  // Since when nothing that is waited for is on its way, and since when nothing says anything.
  let [stuck, quiet] = [clock.steady(), clock.steady()]
  return <T extends WaitTarget>(results: ReadonlyMap<T, ReadinessResult>) => {
    const now = clock.steady()
    const isQuiet = ({ seen, health }: ReadinessResult) => seen !== null && saysNothing(health)
    const open = [...results].filter(([, { isReady, health }]) => !isReady && health.isFinal !== true)
    const inTrouble = new Map(open.map(([object, result]) => [object, troubles(object, result)]))
    if (open.some(([, each]) => !isQuiet(each))) quiet = now
    if (open.some(([object, each]) => !isQuiet(each) && inTrouble.get(object) === undefined)) {
      stuck = now
      for (const issue of inTrouble.values()) if (issue !== undefined) issue.isBelated = true
    }
    const isGivenUp = (object: T, result: ReadinessResult): boolean => {
      const issue = inTrouble.get(object)
      if (issue === undefined || result.isRecalled === true) return false
      return now - Math.max(issue.since, stuck) >= graceOf(object, result, issue.isBelated)
    }
    const isOver = open.every(([object, each]) => isQuiet(each) || isGivenUp(object, each))
    const ends = [...results].flatMap(([object, result]): [T, ReadinessResult][] => {
      const { isReady, health } = result
      const waited = now - object.since
      const isLate = waited > limitOf(object, timeout)
      if (isReady && waited < STALE_STATUS_MS && mayBeStaleStatus(object, result)) return []
      if (isReady) return [[object, result]]
      if (isQuiet(result) && (isLate || now - quiet > silenceOf(object)))
        return [[object, { ...result, isReady: true, isGuess: true }]]
      if (health.isFinal === true || (isOver && isGivenUp(object, result))) return [[object, result]]
      return isLate ? [[object, { ...result, waited }]] : []
    })
    return new Map(ends)
  }
}

/** How long an object may be in trouble; `isBelated`, where what it may have missed has come meanwhile. */
function graceOf({ id }: WaitTarget, { health, diagnosis }: ReadinessResult, isBelated: boolean): number {
  const { grace = Number.POSITIVE_INFINITY, restarts = 0 } = diagnosis ?? {}
  const own =
    health.status === 'Degraded' ? (factsOf(id).degradedGraceFactor ?? 1) * DEGRADED_GRACE_MS : Number.POSITIVE_INFINITY
  // It has to have been started once more.
  return isBelated && restarts > 0
    ? Math.max(DEGRADED_GRACE_MS, backoffAfter(restarts) + DEGRADED_GRACE_MS / 2)
    : Math.min(grace, own)
}

function silenceOf({ id }: WaitTarget): number {
  return isCustom(id.group) ? SILENT_STATUS_MS.custom : SILENT_STATUS_MS.builtIn
}

function limitOf({ id }: WaitTarget, timeout: number): number {
  return id.kind === 'CustomResourceDefinition' ? Math.min(timeout, CRD_TIMEOUT_MS) : timeout
}

/** That an object is in trouble, without a break. */
interface TroubleSince {
  /** By the steady clock. */
  readonly since: number
  /** Whether others were on their way while it was. */
  isBelated: boolean
}

/** Makes a function that tells since when an object has been in trouble; undefined where it is not. */
function makeTroubles(clock: Clock): (object: WaitTarget, result: ReadinessResult) => TroubleSince | undefined {
  const troubles = new Map<string, TroubleSince>()
  return ({ path }, { health, diagnosis }) => {
    // Between two crashes a container runs for a moment.
    const isBetween = troubles.has(path) && (diagnosis?.restarts ?? 0) > 0
    const isStuck = health.status === 'Degraded' || diagnosis?.grace !== undefined || isBetween
    if (!isStuck) troubles.delete(path)
    else if (!troubles.has(path)) troubles.set(path, { since: clock.steady(), isBelated: false })
    return troubles.get(path)
  }
}

import type { Clock } from '../clock.ts'
import { backoffAfter, DEGRADED_GRACE_MS } from '../health/pod-issue.ts'
import { factsOf, isCustom } from '../object/kinds.ts'
import { mayBeStaleStatus, type ReadinessResult, saysNothing } from './readiness.ts'
import type { WaitTarget } from './wait-target.ts'

/** The longest wait for a CRD, in milliseconds: the server establishes it almost at once. */
const CRD_TIMEOUT_MS = 30_000
/** How long a controller may take to set a first status, once nothing else is waited for, in milliseconds. */
const MAX_SILENCE_MS = { custom: 10_000, builtIn: 20_000 }
/** How long a status without `observedGeneration` may be about an earlier generation, in milliseconds. */
const MAX_STALE_STATUS_MS = 5_000

/** Returns the final results of the objects that need no more waiting: they are ready, have failed, or have timed out. */
export type GiveUpRules = <T extends WaitTarget>(results: ReadonlyMap<T, ReadinessResult>) => Map<T, ReadinessResult>

/**
 * Makes the rules for giving up; `timeout` is how long to wait for one object, in milliseconds. A failing object may need another
 * one that is still progressing, so it is given up only once every object is failing or has no status.
 */
export function makeGiveUpRules(timeout: number, clock: Clock): GiveUpRules {
  const failingSince = makeFailingTracker(clock)
  // When an object last progressed, and when one last had a status.
  let [lastProgress, lastStatus] = [clock.steady(), clock.steady()]
  return <T extends WaitTarget>(results: ReadonlyMap<T, ReadinessResult>) => {
    const now = clock.steady()
    const hasNoStatus = ({ seen, health }: ReadinessResult) => seen !== null && saysNothing(health)
    const open = [...results].filter(([, { isReady, health }]) => !isReady && health.isFinal !== true)
    const failing = new Map(open.map(([object, result]) => [object, failingSince(object, result)]))
    if (open.some(([, result]) => !hasNoStatus(result))) lastStatus = now
    if (open.some(([object, result]) => !hasNoStatus(result) && failing.get(object) === undefined)) {
      lastProgress = now
      for (const state of failing.values()) if (state !== undefined) state.hasSeenProgress = true
    }
    const isGivenUp = (object: T, result: ReadinessResult): boolean => {
      const state = failing.get(object)
      if (state === undefined || result.isDiagnosisOld === true) return false
      return now - Math.max(state.since, lastProgress) >= graceOf(object, result, state.hasSeenProgress)
    }
    const isAllGivenUp = open.every(([object, result]) => hasNoStatus(result) || isGivenUp(object, result))
    const settled = [...results].flatMap(([object, result]): [T, ReadinessResult][] => {
      const { isReady, health } = result
      const waited = now - object.since
      const isLate = waited > timeoutOf(object, timeout)
      if (isReady && waited < MAX_STALE_STATUS_MS && mayBeStaleStatus(object, result)) return []
      if (isReady) return [[object, result]]
      if (hasNoStatus(result) && (isLate || now - lastStatus > maxSilenceOf(object)))
        return [[object, { ...result, isReady: true, isGuess: true }]]
      if (health.isFinal === true || (isAllGivenUp && isGivenUp(object, result))) return [[object, result]]
      return isLate ? [[object, { ...result, waited }]] : []
    })
    return new Map(settled)
  }
}

/** Returns how long an object may be failing, in milliseconds; `hasSeenProgress` if another object progressed in the meantime. */
function graceOf({ id }: WaitTarget, { health, diagnosis }: ReadinessResult, hasSeenProgress: boolean): number {
  const { grace = Number.POSITIVE_INFINITY, restarts = 0 } = diagnosis ?? {}
  const own =
    health.status === 'Degraded' ? (factsOf(id).degradedGraceFactor ?? 1) * DEGRADED_GRACE_MS : Number.POSITIVE_INFINITY
  // Its container must have been restarted since, after the kubelet's back-off.
  return hasSeenProgress && restarts > 0
    ? Math.max(DEGRADED_GRACE_MS, backoffAfter(restarts) + DEGRADED_GRACE_MS / 2)
    : Math.min(grace, own)
}

function maxSilenceOf({ id }: WaitTarget): number {
  return isCustom(id.group) ? MAX_SILENCE_MS.custom : MAX_SILENCE_MS.builtIn
}

function timeoutOf({ id }: WaitTarget, timeout: number): number {
  return id.kind === 'CustomResourceDefinition' ? Math.min(timeout, CRD_TIMEOUT_MS) : timeout
}

/** How long an object has been failing without a break. */
interface FailingState {
  /** In milliseconds of the steady clock. */
  readonly since: number
  /** Whether another object progressed in that time. */
  hasSeenProgress: boolean
}

/** Makes a function that returns since when an object has been failing; undefined if it is not. */
function makeFailingTracker(clock: Clock): (object: WaitTarget, result: ReadinessResult) => FailingState | undefined {
  const states = new Map<string, FailingState>()
  return ({ path }, { health, diagnosis }) => {
    // Between two crashes a container runs briefly.
    const isBetweenCrashes = states.has(path) && (diagnosis?.restarts ?? 0) > 0
    const isFailing = health.status === 'Degraded' || diagnosis?.grace !== undefined || isBetweenCrashes
    if (!isFailing) states.delete(path)
    else if (!states.has(path)) states.set(path, { since: clock.steady(), hasSeenProgress: false })
    return states.get(path)
  }
}

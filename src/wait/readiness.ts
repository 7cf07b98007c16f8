import { conditionsOf, numberAt } from '../health/conditions.ts'
import { healthOf, isReady } from '../health/health.ts'
import type { Health } from '../health/status.ts'
import { field, type Json } from '../json.ts'
import { catchOutage, type ReadOutcome, type ReadResult } from '../kube/readers/collection-reader.ts'
import { isCustom } from '../object/kinds.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { PodDiagnosis } from './pod-diagnosis.ts'
import type { StatusReader } from './status-reader.ts'
import type { WaitTarget } from './wait-target.ts'

/** What is known of an object that is waited for. */
export interface ReadinessResult {
  readonly isReady: boolean
  readonly health: Health
  /** Whether it was there, and somebody has deleted it. */
  readonly isDeleted?: boolean
  /** The object as it was seen last; null if it never was. */
  readonly seen: Json
  /** What keeps its Pods from being ready. */
  readonly diagnosis?: PodDiagnosis | undefined
  /** Whether that was seen at an earlier look: nobody is given up for it. */
  readonly isRecalled?: boolean
  /** Whether it counts as ready although nobody tells how it is. */
  readonly isGuess?: boolean
  /** For how long it was waited for, in milliseconds, where that was as long as it may take. */
  readonly waited?: number
}

/** Checks whether an object that was read is ready, with further requests where the object alone does not tell. */
export async function checkReadiness(
  target: WaitTarget,
  outcome: ReadOutcome,
  statusReader: StatusReader,
): Promise<ReadinessResult> {
  const away = () => unknown('the cluster does not respond')
  return outcome.kind === 'outage' ? away() : catchOutage(() => checkResult(target, outcome, statusReader), away)
}

async function checkResult(
  target: WaitTarget,
  result: ReadResult,
  statusReader: StatusReader,
): Promise<ReadinessResult> {
  if (result.kind === 'absent') return missingObject(target, statusReader)
  if (result.kind === 'failed')
    return result.status === 403
      ? unknown('the credentials may not `get` it', true)
      : unknown(`the server responds with status ${result.status}`)
  const { object } = result
  const health = healthOf(target.id, object)
  return {
    isReady: isReady(health, target.mustRun) || (await needsNothing(target, health, object, statusReader)),
    health,
    seen: object,
  }
}

/** Whether nothing is going to happen to an object that is not healthy, and nothing need. */
async function needsNothing(
  target: WaitTarget,
  health: Health,
  body: Json,
  statusReader: StatusReader,
): Promise<boolean> {
  if (formatGroupKind(target.id) === '/PersistentVolumeClaim')
    return health.status === 'Progressing' && statusReader.waitsForConsumer(body)
  // Of a kind without a status nobody ever tells anything; nor does anybody of an object that is as it was.
  return saysNothing(health) && (target.isWritten !== true || !(await statusReader.hasStatus(target)))
}

/** Whether an object says nothing of how it is, or nothing that anybody understands. */
export function saysNothing({ status, isSilent }: Health): boolean {
  return isSilent === true || status === 'Unknown'
}

/**
 * Whether a status may still be about what an object was before this run changed it: its controller does not tell which
 * generation it is about.
 */
export function mayBeStaleStatus({ id, isWritten }: WaitTarget, { seen }: ReadinessResult): boolean {
  const isChanged = isWritten === true && (numberAt(seen, 'metadata', 'generation') ?? 1) > 1
  const tells = [
    numberAt(seen, 'status', 'observedGeneration'),
    ...conditionsOf(seen).map((each) => each.observedGeneration),
  ]
  const hasStatus = field(seen, 'status') !== undefined
  return isCustom(id.group) && isChanged && hasStatus && tells.every((generation) => generation === undefined)
}

/** Judges an object that is not there: a Job with a lifetime has ended, one way or the other. */
async function missingObject(
  { id, object, mustRun }: WaitTarget,
  statusReader: StatusReader,
): Promise<ReadinessResult> {
  const missing = (reason: string, isReady = false): ReadinessResult => {
    return { isReady, health: { status: 'Missing', reason, isFinal: true }, seen: null }
  }
  if (field(object, 'spec', 'ttlSecondsAfterFinished') === undefined)
    return { ...missing('it was deleted'), isDeleted: true }
  const end = await statusReader.jobEnd(id)
  if (end === 'Complete') return missing('it has completed and no longer exists', true)
  if (end === 'Failed') return missing('it has failed and no longer exists')
  const reason = 'it no longer exists, and whether it succeeded is unknown: its `ttlSecondsAfterFinished` is too short'
  return missing(reason, mustRun !== true)
}

function unknown(reason: string, isFinal?: true): ReadinessResult {
  return { isReady: false, health: { status: 'Unknown', reason, ...(isFinal && { isFinal }) }, seen: null }
}

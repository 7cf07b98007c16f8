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

/** Whether an object that a run waits for is ready, and what is known about it. */
export interface ReadinessResult {
  readonly isReady: boolean
  readonly health: Health
  /** Whether it existed and was deleted. */
  readonly isDeleted?: boolean
  /** The live object, as read last; null if it could not be read. */
  readonly seen: Json
  /** The Pod issue that keeps it from being ready. */
  readonly diagnosis?: PodDiagnosis | undefined
  /** Whether the diagnosis is from an earlier check of Pods; such an issue does not end a wait. */
  readonly isDiagnosisOld?: boolean
  /** Whether it counts as ready although its status does not say so. */
  readonly isGuess?: boolean
  /** How long the run waited for it, in milliseconds; only if the timeout was exceeded. */
  readonly waited?: number
}

/** Checks whether an object is ready; sends further requests if its status alone does not say. An outage makes it unknown. */
export async function checkReadiness(
  target: WaitTarget,
  outcome: ReadOutcome,
  statusReader: StatusReader,
): Promise<ReadinessResult> {
  const unreachable = () => unknown('the cluster does not answer')
  return outcome.kind === 'outage'
    ? unreachable()
    : catchOutage(() => checkResult(target, outcome, statusReader), unreachable)
}

async function checkResult(
  target: WaitTarget,
  result: ReadResult,
  statusReader: StatusReader,
): Promise<ReadinessResult> {
  if (result.kind === 'absent') return missingObject(target, statusReader)
  if (result.kind === 'failed')
    return result.status === 403
      ? unknown('the credentials do not allow `get`', true)
      : unknown(`the server responded with status ${result.status}`)
  const { object } = result
  const health = healthOf(target.id, object)
  return {
    isReady: isReady(health, target.mustRun) || (await needsNoWait(target, health, object, statusReader)),
    health,
    seen: object,
  }
}

/** Whether an object that is not healthy is ready all the same, because no status change is to be expected. */
async function needsNoWait(
  target: WaitTarget,
  health: Health,
  object: Json,
  statusReader: StatusReader,
): Promise<boolean> {
  if (formatGroupKind(target.id) === '/PersistentVolumeClaim')
    return health.status === 'Progressing' && statusReader.waitsForConsumer(object)
  // A kind without a status never reports one, and an unchanged object gets no new one.
  return saysNothing(health) && (target.isWritten !== true || !(await statusReader.hasStatus(target)))
}

/** Whether the status of an object is missing, or says nothing that Fairlead understands. */
export function saysNothing({ status, isSilent }: Health): boolean {
  return isSilent === true || status === 'Unknown'
}

/**
 * Whether the status of a custom resource that this run changed may still be about an earlier generation, because its controller
 * sets no `observedGeneration`.
 */
export function mayBeStaleStatus({ id, isWritten }: WaitTarget, { seen }: ReadinessResult): boolean {
  const isChanged = isWritten === true && (numberAt(seen, 'metadata', 'generation') ?? 1) > 1
  const generations = [
    numberAt(seen, 'status', 'observedGeneration'),
    ...conditionsOf(seen).map(({ observedGeneration }) => observedGeneration),
  ]
  const hasStatus = field(seen, 'status') !== undefined
  return isCustom(id.group) && isChanged && hasStatus && generations.every((generation) => generation === undefined)
}

/** Returns the readiness of an object that does not exist. A Job with a TTL has ended; its events may say how. */
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
  if (end === 'Complete') return missing('it completed and was deleted', true)
  if (end === 'Failed') return missing('it failed and was deleted')
  const reason = 'it was deleted before its result could be read: its `ttlSecondsAfterFinished` is too short'
  return missing(reason, mustRun !== true)
}

function unknown(reason: string, isFinal?: true): ReadinessResult {
  return { isReady: false, health: { status: 'Unknown', reason, ...(isFinal && { isFinal }) }, seen: null }
}

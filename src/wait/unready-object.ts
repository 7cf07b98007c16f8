import { limitConcurrency } from '../concurrency.ts'
import type { Diagnostic, Location } from '../diagnostics.ts'
import type { Status } from '../health/status.ts'
import { ANNOTATIONS } from '../object/annotations/table.ts'
import { formatGroupKind, formatId, type ObjectId } from '../object/object-id.ts'
import { maskSecrets } from './mask-secrets.ts'
import { mayHavePods } from './pod-diagnosis.ts'
import type { ReadinessResult } from './readiness.ts'
import type { StatusReader } from './status-reader.ts'

/** An object that is not ready, and why. */
export interface UnreadyObject {
  readonly id: ObjectId
  readonly status: Status
  /** As the end of a sentence. */
  readonly reason: string
}

/** An object that was waited for, as diagnostics name it. */
interface DiagnosedTarget {
  readonly id: ObjectId
  readonly location?: Location | undefined
}

/** The most objects that are reported with evidence. */
const MAX_EXPLAINED = 10
/** The most objects whose evidence is read at the same time. */
const MAX_PARALLEL_EXPLANATIONS = 4

/** Returns the objects that are not ready, each with its health and the reason. */
export function unreadyObjects(results: ReadonlyMap<{ readonly id: ObjectId }, ReadinessResult>): UnreadyObject[] {
  return [...results].flatMap(([{ id }, result]) =>
    result.isReady ? [] : [{ id, status: result.health.status, reason: unreadyReason(result) }],
  )
}

/** Returns why an object is not ready, as the end of a sentence with secrets masked. */
export function unreadyReason({ health, diagnosis, seen }: ReadinessResult): string {
  const reason = health.status === 'Healthy' ? 'its status may be about an earlier generation' : health.reason
  return maskSecrets(diagnosis === undefined || diagnosis.pod === seen ? reason : `${reason}; ${diagnosis.reason}`)
}

/**
 * Returns a diagnostic (E-HEALTH) for each object that is not ready; the first MAX_EXPLAINED have evidence from the cluster. The
 * hint ends with `consequence`.
 */
export async function unreadyDiagnostics(
  results: ReadonlyMap<DiagnosedTarget, ReadinessResult>,
  statusReader: StatusReader,
  consequence: string,
): Promise<Diagnostic[]> {
  const limit = limitConcurrency(MAX_PARALLEL_EXPLANATIONS)
  const unready = [...results].filter(([, { isReady }]) => !isReady)
  const diagnosed = await withDiagnoses(unready.slice(0, MAX_EXPLAINED), statusReader)
  const rest = unready
    .slice(MAX_EXPLAINED)
    .map(([object, result]) => unreadyDiagnostic(object, result, [], consequence))
  const explanations = diagnosed.map(async ([object, result]) => {
    const { seen, diagnosis } = result
    const evidence = seen === null ? [] : await limit(() => statusReader.evidence(seen, diagnosis))
    return unreadyDiagnostic(object, result, evidence, consequence)
  })
  return [...(await Promise.all(explanations)), ...rest]
}

/** Adds Pod diagnoses to results without one, because a wait may end before its first check of Pods. */
async function withDiagnoses(
  results: readonly [DiagnosedTarget, ReadinessResult][],
  statusReader: StatusReader,
): Promise<readonly [DiagnosedTarget, ReadinessResult][]> {
  const undiagnosed = results.flatMap(([{ id }, result]) => {
    const { seen, diagnosis } = result
    return diagnosis === undefined && seen !== null && mayHavePods(id) ? [{ id, seen, result }] : []
  })
  if (undiagnosed.length === 0) return results
  const found = await statusReader.diagnoses(undiagnosed)
  const diagnoses = new Map(undiagnosed.map((workload) => [workload.result, found.get(workload)]))
  return results.map(([object, result]) => {
    return [object, { ...result, diagnosis: result.diagnosis ?? diagnoses.get(result) }]
  })
}

function unreadyDiagnostic(
  { id, location }: DiagnosedTarget,
  result: ReadinessResult,
  evidence: readonly string[],
  consequence: string,
): Diagnostic {
  const { waited } = result
  const late = waited === undefined ? '' : ` after ${Math.round(waited / 1000)} s`
  return {
    ...{ code: 'E-HEALTH', reason: diagnosticReason(result), object: formatId(id) },
    message: [`It is not ready${late}: ${unreadyReason(result)}.`, ...evidence].join('\n'),
    hint: `${adviceFor(id, result)} Then run again; ${consequence}.`,
    ...(location === undefined ? {} : { location }),
  }
}

/** Returns the reason of a diagnostic about an object that is not ready. */
function diagnosticReason({ isDeleted, waited }: ReadinessResult): 'Deleted' | 'Timeout' | 'NotReady' {
  if (isDeleted === true) return 'Deleted'
  return waited === undefined ? 'NotReady' : 'Timeout'
}

/** Returns what to do about an object that is not ready. */
function adviceFor(id: ObjectId, { health, diagnosis, waited }: ReadinessResult): string {
  if (health.status === 'Missing') return 'Find out who deleted it: another run, another tool or a person.'
  if (formatGroupKind(id) === 'batch/Job' && health.isFinal === true)
    return 'Fix it, and delete or rename the Job: an unchanged Job does not run again, unless it is a hook.'
  if (diagnosis?.hint !== undefined) return diagnosis.hint
  const log = diagnosis?.pod === undefined ? 'the log of its controller' : 'the log of that Pod'
  const optOut =
    waited === undefined ? '' : ` To not wait for it, annotate it with \`${ANNOTATIONS.wait.name}: "false"\`.`
  return `Check its events and ${log}.${optOut}`
}

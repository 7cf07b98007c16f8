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

/** What was waited for, as problems name it. */
interface Waited {
  readonly id: ObjectId
  readonly location?: Location | undefined
}

/** For so many objects the cluster is asked for evidence; for the others it is not. */
const MAX_EXPLAINED = 10
/** Objects that it is asked about at once. */
const MAX_PARALLEL_EXPLANATIONS = 4

/** Those objects that are not ready. */
export function unreadyObjects(results: ReadonlyMap<{ readonly id: ObjectId }, ReadinessResult>): UnreadyObject[] {
  return [...results].flatMap(([{ id }, result]) =>
    result.isReady ? [] : [{ id, status: result.health.status, reason: unreadyReason(result) }],
  )
}

/** Why an object is not ready, as the end of a sentence. */
export function unreadyReason({ health, diagnosis, seen }: ReadinessResult): string {
  const reason = health.status === 'Healthy' ? 'its status may be outdated' : health.reason
  return maskSecrets(diagnosis === undefined || diagnosis.pod === seen ? reason : `${reason}; ${diagnosis.reason}`)
}

/**
 * Those objects that are not ready as problems of a run (E-HEALTH), with what the cluster says about the first of them, and with
 * what follows from it.
 */
export async function unreadyDiagnostics(
  results: ReadonlyMap<Waited, ReadinessResult>,
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

/** Results with diagnoses of their Pods, also where waiting was over before these were made. */
async function withDiagnoses(
  results: readonly [Waited, ReadinessResult][],
  statusReader: StatusReader,
): Promise<readonly [Waited, ReadinessResult][]> {
  const unknown = results.flatMap(([{ id }, result]) => {
    const { seen, diagnosis } = result
    return diagnosis === undefined && seen !== null && mayHavePods(id) ? [{ id, seen, result }] : []
  })
  if (unknown.length === 0) return results
  const found = await statusReader.diagnoses(unknown)
  const diagnoses = new Map(unknown.map((workload) => [workload.result, found.get(workload)]))
  return results.map(([object, result]) => {
    return [object, { ...result, diagnosis: result.diagnosis ?? diagnoses.get(result) }]
  })
}

function unreadyDiagnostic(
  { id, location }: Waited,
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

/** Why an object that is waited for is not ready, in one word. */
function diagnosticReason({ isDeleted, waited }: ReadinessResult): 'Deleted' | 'Timeout' | 'NotReady' {
  if (isDeleted === true) return 'Deleted'
  return waited === undefined ? 'NotReady' : 'Timeout'
}

/** What to do about one that is not ready, where nobody knows better. */
function adviceFor(id: ObjectId, { health, diagnosis, waited }: ReadinessResult): string {
  if (health.status === 'Missing') return 'Find out who deleted it: another run, another tool or a user.'
  if (formatGroupKind(id) === 'batch/Job' && health.isFinal === true)
    return 'Fix it, and delete the Job or rename it: an unchanged Job does not run again, unless it is a hook.'
  if (diagnosis?.hint !== undefined) return diagnosis.hint
  const where = diagnosis?.pod === undefined ? 'the log of its controller' : 'the log of that Pod'
  const optOut =
    waited === undefined ? '' : ` To not wait for it, annotate it with \`${ANNOTATIONS.wait.name}: "false"\`.`
  return `Check its events and ${where}.${optOut}`
}

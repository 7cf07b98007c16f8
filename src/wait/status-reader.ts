import { type Json, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { catchOutage } from '../kube/readers/collection-reader.ts'
import { openStatusList, type ReadStatuses, type StatusTarget } from '../kube/readers/status-list.ts'
import { formatGroupKind, type ObjectId } from '../object/object-id.ts'
import { eventsAbout } from './events.ts'
import { evidenceOf } from './evidence.ts'
import { type DiagnosePods, openPodDiagnosis, type PodDiagnosis } from './pod-diagnosis.ts'
import type { AddSecrets } from './pod-secrets.ts'

/** Reads the status of objects, and what else a wait needs to know about the cluster. */
export interface StatusReader {
  readonly readStatuses: ReadStatuses
  readonly diagnoses: DiagnosePods
  /** Returns events and log lines about an object that is not ready; empty if they cannot be read. */
  evidence(object: Json, diagnosis: PodDiagnosis | undefined): Promise<string[]>
  /** Whether a PVC is bound only when a Pod uses it; also true if the credentials may not read its StorageClass. */
  waitsForConsumer(pvc: Json): Promise<boolean>
  /** Whether a custom kind has a status subresource, so that a controller may report a status; also true if this is unknown. */
  hasStatus(target: StatusTarget): Promise<boolean>
  /** Returns how a deleted Job ended according to its events; undefined if they do not say. */
  jobEnd(job: ObjectId): Promise<'Complete' | 'Failed' | undefined>
}

/** Opens a status reader for a set, whose members have `label`; `addSecrets` masks Secrets before a log is read. */
export function openStatusReader(
  api: Pick<ApiClient, 'get'>,
  label: readonly [name: string, value: string],
  addSecrets: AddSecrets,
): StatusReader {
  const [once, diagnoses] = [cached(api), openPodDiagnosis(api)]
  return {
    readStatuses: openStatusList(api, label),
    diagnoses: (workloads) =>
      catchOutage(
        () => diagnoses(workloads),
        () => new Map(),
      ),
    // Evidence only explains a failure; an error while reading it must not fail the run.
    evidence: (object, diagnosis) => evidenceOf(object, diagnosis, { api, addSecrets }).catch(() => []),
    waitsForConsumer: async (pvc) => {
      const name = stringField(pvc, 'spec', 'storageClassName') ?? ''
      if (name === '') return false
      const { status, body } = await once(`/apis/storage.k8s.io/v1/storageclasses/${encodeURIComponent(name)}`)
      return status === 403 || stringField(body, 'volumeBindingMode') === 'WaitForFirstConsumer'
    },
    // Only a 404 proves that there is no status; a rejected or failed request does not.
    hasStatus: async ({ id, path }) =>
      (await once(`${path}/status`, `status of ${formatGroupKind(id)}`)).status !== 404,
    jobEnd: (job) => jobEnd(job, api),
  }
}

/** Makes a function that gets a path and caches the response (200 or 404) under `key`; other responses are requested again. */
function cached(api: Pick<ApiClient, 'get'>): (path: string, key?: string) => ReturnType<ApiClient['get']> {
  const responses = new Map<string, ReturnType<ApiClient['get']>>()
  return (path, key = path) => {
    const response = responses.get(key) ?? api.get(path)
    responses.set(key, response)
    const forget = () => responses.delete(key)
    response.then(({ status }) => status !== 200 && status !== 404 && forget(), forget)
    return response
  }
}

/** The reasons of the events with which the Job controller reports that a Job has ended. */
const JOB_END_REASONS: Readonly<Record<string, 'Complete' | 'Failed'>> = {
  Completed: 'Complete',
  BackoffLimitExceeded: 'Failed',
  DeadlineExceeded: 'Failed',
  FailedIndexes: 'Failed',
  MaxFailedIndexesExceeded: 'Failed',
  PodFailurePolicy: 'Failed',
}

async function jobEnd(
  { namespace, name }: ObjectId,
  api: Pick<ApiClient, 'get'>,
): Promise<'Complete' | 'Failed' | undefined> {
  const events = await eventsAbout(namespace, `involvedObject.kind=Job,involvedObject.name=${name}`, api)
  const ends = events.map((event) => JOB_END_REASONS[stringField(event, 'reason') ?? ''])
  return ends.findLast((end) => end !== undefined)
}

import { type Json, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { catchOutage } from '../kube/readers/collection-reader.ts'
import { openStatusList, type ReadStatuses, type StatusTarget } from '../kube/readers/status-list.ts'
import { formatGroupKind, type ObjectId } from '../object/object-id.ts'
import { eventsAbout } from './events.ts'
import { evidenceOf } from './evidence.ts'
import { type DiagnosePods, openPodDiagnosis, type PodDiagnosis } from './pod-diagnosis.ts'
import type { AddSecrets } from './pod-secrets.ts'

/** Where one looks from at what runs in the cluster. */
export interface StatusReader {
  readonly look: ReadStatuses
  readonly diagnoses: DiagnosePods
  /** What the cluster says about an object that is not ready, in lines. */
  evidence(object: Json, diagnosis: PodDiagnosis | undefined): Promise<string[]>
  /** Whether a claim is not bound before a Pod uses it, or nobody may say whether it is. */
  waitsForConsumer(claim: Json): Promise<boolean>
  /** Whether the server knows a status of a custom kind, so that a controller may tell about it. */
  hasStatus(subject: StatusTarget): Promise<boolean>
  /** How a Job has ended that is gone, as its events tell; undefined where they do not. */
  jobEnd(job: ObjectId): Promise<'Complete' | 'Failed' | undefined>
}

/** Opens a lookout on a cluster, and on the set whose members have a label; `protect` keeps Secrets out of every output. */
export function openStatusReader(
  api: Pick<ApiClient, 'get'>,
  label: readonly [name: string, value: string],
  addSecrets: AddSecrets,
): StatusReader {
  const [once, diagnoses] = [cached(api), openPodDiagnosis(api)]
  return {
    look: openStatusList(api, label),
    diagnoses: (workloads) =>
      catchOutage(
        () => diagnoses(workloads),
        () => new Map(),
      ),
    // It is for the reader's sake: a run does not end by it.
    evidence: (object, diagnosis) => evidenceOf(object, diagnosis, { api, addSecrets }).catch(() => []),
    waitsForConsumer: async (claim) => {
      const name = stringField(claim, 'spec', 'storageClassName') ?? ''
      if (name === '') return false
      const { status, body } = await once(`/apis/storage.k8s.io/v1/storageclasses/${encodeURIComponent(name)}`)
      return status === 403 || stringField(body, 'volumeBindingMode') === 'WaitForFirstConsumer'
    },
    // Whoever may not ask, or asks at a bad time, does not know that there is none.
    hasStatus: async ({ id, path }) =>
      (await once(`${path}/status`, `status of ${formatGroupKind(id)}`)).status !== 404,
    jobEnd: (job) => jobEnd(job, api),
  }
}

/** Makes a function that asks for each path, or what else stands for it, until the server has an answer to that. */
function cached(api: Pick<ApiClient, 'get'>): (path: string, key?: string) => ReturnType<ApiClient['get']> {
  const answers = new Map<string, ReturnType<ApiClient['get']>>()
  return (path, key = path) => {
    const answer = answers.get(key) ?? api.get(path)
    answers.set(key, answer)
    const forget = () => answers.delete(key)
    answer.then(({ status }) => status !== 200 && status !== 404 && forget(), forget)
    return answer
  }
}

/** The reasons of the events by which the Job controller says that a Job has ended. */
const ENDS: Readonly<Record<string, 'Complete' | 'Failed'>> = {
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
  const ends = events.map((event) => ENDS[stringField(event, 'reason') ?? ''])
  return ends.findLast((end) => end !== undefined)
}

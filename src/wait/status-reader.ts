import type { Api } from '../kube/client.ts'
import { type Json, stringField } from '../json.ts'
import { kindKeyOf, type ObjectId } from '../object/manifest.ts'
import { eventsAbout } from './events.ts'
import { evidenceOf } from './evidence.ts'
import { type Observe, openObserver, orOutage, type Subject } from '../kube/readers/status-list.ts'
import type { Protect } from './pod-secrets.ts'
import { type FindSuspects, openSuspects, type Suspect } from './pod-diagnosis.ts'

/** Where one looks from at what runs in the cluster. */
export interface Lookout {
  readonly look: Observe
  readonly suspects: FindSuspects
  /** What the cluster says about an object that is not ready, in lines. */
  evidence(object: Json, suspect: Suspect | undefined): Promise<string[]>
  /** Whether a claim is not bound before a Pod uses it, or nobody may say whether it is. */
  waitsForConsumer(claim: Json): Promise<boolean>
  /** Whether the server knows a status of a custom kind, so that a controller may tell about it. */
  hasStatus(subject: Subject): Promise<boolean>
  /** How a Job has ended that is gone, as its events tell; undefined where they do not. */
  endOf(job: ObjectId): Promise<'Complete' | 'Failed' | undefined>
}

/** Opens a lookout on a cluster, and on the set whose members have a label; `protect` keeps Secrets out of every output. */
export function openLookout(
  api: Pick<Api, 'get'>,
  label: readonly [name: string, value: string],
  protect: Protect,
): Lookout {
  const [once, suspects] = [remembering(api), openSuspects(api)]
  return {
    look: openObserver(api, label),
    suspects: async (workloads) => {
      const found = await orOutage(() => suspects(workloads))
      return 'outage' in found ? new Map() : found
    },
    // It is for the reader's sake: a run does not end by it.
    evidence: (object, suspect) => evidenceOf(object, suspect, { api, protect }).catch(() => []),
    waitsForConsumer: async (claim) => {
      const name = stringField(claim, 'spec', 'storageClassName') ?? ''
      if (name === '') return false
      const { status, body } = await once(`/apis/storage.k8s.io/v1/storageclasses/${encodeURIComponent(name)}`)
      return status === 403 || stringField(body, 'volumeBindingMode') === 'WaitForFirstConsumer'
    },
    // Whoever may not ask, or asks at a bad time, does not know that there is none.
    hasStatus: async ({ id, path }) => (await once(`${path}/status`, `status of ${kindKeyOf(id)}`)).status !== 404,
    endOf: (job) => endOf(job, api),
  }
}

/** Makes a function that asks for each path, or what else stands for it, until the server has an answer to that. */
function remembering(api: Pick<Api, 'get'>): (path: string, key?: string) => ReturnType<Api['get']> {
  const answers = new Map<string, ReturnType<Api['get']>>()
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

async function endOf({ namespace, name }: ObjectId, api: Pick<Api, 'get'>): Promise<'Complete' | 'Failed' | undefined> {
  const events = await eventsAbout(namespace, `involvedObject.kind=Job,involvedObject.name=${name}`, api)
  const ends = events.map((event) => ENDS[stringField(event, 'reason') ?? ''])
  return ends.findLast((end) => end !== undefined)
}

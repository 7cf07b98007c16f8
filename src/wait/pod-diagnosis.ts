import { limitConcurrency } from '../concurrency.ts'
import { DEGRADED_GRACE_MS, type PodIssue, podIssueOf } from '../health/pod-issue.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { list, MAX_PARALLEL_LISTS, PARTIAL_METADATA_LIST } from '../kube/list.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS } from '../object/annotations/table.ts'
import { factsOf, isCustom } from '../object/kinds.ts'
import { uidOf } from '../object/metadata.ts'
import { formatGroupKind, type ObjectId } from '../object/object-id.ts'
import { byTime, timeOf } from './events.ts'

/** What keeps a workload from being ready: one of its Pods, or that no Pod may be made. */
export interface PodDiagnosis extends PodIssue {
  /** The name of the Pod, and the Pod as it is; undefined where there is none. */
  readonly name?: string
  readonly pod?: Json
}

/** A workload that is not ready, as it is. */
export interface Workload {
  readonly id: ObjectId
  /** As it was seen just now. */
  readonly seen: Json
}

/** Finds the suspect of each workload that has one. */
export type DiagnosePods = <T extends Workload>(workloads: readonly T[]) => Promise<Map<T, PodDiagnosis>>

/** Namespaces that are looked into one by one; of more, the whole cluster is listed. */
const MOST_NAMESPACES = 10

/**
 * Makes a function that finds suspects, by lists of a namespace: Pods, ReplicaSets where there are Deployments, and the events
 * of refused Pods where somebody lacks some. What the identity may not list has none.
 */
export function openPodDiagnosis(api: Pick<ApiClient, 'get'>): DiagnosePods {
  const listing = limitConcurrency(MAX_PARALLEL_LISTS)
  const forbidden = new Set<string>()
  const listed = async (path: string, accept = 'application/json'): Promise<readonly Json[] | undefined> => {
    if (forbidden.has(path)) return undefined
    const found = await listing(() => list(path, accept, api))
    if ('objects' in found) return found.objects
    if (found.status === 403) forbidden.add(path)
    return undefined
  }
  /** Lists a collection of some namespaces. */
  const collect = async (root: string, rest: string, namespaces: readonly string[], accept?: string) => {
    const whole = namespaces.length > MOST_NAMESPACES ? await listed(`${root}/${rest}`, accept) : undefined
    if (whole !== undefined) return whole
    const parts = namespaces.map(async (name) => (await listed(`${root}/namespaces/${name}/${rest}`, accept)) ?? [])
    return (await Promise.all(parts)).flat()
  }
  return async (workloads) => {
    const namespacesOf = (some: readonly Workload[]) => [...new Set(some.map(({ id }) => id.namespace))]
    const deployments = workloads.filter(({ id }) => formatGroupKind(id) === 'apps/Deployment')
    const [pods, replicaSets] = await Promise.all([
      collect('/api/v1', 'pods', namespacesOf(workloads)).then(byOwner),
      collect('/apis/apps/v1', 'replicasets', namespacesOf(deployments), PARTIAL_METADATA_LIST).then(byOwner),
    ])
    const found = new Map(
      workloads.flatMap((workload) => {
        const diagnosis = worstPod(podsOf(workload, pods, replicaSets))
        return diagnosis === undefined ? [] : [[workload, diagnosis] as const]
      }),
    )
    const lacking = workloads.filter(
      (workload) => !found.has(workload) && factsOf(workload.id).reportsRejectedPodsByEvents,
    )
    const refusals = await collect('/api/v1', FAILED_CREATE_EVENTS, namespacesOf(lacking))
    for (const workload of lacking) {
      const newest = podsOf(workload, pods, replicaSets).map(bornAt).sort().at(-1) ?? ''
      const own = refusals.filter((event) => stringField(event, 'involvedObject', 'uid') === uidOf(workload.seen))
      // One that was refused before Pods came is of the past.
      const refusal = byTime(own).findLast((event) => timeOf(event) > newest)
      const why = stringField(refusal, 'message')
      if (why !== undefined) found.set(workload, { reason: why, restarts: 0, grace: DEGRADED_GRACE_MS })
    }
    return found
  }
}

/** Whether objects of an identity have Pods. */
export function hasPods(id: ObjectId): boolean {
  return factsOf(id).hasPods === true
}

/** Whether they may have some: what an operator makes of a custom resource, nobody knows. */
export function mayHavePods(id: ObjectId): boolean {
  return hasPods(id) || (isCustom(id.group) && id.namespace !== '')
}

function bornAt(object: Json): string {
  return stringField(object, 'metadata', 'creationTimestamp') ?? ''
}

const FAILED_CREATE_EVENTS = `events?fieldSelector=${encodeURIComponent('reason=FailedCreate,type=Warning')}`

/** The Pods of a workload: of a Deployment those of its newest ReplicaSet, for the others are on their way out. */
function podsOf({ id, seen }: Workload, pods: ByOwner, replicaSets: ByOwner): readonly Json[] {
  if (formatGroupKind(id) === '/Pod') return [seen]
  const owned = replicaSets.get(uidOf(seen)) ?? []
  const newest = owned.filter((each) => revisionOf(each) === revisionOf(seen))
  const found = [seen, ...newest].flatMap((owner) => pods.get(uidOf(owner)) ?? [])
  return found.filter((pod) => field(pod, 'metadata', 'deletionTimestamp') === undefined)
}

/** The Pod that is to blame most: one that is stuck before one that is on its way. */
function worstPod(pods: readonly Json[]): PodDiagnosis | undefined {
  const diagnoses = pods.flatMap((pod): PodDiagnosis[] => {
    const issue = podIssueOf(pod)
    const name = stringField(pod, 'metadata', 'name') ?? ''
    return issue === undefined ? [] : [{ ...issue, name, pod, reason: `Pod ${name} ${issue.reason}` }]
  })
  return diagnoses.find(({ grace }) => grace !== undefined) ?? diagnoses[0]
}

/** Objects by the uid of what controls them. */
type ByOwner = ReadonlyMap<string, readonly Json[]>

function byOwner(objects: readonly Json[]): ByOwner {
  return Map.groupBy(objects, (object) => {
    const owners = listField(object, 'metadata', 'ownerReferences')
    const controller = owners.find((owner) => field(owner, 'controller') === true) ?? owners[0]
    return stringField(controller, 'uid') ?? ''
  })
}

function revisionOf(object: Json): string | undefined {
  return annotationText(annotationsOf(object), ANNOTATIONS.deploymentRevision)
}

import { DEGRADED_GRACE_MS, type PodIssue, podIssueOf } from '../health/pod-issue.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiReader } from '../kube/client.ts'
import { type Contents, openCollectionReader } from '../kube/readers/collection-reader.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS } from '../object/annotations/table.ts'
import { factsOf, isCustom } from '../object/kinds.ts'
import { uidOf } from '../object/metadata.ts'
import { formatGroupKind, type ObjectId } from '../object/object-id.ts'
import { byTime, timeOf } from './events.ts'

/** What keeps a workload from being ready: one of its Pods, or that its Pods are rejected. */
export interface PodDiagnosis extends PodIssue {
  /** The name of the Pod, and the live Pod; undefined if there is none. */
  readonly name?: string
  readonly pod?: Json
}

/** A workload that is not ready. */
export interface Workload {
  readonly id: ObjectId
  /** The live object, as read last. */
  readonly seen: Json
}

/** Returns a diagnosis of each workload that a Pod, or a missing Pod, keeps from being ready. Raises the errors of the API client. */
export type DiagnosePods = <T extends Workload>(workloads: readonly T[]) => Promise<Map<T, PodDiagnosis>>

/** The most namespaces that are listed one by one; for more, the whole cluster is listed. */
const MAX_LISTED_NAMESPACES = 10

/**
 * Makes a function that diagnoses workloads from lists of their namespaces: Pods, ReplicaSets if there are Deployments, and the
 * events of rejected Pods if a workload lacks Pods. If the credentials may not list them, there is no diagnosis.
 */
export function openPodDiagnosis(api: Pick<ApiReader, 'get'>): DiagnosePods {
  const reader = openCollectionReader(api)
  const list = async (path: string, contents: Contents): Promise<readonly Json[] | undefined> => {
    const result = await reader.list(path, { contents })
    return 'objects' in result ? result.objects : undefined
  }
  /** Lists a collection in some namespaces; what cannot be listed is left out. */
  const collect = async (
    apiPath: string,
    collection: string,
    namespaces: readonly string[],
    contents: Contents = 'whole',
  ): Promise<readonly Json[]> => {
    const isClusterWide = namespaces.length > MAX_LISTED_NAMESPACES
    const everywhere = isClusterWide ? await list(`${apiPath}/${collection}`, contents) : undefined
    if (everywhere !== undefined) return everywhere
    const parts = namespaces.map((name) => list(`${apiPath}/namespaces/${name}/${collection}`, contents))
    return (await Promise.all(parts)).flatMap((objects) => objects ?? [])
  }
  return async (workloads) => {
    const namespacesOf = (subset: readonly Workload[]) => [...new Set(subset.map(({ id }) => id.namespace))]
    const deployments = workloads.filter(({ id }) => formatGroupKind(id) === 'apps/Deployment')
    const [pods, replicaSets] = await Promise.all([
      collect('/api/v1', 'pods', namespacesOf(workloads)).then(byOwner),
      collect('/apis/apps/v1', 'replicasets', namespacesOf(deployments), 'metadata').then(byOwner),
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
    const rejections = await collect('/api/v1', FAILED_CREATE_EVENTS, namespacesOf(lacking))
    for (const workload of lacking) {
      const newest = podsOf(workload, pods, replicaSets).map(createdAt).sort().at(-1) ?? ''
      const own = rejections.filter((event) => stringField(event, 'involvedObject', 'uid') === uidOf(workload.seen))
      // A rejection from before the newest Pod is resolved.
      const rejection = byTime(own).findLast((event) => timeOf(event) > newest)
      const reason = stringField(rejection, 'message')
      if (reason !== undefined) found.set(workload, { reason, restarts: 0, grace: DEGRADED_GRACE_MS })
    }
    return found
  }
}

/** Whether the kind of an object has Pods. */
export function hasPods(id: ObjectId): boolean {
  return factsOf(id).hasPods === true
}

/** Whether the kind of an object may have Pods: an operator may create some for any namespaced custom resource. */
export function mayHavePods(id: ObjectId): boolean {
  return hasPods(id) || (isCustom(id.group) && id.namespace !== '')
}

function createdAt(object: Json): string {
  return stringField(object, 'metadata', 'creationTimestamp') ?? ''
}

const FAILED_CREATE_EVENTS = `events?fieldSelector=${encodeURIComponent('reason=FailedCreate,type=Warning')}`

/** Returns the Pods of a workload that are not terminating; for a Deployment, those of its newest ReplicaSet. */
function podsOf({ id, seen }: Workload, pods: ByOwner, replicaSets: ByOwner): readonly Json[] {
  if (formatGroupKind(id) === '/Pod') return [seen]
  const owned = replicaSets.get(uidOf(seen)) ?? []
  const newest = owned.filter((replicaSet) => revisionOf(replicaSet) === revisionOf(seen))
  const found = [seen, ...newest].flatMap((owner) => pods.get(uidOf(owner)) ?? [])
  return found.filter((pod) => field(pod, 'metadata', 'deletionTimestamp') === undefined)
}

/** Diagnoses the Pod with the worst issue: a stuck Pod comes before one that is still starting. */
function worstPod(pods: readonly Json[]): PodDiagnosis | undefined {
  const diagnoses = pods.flatMap((pod): PodDiagnosis[] => {
    const issue = podIssueOf(pod)
    const name = stringField(pod, 'metadata', 'name') ?? ''
    return issue === undefined ? [] : [{ ...issue, name, pod, reason: `Pod ${name} ${issue.reason}` }]
  })
  return diagnoses.find(({ grace }) => grace !== undefined) ?? diagnoses[0]
}

/** Objects by the uid of their controller. */
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

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

/** Diagnoses those workloads that a Pod, or the lack of one, keeps from being ready. Raises what the API raises. */
export type DiagnosePods = <T extends Workload>(workloads: readonly T[]) => Promise<Map<T, PodDiagnosis>>

/** So many namespaces are listed one by one; of more, the whole cluster is. */
const MAX_LISTED_NAMESPACES = 10

/**
 * Makes a function that diagnoses workloads by lists of their namespaces: Pods, ReplicaSets where there are Deployments, and the
 * events of rejected Pods where a workload lacks some. Where the identity may not list them, there is no diagnosis.
 */
export function openPodDiagnosis(api: Pick<ApiReader, 'get'>): DiagnosePods {
  const reader = openCollectionReader(api)
  const list = async (path: string, contents: Contents): Promise<readonly Json[] | undefined> => {
    const result = await reader.list(path, { contents })
    return 'objects' in result ? result.objects : undefined
  }
  /** Lists a collection of some namespaces. */
  const collect = async (
    root: string,
    rest: string,
    namespaces: readonly string[],
    contents: Contents = 'whole',
  ): Promise<readonly Json[]> => {
    const isWide = namespaces.length > MAX_LISTED_NAMESPACES
    const everywhere = isWide ? await list(`${root}/${rest}`, contents) : undefined
    if (everywhere !== undefined) return everywhere
    const parts = namespaces.map((name) => list(`${root}/namespaces/${name}/${rest}`, contents))
    return (await Promise.all(parts)).flatMap((objects) => objects ?? [])
  }
  return async (workloads) => {
    const namespacesOf = (some: readonly Workload[]) => [...new Set(some.map(({ id }) => id.namespace))]
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

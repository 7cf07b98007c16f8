import { formatGroupKind, type ObjectId } from '../object/object-id.ts'

/**
 * Built-in kinds, by group and kind, in the order in which a person would write them: what everything lives in, what
 * admission looks at, identities and their rights, configuration, storage, network, workloads. Kinds of one line are
 * equals. It only decides where the graph leaves a choice. Whatever is not listed, custom resources above all, follows.
 */
const KIND_ORDER: readonly (readonly string[])[] = [
  ['/Namespace'],
  ['apiextensions.k8s.io/CustomResourceDefinition'],
  ['admissionregistration.k8s.io/ValidatingAdmissionPolicy', 'admissionregistration.k8s.io/MutatingAdmissionPolicy'],
  [
    'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
    'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
  ],
  [
    'scheduling.k8s.io/PriorityClass',
    'node.k8s.io/RuntimeClass',
    'storage.k8s.io/StorageClass',
    'networking.k8s.io/IngressClass',
  ],
  ['/ResourceQuota', '/LimitRange', 'networking.k8s.io/NetworkPolicy'],
  ['/ServiceAccount'],
  ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/Role'],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', 'rbac.authorization.k8s.io/RoleBinding'],
  ['/Secret', '/ConfigMap'],
  ['/PersistentVolume'],
  ['/PersistentVolumeClaim'],
  ['/Service', '/Endpoints', 'discovery.k8s.io/EndpointSlice'],
  ['policy/PodDisruptionBudget'],
  [
    'apps/DaemonSet',
    '/Pod',
    '/ReplicationController',
    'apps/ReplicaSet',
    'apps/Deployment',
    'apps/StatefulSet',
    'batch/Job',
    'batch/CronJob',
  ],
  ['autoscaling/HorizontalPodAutoscaler', 'networking.k8s.io/Ingress'],
]

/** What the API server asks before it admits others: late, because what answers must be there first. */
const LATE: readonly (readonly string[])[] = [
  ['apiregistration.k8s.io/APIService'],
  [
    'admissionregistration.k8s.io/MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  ],
]

const OTHERS = KIND_ORDER.length
const RANKS = new Map([
  ...KIND_ORDER.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)),
  ...LATE.flatMap((kinds, rank) => kinds.map((kind) => [kind, OTHERS + 1 + rank] as const)),
])

/** The rung of the ladder on which a kind stands, from 0. */
function kindRank(id: Pick<ObjectId, 'group' | 'kind'>): number {
  return RANKS.get(formatGroupKind(id)) ?? OTHERS
}

/** Whether a kind is one that the server asks about others, and that comes as late as it can. */
export function isLate(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return kindRank(id) > OTHERS
}

/**
 * Sorts by the ladder, then by group, kind, namespace and name, each by code unit, so that no locale has a say. The result
 * depends on the identities alone.
 */
export function sortByKind<T extends { readonly id: ObjectId }>(items: readonly T[]): T[] {
  const ranked = items.map((item) => ({ item, rank: kindRank(item.id) }))
  return ranked.sort((a, b) => a.rank - b.rank || compare(a.item.id, b.item.id)).map(({ item }) => item)
}

function compare(a: ObjectId, b: ObjectId): number {
  for (const part of ['group', 'kind', 'namespace', 'name'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  return 0
}

import { definedBy } from '../manifests/definition.ts'
import { kindKeyOf, type ObjectId } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'

/** Manifests in the one order in which they are applied. */
export type Sequence = readonly PlacedManifest[]

/**
 * Built-in kinds, by group and kind, in the order in which one builds on the other: what everything lives in, what
 * admission looks at, identities and their rights, configuration, storage, network, workloads. Kinds of one line are
 * equals. Whatever is not listed, custom resources above all, follows after them.
 */
const LADDER: readonly (readonly string[])[] = [
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

const OTHERS = LADDER.length
const RANKS = new Map([
  ...LADDER.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)),
  ...LATE.flatMap((kinds, rank) => kinds.map((kind) => [kind, OTHERS + 1 + rank] as const)),
])

/** Brings manifests into the order of apply. Equal sets give equal sequences, however their files are named. */
export function order(manifests: readonly PlacedManifest[]): Sequence {
  return manifests.toSorted((a, b) => rankOf(a.id) - rankOf(b.id) || compare(a.id, b.id))
}

/** A stretch of the sequence that one stream can carry. */
export interface Stage {
  readonly manifests: Sequence
  /** The custom resources of this stage whose definition a stage before has just created or changed. */
  readonly awaits: Sequence
}

/**
 * Cuts a sequence where the server has to catch up: the custom resources of the `changing` definitions go into a second
 * stage, and with them what must come after everything else. Without any, there is one stage.
 */
export function split(sequence: Sequence, changing: Sequence): Stage[] {
  const kinds = new Set(changing.flatMap((crd) => definedBy(crd)?.kindKey ?? []))
  const awaits = sequence.filter(({ id, path }) => path !== undefined && kinds.has(kindKeyOf(id)))
  if (awaits.length === 0) return [{ manifests: sequence, awaits: [] }]
  const isLater = ({ id }: PlacedManifest) => kinds.has(kindKeyOf(id)) || rankOf(id) > OTHERS
  return [
    { manifests: sequence.filter((manifest) => !isLater(manifest)), awaits: [] },
    { manifests: sequence.filter(isLater), awaits },
  ]
}

/** A sequence in a few words: its kinds in order of first appearance, each with its number of objects. */
export function outline(sequence: Sequence): string {
  const kinds = Map.groupBy(sequence, ({ id }) => id.kind)
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ')
}

function rankOf(id: ObjectId): number {
  return RANKS.get(kindKeyOf(id)) ?? OTHERS
}

/** By group, kind, namespace and name, each by code unit: no locale has a say. */
function compare(a: ObjectId, b: ObjectId): number {
  for (const part of ['group', 'kind', 'namespace', 'name'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  return 0
}

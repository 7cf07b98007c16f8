import { formatGroupKind, type ObjectId } from './object-id.ts'

/** What is known about a built-in kind, except for its health rules (health/). All facts are optional. */
export interface KindFacts {
  /** Its step in the order of apply, where references leave a choice. */
  readonly step?: ApplyStep
  /** Whether it is cluster-scoped and referenced by other objects, so that a reference to it has no namespace. */
  readonly isNamedWithoutNamespace?: true
  /** The path to the Pod template of its objects; a Pod is its own. */
  readonly podTemplate?: readonly string[]
  /** Whether its objects have Pods while they run. */
  readonly hasPods?: true
  /** Whether a rejection of an object's Pods shows in events only, and not in its status. */
  readonly reportsRejectedPodsByEvents?: true
  /** Whether the server checks Pods against it only when they are created. */
  readonly limitsPods?: true
  /** Whether data may be lost when an object is deleted. */
  readonly holdsData?: true
  /** Whether other objects are deleted with an object: those in a Namespace, the resources of a CRD. */
  readonly holdsOthers?: true
  /** Whether its objects are created by controllers for other objects, and need no protection. */
  readonly isByproduct?: true
  /** The name of the object that the system creates in every namespace. */
  readonly defaultObject?: string
  /** Whether its objects are ready once they are applied, and are not waited for. */
  readonly isReadyAtOnce?: true
  /** The factor by which its objects may be degraded longer than others before the wait gives up. */
  readonly degradedGraceFactor?: number
  /** Whether `metadata.generation` increases with every change of the specification; for other kinds it misses some. */
  readonly generationCountsChanges?: true
  /** The rule for its names, if that is not a DNS subdomain as for most kinds. */
  readonly nameRule?: 'path segment' | 'DNS label' | 'plural and group' | 'version and group'
  readonly maxNameCharacters?: number
}

/**
 * The steps in which kinds are applied: namespaces and CRDs, policies that admission reads, accounts and their permissions,
 * configuration, storage, network, workloads. Kinds that are not listed, mainly custom resources, are `others`. Webhooks and other
 * admission come last, because what answers them must run first.
 */
export const APPLY_STEPS = [
  ...['namespaces', 'definitions', 'admission policies', 'bindings of admission policies', 'classes', 'limits'],
  ...['service accounts', 'roles', 'role bindings', 'configuration', 'volumes', 'claims', 'services'],
  ...['disruption budgets', 'workloads', 'scaling and ingress', 'others', 'API services', 'webhooks'],
] as const

/** A step in the order of apply. */
export type ApplyStep = (typeof APPLY_STEPS)[number]

const POD_TEMPLATE = ['spec', 'template']
const COUNTS = { generationCountsChanges: true } as const
const WORKLOAD = { step: 'workloads', podTemplate: POD_TEMPLATE, hasPods: true } as const
const BY_EVENTS = { reportsRejectedPodsByEvents: true } as const
const CLASS = { isNamedWithoutNamespace: true } as const
const POLICY = { step: 'admission policies', isNamedWithoutNamespace: true } as const

/** What is known about built-in kinds, by group and kind. */
export const KINDS: Readonly<Record<string, KindFacts>> = {
  '/ConfigMap': { step: 'configuration', defaultObject: 'kube-root-ca.crt' },
  '/Endpoints': { step: 'services', isByproduct: true },
  '/Event': { isByproduct: true, nameRule: 'path segment' },
  '/LimitRange': { step: 'limits', limitsPods: true },
  '/Namespace': { step: 'namespaces', holdsOthers: true, isReadyAtOnce: true, nameRule: 'DNS label' },
  '/PersistentVolume': { step: 'volumes', holdsData: true, isNamedWithoutNamespace: true },
  '/PersistentVolumeClaim': { step: 'claims', holdsData: true },
  '/Pod': { step: 'workloads', podTemplate: [], hasPods: true },
  '/PodTemplate': { podTemplate: ['template'] },
  '/ReplicationController': { ...WORKLOAD, ...BY_EVENTS },
  '/ResourceQuota': { step: 'limits', limitsPods: true },
  '/Secret': { step: 'configuration' },
  '/Service': { step: 'services', nameRule: 'DNS label' },
  '/ServiceAccount': { step: 'service accounts', defaultObject: 'default' },
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': POLICY,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': { step: 'bindings of admission policies' },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': { step: 'webhooks' },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': POLICY,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': { step: 'bindings of admission policies' },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': { step: 'webhooks' },
  'apiextensions.k8s.io/CustomResourceDefinition': {
    ...{ step: 'definitions', holdsOthers: true, nameRule: 'plural and group' },
    ...COUNTS,
  },
  'apiregistration.k8s.io/APIService': { step: 'API services', nameRule: 'version and group' },
  'apps/DaemonSet': { ...WORKLOAD, ...COUNTS, ...BY_EVENTS },
  'apps/Deployment': { ...WORKLOAD, ...COUNTS },
  'apps/ReplicaSet': { ...WORKLOAD, ...COUNTS },
  'apps/StatefulSet': { ...WORKLOAD, ...COUNTS, ...BY_EVENTS },
  // A new Pod has no metrics for the first minutes.
  'autoscaling/HorizontalPodAutoscaler': { step: 'scaling and ingress', degradedGraceFactor: 3 },
  'batch/CronJob': {
    ...{ step: 'workloads', podTemplate: ['spec', 'jobTemplate', ...POD_TEMPLATE], ...COUNTS },
    // The Jobs that it starts are not waited for. The server appends to its name for their names.
    ...{ isReadyAtOnce: true, maxNameCharacters: 52 },
  },
  'batch/Job': { ...WORKLOAD, ...COUNTS, ...BY_EVENTS },
  'certificates.k8s.io/CertificateSigningRequest': { nameRule: 'path segment' },
  // Bundles of a signer begin with its name and a colon.
  'certificates.k8s.io/ClusterTrustBundle': { nameRule: 'path segment' },
  'coordination.k8s.io/LeaseCandidate': { isByproduct: true },
  'discovery.k8s.io/EndpointSlice': { step: 'services', isByproduct: true },
  'events.k8s.io/Event': { isByproduct: true },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': { isNamedWithoutNamespace: true },
  'metrics.k8s.io/PodMetrics': { isByproduct: true },
  'networking.k8s.io/IPAddress': { nameRule: 'path segment' },
  'networking.k8s.io/Ingress': { step: 'scaling and ingress', ...COUNTS },
  'networking.k8s.io/IngressClass': { step: 'classes', ...CLASS },
  'networking.k8s.io/NetworkPolicy': { step: 'limits', limitsPods: true, ...COUNTS },
  'node.k8s.io/RuntimeClass': { step: 'classes', ...CLASS },
  'policy/PodDisruptionBudget': { step: 'disruption budgets', nameRule: 'path segment', ...COUNTS },
  'rbac.authorization.k8s.io/ClusterRole': { step: 'roles', isNamedWithoutNamespace: true, nameRule: 'path segment' },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { step: 'role bindings', nameRule: 'path segment' },
  'rbac.authorization.k8s.io/Role': { step: 'roles', nameRule: 'path segment' },
  'rbac.authorization.k8s.io/RoleBinding': { step: 'role bindings', nameRule: 'path segment' },
  'resource.k8s.io/DeviceClass': CLASS,
  'scheduling.k8s.io/PriorityClass': { step: 'classes', ...CLASS },
  'storage.k8s.io/CSIDriver': { isNamedWithoutNamespace: true },
  'storage.k8s.io/StorageClass': { step: 'classes', ...CLASS },
  'storage.k8s.io/VolumeAttributesClass': CLASS,
}

const FACTS: ReadonlyMap<string, KindFacts> = new Map(Object.entries(KINDS))
const NO_FACTS: KindFacts = {}

/** What is known about a kind; empty for custom resources. */
export function factsOf(id: Pick<ObjectId, 'group' | 'kind'>): KindFacts {
  return FACTS.get(formatGroupKind(id)) ?? NO_FACTS
}

/** The kinds for which a fact holds, without their groups. */
function kindNames(holds: (facts: KindFacts) => boolean): ReadonlySet<string> {
  return new Set([...FACTS].flatMap(([key, facts]) => (holds(facts) ? [key.slice(key.indexOf('/') + 1)] : [])))
}

const NAMED_WITHOUT_NAMESPACE = kindNames(({ isNamedWithoutNamespace }) => isNamedWithoutNamespace === true)

/** Whether references to a kind, given without its group, have no namespace. */
export function isNamedWithoutNamespace(kind: string): boolean {
  return NAMED_WITHOUT_NAMESPACE.has(kind)
}

/** Whether deleting an object may delete data or other objects. */
function isPrecious({ holdsData, holdsOthers }: KindFacts): boolean {
  return holdsData === true || holdsOthers === true
}

const NEVER_RECREATED = kindNames(isPrecious)

/** Whether objects of a kind, in any group, must never be recreated, regardless of annotations. */
export function isNeverRecreated(kind: string): boolean {
  return NEVER_RECREATED.has(kind)
}

/** Whether the deletion of an object must be allowed, by the run or by the object: it holds data or other objects. */
export function needsPermission(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return isPrecious(factsOf(id))
}

/** Whether deleting an object also deletes others: those in a Namespace, or the resources of a CRD. */
export function holdsOthers(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return factsOf(id).holdsOthers === true
}

/** Whether an equal generation means that only status and metadata may have changed. */
export function generationCountsChanges(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return isCustom(id.group) || factsOf(id).generationCountsChanges === true
}

const NAMES_FOLLOW_RULES = [
  ...['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'],
  ...[
    ...['admissionregistration', 'apiextensions', 'apiregistration', 'certificates', 'coordination', 'discovery'],
    ...['events', 'flowcontrol.apiserver', 'networking', 'node', 'rbac.authorization', 'resource', 'scheduling'],
    ...['storage', 'storagemigration'],
  ].map((name) => `${name}.k8s.io`),
]
/** Reviews, which have no names, and objects of the API server itself. */
const NAMES_FOLLOW_NO_RULES = ['authentication.k8s.io', 'authorization.k8s.io', 'internal.apiserver.k8s.io']

/** The API groups that are built into every server, without custom ones that end like one. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([...NAMES_FOLLOW_RULES, ...NAMES_FOLLOW_NO_RULES])
const GROUPS_WITH_NAME_RULES: ReadonlySet<string> = new Set(NAMES_FOLLOW_RULES)

/** Whether a group is one of custom resources. */
export function isCustom(group: string): boolean {
  return !BUILT_IN_GROUPS.has(group)
}

/** Whether the rules for the names of a group's kinds are known. Other servers may have rules of their own. */
export function hasNameRules(group: string): boolean {
  return GROUPS_WITH_NAME_RULES.has(group)
}

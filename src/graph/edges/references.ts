import { field, isObject, type Json, stringField } from '../../json.ts'
import { ANNOTATIONS } from '../../object/annotations/table.ts'
import { isNamedWithoutNamespace } from '../../object/kinds.ts'
import { parseApiVersion } from '../../object/object-id.ts'
import type { Step } from '../../yaml/field.ts'
import type { EdgeRuleName } from '../edge-rules.ts'

/** A reference to an object in a field of another one. */
export interface Reference {
  readonly rule: EdgeRuleName
  /** The group; undefined if the field has only a kind. */
  readonly group: string | undefined
  readonly kind: string
  /** Empty for cluster-scoped kinds; undefined means the namespace of the referencing object, or none. */
  readonly namespace: string | undefined
  readonly name: string
  /** The field that contains it. */
  readonly path: readonly Step[]
}

/** Returns the namespace of a reference without one: empty for cluster-scoped kinds, undefined for that of the referencing object. */
export function namespaceOfKind(kind: string): string | undefined {
  return isNamedWithoutNamespace(kind) ? '' : undefined
}

/** A field that references another object. */
interface ReferenceField {
  readonly rule: EdgeRuleName
  /** Group and kind of the referenced object, or the defaults if the value has its own. */
  readonly to: string
  /** The field, with `[]` behind a list and `*` for any key. Its value is a name, or a mapping with one. */
  readonly at: string
}

const referenceField = (rule: EdgeRuleName, to: string, ...fields: string[]): ReferenceField[] =>
  fields.map((at) => ({ rule, to, at }))

const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers']
const within = (lists: readonly string[], ...fields: string[]) =>
  lists.flatMap((list) => fields.map((name) => `${list}[].${name}`))

/** The references in a Pod specification. */
const POD = [
  ...referenceField('runs as', '/ServiceAccount', 'serviceAccountName', 'serviceAccount'),
  ...referenceField('is of', 'scheduling.k8s.io/PriorityClass', 'priorityClassName'),
  ...referenceField('is of', 'node.k8s.io/RuntimeClass', 'runtimeClassName'),
  ...referenceField(
    'reads',
    '/ConfigMap',
    ...within(CONTAINERS, 'env[].valueFrom.configMapKeyRef.name', 'envFrom[].configMapRef.name'),
    ...within(['volumes'], 'configMap.name', 'projected.sources[].configMap.name'),
  ),
  ...referenceField(
    'reads',
    '/Secret',
    ...within(CONTAINERS, 'env[].valueFrom.secretKeyRef.name', 'envFrom[].secretRef.name'),
    ...within(['volumes'], 'secret.secretName', 'projected.sources[].secret.name', '*.secretRef.name'),
    ...within(['volumes'], 'azureFile.secretName', 'csi.nodePublishSecretRef.name'),
    'imagePullSecrets[].name',
  ),
  ...referenceField('mounts', '/PersistentVolumeClaim', 'volumes[].persistentVolumeClaim.claimName'),
  ...referenceField('is of', 'storage.k8s.io/CSIDriver', 'volumes[].csi.driver'),
  ...referenceField(
    'is of',
    'storage.k8s.io/StorageClass',
    'volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName',
  ),
  ...referenceField('uses device', 'resource.k8s.io/ResourceClaim', 'resourceClaims[].resourceClaimName'),
  ...referenceField(
    'uses device',
    'resource.k8s.io/ResourceClaimTemplate',
    'resourceClaims[].resourceClaimTemplateName',
  ),
]

const BINDING = [
  ...referenceField('role', 'rbac.authorization.k8s.io/ClusterRole', 'roleRef'),
  ...referenceField('subject', '', 'subjects[]'),
]
const POLICY_BINDING = (policy: string) => [
  ...referenceField('refers to', `admissionregistration.k8s.io/${policy}`, 'spec.policyName'),
]
const WEBHOOKS = referenceField('answered by', '/Service', 'webhooks[].clientConfig.service')
const CLAIM = [
  ...referenceField('is of', 'storage.k8s.io/StorageClass', 'storageClassName'),
  ...referenceField('is of', 'storage.k8s.io/VolumeAttributesClass', 'volumeAttributesClassName'),
  ...referenceField('bound to', '/PersistentVolume', 'volumeName'),
  ...referenceField('restored from', '', 'dataSource', 'dataSourceRef'),
]
const DEVICES = referenceField(
  'is of',
  'resource.k8s.io/DeviceClass',
  'devices.requests[].deviceClassName',
  'devices.requests[].exactly.deviceClassName',
  'devices.requests[].firstAvailable[].deviceClassName',
)
const inside = (prefix: string, fields: readonly ReferenceField[]) =>
  fields.map((each) => ({ ...each, at: `${prefix}.${each.at}` }))
const ROUTE = [
  ...referenceField('attaches to', 'gateway.networking.k8s.io/Gateway', 'spec.parentRefs[]'),
  ...referenceField(
    'routes to',
    '/Service',
    'spec.rules[].backendRefs[]',
    'spec.rules[].filters[].requestMirror.backendRef',
  ),
]

/** Dots inside of keys are written as tildes, which no key has. */
const SERVICE_ACCOUNT_NAME = `metadata.annotations.${ANNOTATIONS.serviceAccountName.name.replaceAll('.', '~')}`

/** The fields with references to other objects, by group and kind. */
const KINDS: Readonly<Record<string, readonly ReferenceField[]>> = {
  '/ServiceAccount': referenceField('reads', '/Secret', 'imagePullSecrets[].name'),
  '/PersistentVolumeClaim': inside('spec', CLAIM),
  '/PersistentVolume': [
    ...referenceField('is of', 'storage.k8s.io/StorageClass', 'spec.storageClassName'),
    ...referenceField('reads', '/Secret', 'spec.csi.nodeStageSecretRef', 'spec.csi.nodePublishSecretRef'),
    ...referenceField('reads', '/Secret', 'spec.csi.controllerPublishSecretRef', 'spec.csi.nodeExpandSecretRef'),
  ],
  'resource.k8s.io/ResourceClaim': inside('spec', DEVICES),
  'resource.k8s.io/ResourceClaimTemplate': inside('spec.spec', DEVICES),
  '/Secret': referenceField('token of', '/ServiceAccount', SERVICE_ACCOUNT_NAME),
  'apps/StatefulSet': [
    ...referenceField('governed by', '/Service', 'spec.serviceName'),
    ...inside('spec.volumeClaimTemplates[].spec', CLAIM),
  ],
  'autoscaling/HorizontalPodAutoscaler': referenceField('scales', '', 'spec.scaleTargetRef'),
  'rbac.authorization.k8s.io/RoleBinding': BINDING,
  'rbac.authorization.k8s.io/ClusterRoleBinding': BINDING,
  'networking.k8s.io/IngressClass': referenceField('parameter', '', 'spec.parameters'),
  'networking.k8s.io/Ingress': [
    ...referenceField('is of', 'networking.k8s.io/IngressClass', 'spec.ingressClassName'),
    ...referenceField(
      'routes to',
      '/Service',
      'spec.defaultBackend.service.name',
      'spec.rules[].http.paths[].backend.service.name',
    ),
    ...referenceField('routes to', '', 'spec.defaultBackend.resource', 'spec.rules[].http.paths[].backend.resource'),
    ...referenceField('reads', '/Secret', 'spec.tls[].secretName'),
  ],
  'flowcontrol.apiserver.k8s.io/FlowSchema': referenceField(
    'refers to',
    'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
    'spec.priorityLevelConfiguration.name',
  ),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': POLICY_BINDING('ValidatingAdmissionPolicy'),
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': POLICY_BINDING('MutatingAdmissionPolicy'),
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
  'apiregistration.k8s.io/APIService': referenceField('answered by', '/Service', 'spec.service'),
  'gateway.networking.k8s.io/HTTPRoute': ROUTE,
  'gateway.networking.k8s.io/GRPCRoute': ROUTE,
  'gateway.networking.k8s.io/TLSRoute': ROUTE,
  'gateway.networking.k8s.io/TCPRoute': ROUTE,
  'gateway.networking.k8s.io/UDPRoute': ROUTE,
  'gateway.networking.k8s.io/Gateway': referenceField('reads', '/Secret', 'spec.listeners[].tls.certificateRefs[]'),
}

/** Fields as a tree, so that common prefixes are walked once. */
interface FieldTree {
  readonly fields: ReferenceField[]
  readonly below: Map<string, FieldTree>
}

function fieldTree(fields: readonly ReferenceField[]): FieldTree {
  const root: FieldTree = { fields: [], below: new Map() }
  for (const each of fields) {
    let at = root
    for (const step of each.at.replaceAll('[]', '.[]').split('.')) {
      const key = step.replaceAll('~', '.')
      const next = at.below.get(key) ?? { fields: [], below: new Map() }
      at.below.set(key, next)
      at = next
    }
    at.fields.push(each)
  }
  return root
}

const POD_TREE = fieldTree(POD)
const KIND_TREES = new Map(Object.entries(KINDS).map(([groupKind, fields]) => [groupKind, fieldTree(fields)]))

/** Returns the references of an object of a known kind; none for other kinds. */
export function referencesIn(groupKind: string, object: Json): Reference[] {
  const found: Reference[] = []
  const subtree = KIND_TREES.get(groupKind)
  if (subtree !== undefined) collect(object, subtree, [], found)
  return found
}

/** Returns the references of the Pod specification at `path` of an object. */
export function podReferences(spec: Json, path: readonly Step[]): Reference[] {
  const found: Reference[] = []
  collect(spec, POD_TREE, [...path], found)
  return found
}

/** Collects the references below a value; `path` leads to the value, and is restored afterwards. */
function collect(value: Json, { fields, below }: FieldTree, path: Step[], found: Reference[]): void {
  for (const each of fields) {
    const reference = referenceOf(value, each, path)
    if (reference !== undefined) found.push(reference)
  }
  const enter = (step: Step, member: Json, subtree: FieldTree) => {
    path.push(step)
    collect(member, subtree, path, found)
    path.pop()
  }
  for (const [key, subtree] of below) {
    if (key === '[]') {
      if (Array.isArray(value)) for (const [index, member] of value.entries()) enter(index, member, subtree)
    } else if (key === '*') {
      if (isObject(value)) for (const [name, member] of Object.entries(value)) enter(name, member, subtree)
    } else {
      const member = field(value, key)
      if (member !== undefined) enter(key, member, subtree)
    }
  }
}

function referenceOf(value: Json, { rule, to }: ReferenceField, path: readonly Step[]): Reference | undefined {
  const [group = '', kind = ''] = to.split('/')
  if (typeof value === 'string' && value !== '')
    return { rule, group, kind, namespace: namespaceOfKind(kind), name: value, path: [...path] }
  return typedReference(value, rule, path, { group, kind })
}

/** Reads a reference from a mapping, with the group and kind of `fallback` as defaults. */
export function typedReference(
  value: Json,
  rule: EdgeRuleName,
  path: readonly Step[],
  fallback: { readonly group: string | undefined; readonly kind: string },
): Reference | undefined {
  const name = stringField(value, 'name')
  const kind = stringField(value, 'kind') ?? fallback.kind
  if (name === undefined || name === '' || kind === '') return undefined
  const apiVersion = stringField(value, 'apiVersion')
  const versionGroup = apiVersion === undefined ? undefined : parseApiVersion(apiVersion).group
  const group = stringField(value, 'apiGroup') ?? stringField(value, 'group') ?? versionGroup ?? fallback.group
  return {
    rule,
    group,
    kind,
    namespace: stringField(value, 'namespace') ?? namespaceOfKind(kind),
    name,
    path: [...path],
  }
}

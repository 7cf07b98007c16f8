import { field, isObject, type Json } from '../../json.ts'
import { formatGroupKind, type ObjectId } from '../../object/object-id.ts'
import type { Step } from '../../yaml/field.ts'

/** A list whose entries the server identifies by some of their fields (`x-kubernetes-list-map-keys`). */
export interface KeyedList {
  /** The names of these fields, each with the server's default if it has one. */
  readonly keys: Readonly<Record<string, string | undefined>>
  /** The keyed lists inside an entry. */
  readonly entries: KeyedListFields
}

/** The keyed lists of an object, by the fields that lead to them. */
export interface KeyedListFields {
  readonly [name: string]: KeyedListFields | KeyedList
}

function keyed(key: string, entries: KeyedListFields = {}): KeyedList {
  return { keys: { [key]: undefined }, entries }
}

const CONTAINER: KeyedListFields = {
  env: keyed('name'),
  ports: { keys: { containerPort: undefined, protocol: 'TCP' }, entries: {} },
  resources: { claims: keyed('name') },
  volumeDevices: keyed('devicePath'),
  volumeMounts: keyed('mountPath'),
}

const POD: KeyedListFields = {
  containers: keyed('name', CONTAINER),
  ephemeralContainers: keyed('name', CONTAINER),
  evictionResponders: keyed('name'),
  hostAliases: keyed('ip'),
  imagePullSecrets: keyed('name'),
  initContainers: keyed('name', CONTAINER),
  resourceClaims: keyed('name'),
  resources: { claims: keyed('name') },
  schedulingGates: keyed('name'),
  topologySpreadConstraints: { keys: { topologyKey: undefined, whenUnsatisfiable: undefined }, entries: {} },
  volumes: keyed('name'),
}

const TEMPLATE: KeyedListFields = { template: { spec: POD } }
const WORKLOAD: KeyedListFields = { spec: TEMPLATE }
const JOB: KeyedListFields = { ...TEMPLATE, scheduling: { resourceClaims: keyed('name') } }
const WEBHOOKS: KeyedListFields = { webhooks: keyed('name', { matchConditions: keyed('name') }) }

/** The keyed lists of built-in kinds, by group and kind; a test compares them with the server's schemas. */
export const KEYED_LISTS: Readonly<Record<string, KeyedListFields>> = {
  '/Pod': { spec: POD },
  '/PodTemplate': TEMPLATE,
  '/ReplicationController': WORKLOAD,
  '/Service': { spec: { ports: { keys: { port: undefined, protocol: 'TCP' }, entries: {} } } },
  '/ServiceAccount': { secrets: keyed('name') },
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': { spec: { matchConditions: keyed('name') } },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': {
    spec: { matchConditions: keyed('name'), variables: keyed('name') },
  },
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
  'apps/DaemonSet': WORKLOAD,
  'apps/Deployment': WORKLOAD,
  'apps/ReplicaSet': WORKLOAD,
  'apps/StatefulSet': WORKLOAD,
  'batch/CronJob': { spec: { jobTemplate: { spec: JOB } } },
  'batch/Job': { spec: JOB },
  'storage.k8s.io/CSINode': { spec: { drivers: keyed('name') } },
}

/** An entry of a list with the same key as an earlier one. */
export interface DuplicateEntry {
  readonly path: readonly Step[]
  readonly earlier: readonly Step[]
  /** The fields that identify an entry. */
  readonly keys: readonly string[]
}

/**
 * Returns the entries of an object's keyed lists that server-side apply rejects because an earlier one has the same
 * key.
 */
export function duplicateEntries(id: ObjectId, object: Json): DuplicateEntry[] {
  const groupKind = formatGroupKind(id)
  return Object.hasOwn(KEYED_LISTS, groupKind) ? duplicateEntriesIn(object, KEYED_LISTS[groupKind] ?? {}, []) : []
}

function duplicateEntriesIn(value: Json, fields: KeyedListFields, path: readonly Step[]): DuplicateEntry[] {
  return Object.entries(fields).flatMap(([name, rule]) => {
    const member = field(value, name)
    if (member === undefined) return []
    return isKeyed(rule)
      ? duplicatesAmong(member, rule, [...path, name])
      : duplicateEntriesIn(member, rule, [...path, name])
  })
}

function duplicatesAmong(list: Json, { keys, entries }: KeyedList, path: readonly Step[]): DuplicateEntry[] {
  if (!Array.isArray(list)) return []
  const first = new Map<string, number>()
  return list.flatMap((entry: Json, index): DuplicateEntry[] => {
    const inside = duplicateEntriesIn(entry, entries, [...path, index])
    const key = Object.entries(keys).map(([name, fallback]) => field(entry, name) ?? fallback)
    if (!isObject(entry) || key.includes(undefined)) return inside
    const earlier = first.get(JSON.stringify(key.map(String)))
    if (earlier !== undefined) {
      return [{ path: [...path, index], earlier: [...path, earlier], keys: Object.keys(keys) }, ...inside]
    }
    first.set(JSON.stringify(key.map(String)), index)
    return inside
  })
}

/** Whether a rule describes a keyed list. */
export function isKeyed(rule: KeyedListFields | KeyedList): rule is KeyedList {
  return 'entries' in rule && 'keys' in rule
}

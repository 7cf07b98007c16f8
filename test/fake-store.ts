import {
  field,
  isObject,
  type Json,
  type JsonObject,
  listField,
  serialise,
  stringField,
  withField,
} from '../src/json.ts'
import { update, type Writer } from './fake-apply.ts'

/** A kind that the fake API serves. */
export interface FakeKind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

/** An object of the fake API. */
export interface StoredObject {
  readonly kind: FakeKind
  readonly object: JsonObject
}

/** Returns the status of an object that was written; undefined leaves it unchanged. */
export type Controller = (object: JsonObject) => JsonObject | undefined

/** The storage of a fake API. */
export interface FakeStore {
  readonly objects: ReadonlyMap<string, StoredObject>
  /** The served kinds, including those of CRDs. */
  kinds(): readonly FakeKind[]
  /** The time of the next write, in RFC 3339. */
  now(): string
  /** The object as it would be stored; the live one if nothing changes. */
  prepare(path: string, kind: FakeKind, object: JsonObject): JsonObject
  /** Stores a prepared object; then the controller writes its status. */
  commit(path: string, kind: FakeKind, object: JsonObject): void
  /** Deletes an object, or sets its deletionTimestamp if it has finalizers. */
  remove(path: string): void
  /** Removes the finalizers of an object, which deletes it if it was being deleted. */
  finalize(path: string): void
  /** Sets the controller that decides the status of objects written from now on. */
  control(controller: Controller): void
}

const kind = (apiVersion: string, name: string, plural: string, namespaced = true): FakeKind => ({
  ...{ apiVersion, kind: name, plural, namespaced },
})

const KINDS: readonly FakeKind[] = [
  kind('v1', 'Namespace', 'namespaces', false),
  kind('v1', 'PersistentVolume', 'persistentvolumes', false),
  ...['ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'Pod', 'Event', 'PersistentVolumeClaim'].map((name) =>
    kind('v1', name, `${name.toLowerCase()}s`),
  ),
  ...['Deployment', 'StatefulSet', 'ReplicaSet'].map((name) => kind('apps/v1', name, `${name.toLowerCase()}s`)),
  kind('batch/v1', 'Job', 'jobs'),
  kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  kind('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false),
]

/** The API path of an object. */
export function pathOf({ apiVersion, plural, namespaced }: FakeKind, object: Json): string {
  const [namespace, name] = ['namespace', 'name'].map((part) => stringField(object, 'metadata', part))
  const version = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return `${version}${namespaced ? `/namespaces/${namespace ?? 'default'}` : ''}/${plural}/${name}`
}

/** A copy of an object with some fields of its metadata set. */
export function withMetadata(object: JsonObject, more: JsonObject): JsonObject {
  const metadata = field(object, 'metadata')
  return withField(object, 'metadata', { ...(isObject(metadata) ? metadata : {}), ...more })
}

/** Makes an empty store. */
export function makeStore(): FakeStore {
  const objects = new Map<string, StoredObject>()
  let [version, seconds, uids] = [100, 0, 0]
  let controller: Controller = readyStatus
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString().replace('.000', '')
  const prepare: FakeStore['prepare'] = (path, { apiVersion }, object) => {
    const live = objects.get(path)?.object
    const kept = live === undefined ? created(apiVersion, now()) : bookkeepingOf(live)
    const next = withMetadata(object, kept)
    if (live !== undefined && serialise(next) === serialise(live)) return live
    const generation = field(next, 'metadata', 'generation')
    const isNew = live !== undefined && typeof generation === 'number' && specOf(live) !== specOf(next)
    return withMetadata(next, {
      uid: stringField(live, 'metadata', 'uid') ?? `uid-${uids + 1}`,
      resourceVersion: String(version + 1),
      ...(isNew ? { generation: generation + 1 } : {}),
    })
  }
  const put = (path: string, of: FakeKind, object: JsonObject) => {
    if (objects.get(path)?.object === object) return
    if (!objects.has(path)) uids += 1
    version += 1
    seconds += 1
    objects.set(path, { kind: of, object })
  }
  const erase = (path: string) => {
    const erased = objects.get(path)
    objects.delete(path)
    for (const other of objects.keys()) if (erased !== undefined && isInside(other, erased)) objects.delete(other)
  }
  return {
    ...{ objects, now, prepare },
    kinds: () => [...KINDS, ...[...objects.values()].flatMap(({ object }) => definedKinds(object))],
    commit: (path, of, object) => {
      put(path, of, object)
      const status = controller(object)
      if (status === undefined) return
      const writer: Writer = { manager: 'controller', operation: 'Update', time: now(), subresource: 'status' }
      put(path, of, prepare(path, of, update(object, withField(object, 'status', status), writer)))
    },
    remove: (path) => {
      const found = objects.get(path)
      if (found === undefined) return
      if (listField(found.object, 'metadata', 'finalizers').length === 0) erase(path)
      else
        put(
          path,
          found.kind,
          withMetadata(found.object, { deletionTimestamp: now(), resourceVersion: `${version + 1}` }),
        )
    },
    finalize: (path) => {
      const found = objects.get(path)
      if (found === undefined) return
      if (field(found.object, 'metadata', 'deletionTimestamp') !== undefined) erase(path)
      else put(path, found.kind, withMetadata(found.object, { finalizers: [] }))
    },
    control: (next) => {
      controller = next
    },
  }
}

function created(apiVersion: string, time: string): JsonObject {
  return { creationTimestamp: time, ...(apiVersion.includes('/') ? { generation: 1 } : {}) }
}

function bookkeepingOf(live: JsonObject): JsonObject {
  const names = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp']
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => {
      const value = field(live, 'metadata', name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The part of an object whose changes its generation counts, as text. */
function specOf({ metadata: _, status: __, ...rest }: JsonObject): string {
  return serialise(rest)
}

/** Whether an object is deleted with another one: with its Namespace, or with the CRD of its kind. */
function isInside(path: string, { kind: of, object }: StoredObject): boolean {
  const name = stringField(object, 'metadata', 'name')
  if (of.kind === 'Namespace') return path.includes(`/namespaces/${name}/`)
  return definedKinds(object).some(
    ({ apiVersion, plural }) => path.startsWith(`/apis/${apiVersion}/`) && path.includes(`/${plural}/`),
  )
}

function definedKinds(object: JsonObject): FakeKind[] {
  if (stringField(object, 'kind') !== 'CustomResourceDefinition') return []
  const [group = '', scope] = ['group', 'scope'].map((name) => stringField(object, 'spec', name))
  const [name = '', plural = ''] = ['kind', 'plural'].map((part) => stringField(object, 'spec', 'names', part))
  return listField(object, 'spec', 'versions').flatMap((version) =>
    field(version, 'served') === true
      ? [kind(`${group}/${stringField(version, 'name')}`, name, plural, scope === 'Namespaced')]
      : [],
  )
}

/** The status of an object that is ready. */
export function readyStatus(object: JsonObject): JsonObject | undefined {
  const observedGeneration = field(object, 'metadata', 'generation') ?? 1
  const replicas = field(object, 'spec', 'replicas') ?? 1
  const condition = (type: string): JsonObject => ({ conditions: [{ type, status: 'True' }] })
  switch (stringField(object, 'kind')) {
    case 'Namespace':
      return { phase: 'Active' }
    case 'Deployment':
      return { observedGeneration, replicas, updatedReplicas: replicas, availableReplicas: replicas }
    case 'Job':
      return condition('Complete')
    case 'CustomResourceDefinition':
      return condition('Established')
    default:
      return undefined
  }
}

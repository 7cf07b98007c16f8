import type { Location } from '../diagnostics.ts'
import { field, isObject, type JsonObject, withField } from '../json.ts'

/** What makes an object the same object: its group, never its version, with kind, namespace and name. */
export interface ObjectId {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly kind: string
  /** Empty for a cluster-scoped object, and as long as the namespace is not settled. */
  readonly namespace: string
  readonly name: string
}

/** An object that the repository asks for, and where it says so. */
export interface Manifest {
  readonly id: ObjectId
  readonly version: string
  readonly object: JsonObject
  readonly location: Location
}

/** An object's name as messages write it, for instance `Deployment shop/web`; foreign groups are spelled out. */
export function formatId({ group, kind, namespace, name }: ObjectId): string {
  const isBuiltIn = !group.includes('.') || group.endsWith('.k8s.io')
  return `${kind}${isBuiltIn ? '' : `.${group}`} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** A number of objects in words, for instance `1 object`. */
export function formatCount(objects: readonly unknown[]): string {
  return `${objects.length} ${objects.length === 1 ? 'object' : 'objects'}`
}

/** Group and kind as one word, for instance `apps/Deployment`; the core group is empty. */
export function formatGroupKind({ group, kind }: Pick<ObjectId, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

/** A key that is equal for equal identities, and for these alone: no part of one has a slash in it. */
export function objectKey({ group, kind, namespace, name }: ObjectId): string {
  return `${group}/${kind}/${namespace}/${name}`
}

/** The identity that a key of `keyOf` stands for. */
export function parseObjectKey(key: string): ObjectId {
  const [group = '', kind = '', namespace = '', name = ''] = key.split('/')
  return { group, kind, namespace, name }
}

/** The manifest's `apiVersion`, for instance `v1` or `apps/v1`. */
export function apiVersionOf({ id, version }: Manifest): string {
  return id.group === '' ? version : `${id.group}/${version}`
}

/** A copy of the manifest in the given namespace, or with the empty one in none, in its identity and in its object. */
export function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const metadata = field(manifest.object, 'metadata')
  if (!isObject(metadata)) return manifest
  const { namespace: _, ...rest } = metadata
  const settled = namespace === '' ? rest : withField(metadata, 'namespace', namespace)
  return { ...manifest, id: { ...manifest.id, namespace }, object: withField(manifest.object, 'metadata', settled) }
}

/** The API groups that every server has built in, without those that only end like one. */
const BUILT_IN = new Set([
  ...['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'],
  ...[
    ...['admissionregistration', 'apiextensions', 'apiregistration', 'authentication', 'authorization', 'certificates'],
    ...['coordination', 'discovery', 'events', 'flowcontrol.apiserver', 'internal.apiserver', 'networking', 'node'],
    ...['rbac.authorization', 'resource', 'scheduling', 'storage', 'storagemigration'],
  ].map((name) => `${name}.k8s.io`),
])

/** Whether a group is one of custom resources. */
export function isCustom(group: string): boolean {
  return !BUILT_IN.has(group)
}

/** The group and the version of an `apiVersion`; the core group is empty. */
export function partsOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version }
}

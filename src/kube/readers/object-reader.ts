import { limitConcurrency } from '../../concurrency.ts'
import { field, isObject, type Json } from '../../json.ts'
import { collectionPath, gvkKey } from '../../object/api-path.ts'
import type { ApiResponse } from '../../object/api-status.ts'
import { apiVersionOf } from '../../object/manifest.ts'
import { formatNamespacedName, namespacedName } from '../../object/metadata.ts'
import { formatGroupKind, objectKey, parseObjectKey } from '../../object/object-id.ts'
import type { ResolvedManifest } from '../../object/resolved-manifest.ts'
import type { SetMembers } from '../../object/set-members.ts'
import type { ApiClient } from '../client.ts'
import type { ApiDiscovery } from '../discovery.ts'
import { list, MAX_PARALLEL_LISTS, PARTIAL_METADATA_LIST, withLabelSelector } from '../list.ts'

/** What a look at an object came to: the object at a status of 200. */
export type ReadResult = Pick<ApiResponse, 'status' | 'body'>

/** Looks at an object as it is, whole. */
export type ReadObject = (manifest: ResolvedManifest) => Promise<ReadResult>

/** The objects of a collection are read one by one until so many were asked for; then it is listed. */
const LIST_FROM_COUNT = 20
/** A collection is not listed if it holds more than so many times as many as are wanted of it. */
const MAX_LIST_RATIO = 2
/** Whole objects of one page: one may have more than a megabyte. */
const PAGE_SIZE = 100

/** What looking needs. */
export interface ObjectReaderOptions {
  readonly api: Pick<ApiClient, 'get'>
  readonly discovery: ApiDiscovery
  /** The label by which the set's members are known, and its value. */
  readonly label: readonly [name: string, value: string]
}

/**
 * Makes a function that looks at the object of one of the manifests. Where many of a kind are looked at, the rest is listed at
 * once: members of the set by its label, others by their namespace, but no Secrets of others. What a list does not tell is
 * read by itself; what it tells may be older than what the server says of an object later.
 */
export function openObjectReader(
  manifests: readonly ResolvedManifest[],
  members: SetMembers,
  options: ObjectReaderOptions,
): ReadObject {
  const { api } = options
  const listing = limitConcurrency(MAX_PARALLEL_LISTS)
  const isMember = ({ id }: ResolvedManifest) => members.has(objectKey(id))
  const collectionOfObject = (manifest: ResolvedManifest) =>
    isMember(manifest) ? memberCollection(manifest, options) : collectionPathOf(manifest)
  const wanted = Map.groupBy(manifests, collectionOfObject)
  const asked = new Map<string, number>()
  const lists = new Map<string, Promise<ReadonlyMap<string, Json>>>()
  const size = (path: string, one: ResolvedManifest) => (isMember(one) ? countIn(members, one) : sizeOf(path, api))
  const fill = async (path: string, one: ResolvedManifest): Promise<ReadonlyMap<string, Json>> => {
    const some = new Set(wanted.get(path)?.map(({ id }) => formatNamespacedName(id)))
    const isForeignSecret = !isMember(one) && formatGroupKind(one.id) === '/Secret'
    if (isForeignSecret || (await size(path, one)) > MAX_LIST_RATIO * some.size) return new Map()
    const result = await listing(() => list(path, 'application/json', api, PAGE_SIZE))
    const objects = 'objects' in result ? result.objects : []
    return new Map(
      objects
        .map((object) => [formatNamespacedName(namespacedName(object)), object] as const)
        .filter(([place]) => some.has(place)),
    )
  }
  return async (manifest) => {
    const path = collectionOfObject(manifest)
    const nth = (asked.get(path) ?? 0) + 1
    asked.set(path, nth)
    if (nth === LIST_FROM_COUNT) lists.set(path, fill(path, manifest))
    const object = (await lists.get(path))?.get(formatNamespacedName(manifest.id))
    if (!isObject(object)) return api.get(manifest.path ?? '')
    // In a list the server leaves out what is the same for all.
    return { status: 200, body: { ...object, apiVersion: apiVersionOf(manifest), kind: manifest.id.kind } }
  }
}

/** The path of the collection that an object is in. */
function collectionPathOf({ path = '' }: ResolvedManifest): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** The path of a list of the set's members of a manifest's kind. */
function memberCollection(manifest: ResolvedManifest, { discovery, label }: ObjectReaderOptions): string {
  const apiVersion = apiVersionOf(manifest)
  const resource = discovery.kinds.get(gvkKey(apiVersion, manifest.id.kind))
  return withLabelSelector(
    resource === undefined ? collectionPathOf(manifest) : collectionPath(apiVersion, resource, ''),
    ...label,
  )
}

/** How many members are of the kind of one. */
async function countIn(members: SetMembers, { id }: ResolvedManifest): Promise<number> {
  return [...members.keys()].filter((key) => formatGroupKind(parseObjectKey(key)) === formatGroupKind(id)).length
}

/** How many objects a collection has, as the server estimates it; infinitely many where it does not say. */
async function sizeOf(path: string, api: Pick<ApiClient, 'get'>): Promise<number> {
  const { body } = await api.get(`${path}?limit=1`, PARTIAL_METADATA_LIST)
  const rest = field(body, 'metadata', 'remainingItemCount')
  return typeof rest === 'number' ? 1 + rest : Number.POSITIVE_INFINITY
}

import { isObject, type Json } from '../../json.ts'
import { collectionPath, gvkKey } from '../../object/api-path.ts'
import type { ApiResponse } from '../../object/api-status.ts'
import { apiVersionOf } from '../../object/manifest.ts'
import { formatNamespacedName, namespacedName } from '../../object/metadata.ts'
import { formatGroupKind, objectKey, parseObjectKey } from '../../object/object-id.ts'
import type { ResolvedManifest } from '../../object/resolved-manifest.ts'
import type { SetMembers } from '../../object/set-members.ts'
import type { ApiReader } from '../client.ts'
import type { ApiDiscovery } from '../discovery.ts'
import { withLabelSelector } from '../list.ts'
import { type Label, openCollectionReader } from './collection-reader.ts'

/** The server's response to a read: the object if the status is 200. */
export type ObjectResponse = Pick<ApiResponse, 'status' | 'body'>

/** Reads the live object of a manifest. */
export type ReadObject = (manifest: ResolvedManifest) => Promise<ObjectResponse>

/** A collection is listed when this many of its objects have been requested; earlier ones are read one by one. */
const LIST_FROM = 20
/** A collection is not listed if it has more than this many times the number of its manifests. */
const MAX_LIST_RATIO = 2
/** Objects per page: one may be larger than a megabyte. */
const PAGE_SIZE = 100

/** What an object reader needs. */
export interface ObjectReaderOptions {
  readonly api: Pick<ApiReader, 'get'>
  readonly discovery: ApiDiscovery
  /** The label of the set's members. */
  readonly label: Label
}

/**
 * Creates a function that reads the live object of a manifest. If many objects of a collection are requested, the rest comes
 * from one list: members by the set's label, others by their namespace, except Secrets. Objects missing from the list are
 * read one by one. A listed object may be older than a later read.
 */
export function openObjectReader(
  manifests: readonly ResolvedManifest[],
  members: SetMembers,
  options: ObjectReaderOptions,
): ReadObject {
  const reader = openCollectionReader(options.api)
  const isMember = ({ id }: ResolvedManifest) => members.has(objectKey(id))
  const collectionOf = (manifest: ResolvedManifest) =>
    isMember(manifest) ? memberCollection(manifest, options) : collectionPathOf(manifest)
  const wanted = Map.groupBy(manifests, collectionOf)
  const requestCounts = new Map<string, number>()
  const lists = new Map<string, Promise<ReadonlyMap<string, Json>>>()
  const sizeOf = (path: string, one: ResolvedManifest) =>
    isMember(one) ? countOfKind(members, one) : reader.estimateSize(path)
  const listWanted = async (path: string, one: ResolvedManifest): Promise<ReadonlyMap<string, Json>> => {
    const names = new Set(wanted.get(path)?.map(({ id }) => formatNamespacedName(id)))
    const isForeignSecret = !isMember(one) && formatGroupKind(one.id) === '/Secret'
    if (isForeignSecret || (await sizeOf(path, one)) > MAX_LIST_RATIO * names.size) return new Map()
    const result = await reader.list(path, { contents: 'whole', pageSize: PAGE_SIZE })
    const objects = 'objects' in result ? result.objects : []
    const named = objects.map((object) => [formatNamespacedName(namespacedName(object)), object] as const)
    return new Map(named.filter(([name]) => names.has(name)))
  }
  return async (manifest) => {
    const path = collectionOf(manifest)
    const count = (requestCounts.get(path) ?? 0) + 1
    requestCounts.set(path, count)
    if (count === LIST_FROM) lists.set(path, listWanted(path, manifest))
    const object = (await lists.get(path))?.get(formatNamespacedName(manifest.id))
    // No limit is needed here: the dry runs that read objects have one.
    if (!isObject(object)) return options.api.get(manifest.path ?? '')
    // Items of a list have no apiVersion and kind.
    return { status: 200, body: { ...object, apiVersion: apiVersionOf(manifest), kind: manifest.id.kind } }
  }
}

/** The path of the collection that an object is in. */
function collectionPathOf({ path = '' }: ResolvedManifest): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** The path that lists the set's members of a manifest's kind. */
function memberCollection(manifest: ResolvedManifest, { discovery, label }: ObjectReaderOptions): string {
  const apiVersion = apiVersionOf(manifest)
  const resource = discovery.kinds.get(gvkKey(apiVersion, manifest.id.kind))
  return withLabelSelector(
    resource === undefined ? collectionPathOf(manifest) : collectionPath(apiVersion, resource, ''),
    ...label,
  )
}

/** The number of members of a manifest's kind. */
function countOfKind(members: SetMembers, { id }: ResolvedManifest): number {
  return [...members.keys()].filter((key) => formatGroupKind(parseObjectKey(key)) === formatGroupKind(id)).length
}

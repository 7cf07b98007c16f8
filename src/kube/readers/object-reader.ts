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

/** The server's answer to the reading of an object: the object itself at a status of 200. */
export type ObjectResponse = Pick<ApiResponse, 'status' | 'body'>

/** Reads an object as it is, whole. */
export type ReadObject = (manifest: ResolvedManifest) => Promise<ObjectResponse>

/** A collection is listed with the so manieth of its objects that is asked for; those before are read one by one. */
const LIST_FROM = 20
/** A collection is not listed if it has more than so many times the objects that are wanted of it. */
const MAX_LIST_RATIO = 2
/** Whole objects of one page: one may have more than a megabyte. */
const PAGE_SIZE = 100

/** What reading needs. */
export interface ObjectReaderOptions {
  readonly api: Pick<ApiReader, 'get'>
  readonly discovery: ApiDiscovery
  /** The label by which the set's members are known, and its value. */
  readonly label: Label
}

/**
 * Makes a function that reads the object of one of the manifests. Where many of a collection are asked for, the rest is listed
 * at once: members of the set by its label, others by their namespace, but no Secrets of others. What is not in a list is
 * read by itself; what is may be older than what the server says of an object later.
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
  const asked = new Map<string, number>()
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
    const nth = (asked.get(path) ?? 0) + 1
    asked.set(path, nth)
    if (nth === LIST_FROM) lists.set(path, listWanted(path, manifest))
    const object = (await lists.get(path))?.get(formatNamespacedName(manifest.id))
    // The dry runs that ask for it are limited.
    if (!isObject(object)) return options.api.get(manifest.path ?? '')
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
function countOfKind(members: SetMembers, { id }: ResolvedManifest): number {
  return [...members.keys()].filter((key) => formatGroupKind(parseObjectKey(key)) === formatGroupKind(id)).length
}

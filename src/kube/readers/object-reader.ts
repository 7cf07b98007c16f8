import type { Answer } from '../../object/api-status.ts'
import type { Api } from '../client.ts'
import { collectionOf, type Discovery, servedKey } from '../discovery.ts'
import { labelled, list, METADATA_LIST, MOST_LISTS } from '../list.ts'
import { placeOf, placeText } from '../../object/metadata.ts'
import { field, isObject, type Json } from '../../json.ts'
import { apiVersionOf, idOf, keyOf, kindKeyOf } from '../../object/manifest.ts'
import type { PlacedManifest } from '../../object/resolved-manifest.ts'
import { atMost } from '../../concurrency.ts'
import type { Members } from './set-members.ts'

/** What a look at an object came to: the object at a status of 200. */
export type Sight = Pick<Answer, 'status' | 'body'>

/** Looks at an object as it is, whole. */
export type Look = (manifest: PlacedManifest) => Promise<Sight>

/** The objects of a collection are read one by one until so many were asked for; then it is listed. */
const MANY = 20
/** A collection is not listed if it holds more than so many times as many as are wanted of it. */
const WORTH = 2
/** Whole objects of one page: one may have more than a megabyte. */
const PAGE = 100

/** What looking needs. */
export interface LookOptions {
  readonly api: Pick<Api, 'get'>
  readonly discovery: Discovery
  /** The label by which the set's members are known, and its value. */
  readonly label: readonly [name: string, value: string]
}

/**
 * Makes a function that looks at the object of one of the manifests. Where many of a kind are looked at, the rest is listed at
 * once: members of the set by its label, others by their namespace, but no Secrets of others. What a list does not tell is
 * read by itself; what it tells may be older than what the server says of an object later.
 */
export function openLooks(manifests: readonly PlacedManifest[], members: Members, options: LookOptions): Look {
  const { api } = options
  const listing = atMost(MOST_LISTS)
  const isMember = ({ id }: PlacedManifest) => members.has(keyOf(id))
  const home = (manifest: PlacedManifest) => (isMember(manifest) ? ours(manifest, options) : parent(manifest))
  const wanted = Map.groupBy(manifests, home)
  const asked = new Map<string, number>()
  const lists = new Map<string, Promise<ReadonlyMap<string, Json>>>()
  const size = (path: string, one: PlacedManifest) => (isMember(one) ? countIn(members, one) : sizeOf(path, api))
  const fill = async (path: string, one: PlacedManifest): Promise<ReadonlyMap<string, Json>> => {
    const some = new Set(wanted.get(path)?.map(({ id }) => placeText(id)))
    const isForeignSecret = !isMember(one) && kindKeyOf(one.id) === '/Secret'
    if (isForeignSecret || (await size(path, one)) > WORTH * some.size) return new Map()
    const result = await listing(() => list(path, 'application/json', api, PAGE))
    const objects = 'objects' in result ? result.objects : []
    return new Map(
      objects.map((object) => [placeText(placeOf(object)), object] as const).filter(([place]) => some.has(place)),
    )
  }
  return async (manifest) => {
    const path = home(manifest)
    const nth = (asked.get(path) ?? 0) + 1
    asked.set(path, nth)
    if (nth === MANY) lists.set(path, fill(path, manifest))
    const object = (await lists.get(path))?.get(placeText(manifest.id))
    if (!isObject(object)) return api.get(manifest.path ?? '')
    // In a list the server leaves out what is the same for all.
    return { status: 200, body: { ...object, apiVersion: apiVersionOf(manifest), kind: manifest.id.kind } }
  }
}

/** The path of the collection that an object is in. */
function parent({ path = '' }: PlacedManifest): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** The path of a list of the set's members of a manifest's kind. */
function ours(manifest: PlacedManifest, { discovery, label }: LookOptions): string {
  const apiVersion = apiVersionOf(manifest)
  const resource = discovery.kinds.get(servedKey(apiVersion, manifest.id.kind))
  return labelled(resource === undefined ? parent(manifest) : collectionOf(apiVersion, resource, ''), ...label)
}

/** How many members are of the kind of one. */
async function countIn(members: Members, { id }: PlacedManifest): Promise<number> {
  return [...members.keys()].filter((key) => kindKeyOf(idOf(key)) === kindKeyOf(id)).length
}

/** How many objects a collection has, as the server estimates it; infinitely many where it does not say. */
async function sizeOf(path: string, api: Pick<Api, 'get'>): Promise<number> {
  const { body } = await api.get(`${path}?limit=1`, METADATA_LIST)
  const rest = field(body, 'metadata', 'remainingItemCount')
  return typeof rest === 'number' ? 1 + rest : Number.POSITIVE_INFINITY
}

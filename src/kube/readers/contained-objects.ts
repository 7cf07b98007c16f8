import { limitConcurrency } from '../../concurrency.ts'
import { field, type Json, listField, stringField } from '../../json.ts'
import { formatGroupKind, formatId, type ObjectId } from '../../object/manifest.ts'
import { namespacedName, uidOf } from '../../object/metadata.ts'
import type { ApiClient } from '../client.ts'
import { type ApiDiscovery, allKinds, collectionPath, type ServedKind } from '../discovery.ts'
import { list, MAX_PARALLEL_LISTS, PARTIAL_METADATA_LIST } from '../list.ts'

/** What lives in a Namespace, or as a resource of a definition, or why nobody can say. */
export type ContainedObjects =
  | { readonly objects: readonly ContainedObject[] }
  | { readonly reason: string; readonly unknown: string }

/** An object that would go with what it is in. */
export interface ContainedObject {
  readonly uid: string
  /** As messages write it. */
  readonly name: string
}

/** Kinds that controllers keep for a Service or a Pod, or that nobody misses. */
const IGNORED_KINDS = [
  ...['/Event', 'events.k8s.io/Event', 'metrics.k8s.io/PodMetrics', 'coordination.k8s.io/LeaseCandidate'],
  ...['/Endpoints', 'discovery.k8s.io/EndpointSlice'],
]

/** What the system itself puts into every Namespace. */
const DEFAULT_OBJECTS = ['/ServiceAccount/default', '/ConfigMap/kube-root-ca.crt']

/** Whether objects of that identity hold others, which go with them. */
export function holdsOthers(id: ObjectId): boolean {
  return formatGroupKind(id) === '/Namespace' || formatGroupKind(id) === 'apiextensions.k8s.io/CustomResourceDefinition'
}

/**
 * Looks for objects that would go with a Namespace or a definition, but for those that depend on one of them, or on one with a
 * uid that is `known`, and those that are on their way already. A list that fails is no empty one.
 */
export async function readContainedObjects(
  container: ObjectId,
  known: ReadonlySet<string>,
  api: Pick<ApiClient, 'get'>,
  discovery: ApiDiscovery,
): Promise<ContainedObjects> {
  const isNamespace = formatGroupKind(container) === '/Namespace'
  const kinds = isNamespace ? namespacedKinds(discovery) : kindsOfCrd(container.name, discovery)
  // Resources of a definition that serves no version are there all the same.
  if (kinds.length === 0) return { reason: 'KindNotServed', unknown: 'the server does not serve its kind' }
  const limit = limitConcurrency(MAX_PARALLEL_LISTS)
  const listings = await Promise.all(
    kinds.map(async (served) => {
      const path = collectionPath(served.apiVersion, served, isNamespace ? container.name : '')
      return { served, listing: await limit(() => list(path, PARTIAL_METADATA_LIST, api)) }
    }),
  )
  const found: { served: ServedKind; object: Json }[] = []
  for (const { served, listing } of listings) {
    if ('objects' in listing) for (const object of listing.objects) found.push({ served, object })
    // A kind that can only be created, such as a review, has nothing to list.
    else if (listing.status !== 405)
      return { reason: 'ContentsUnknown', unknown: `${served.kind} cannot be listed: ${listing.unknown}` }
  }
  const uids = new Set([...known, ...found.map(({ object }) => uidOf(object))])
  const independent = found.filter(({ served, object }) => {
    if (DEFAULT_OBJECTS.includes(`${formatGroupKind(served)}/${namespacedName(object).name}`)) return false
    if (field(object, 'metadata', 'deletionTimestamp') !== undefined) return false
    // What depends on something in here goes with it, or is found because that is.
    const owners = listField(object, 'metadata', 'ownerReferences')
    return !owners.some((owner) => uids.has(stringField(owner, 'uid') ?? ''))
  })
  const objects = independent.map(({ served, object }) => {
    return { uid: uidOf(object), name: formatId({ ...served, ...namespacedName(object) }) }
  })
  return { objects: objects.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function namespacedKinds(discovery: ApiDiscovery): ServedKind[] {
  return allKinds(discovery).filter(
    ({ namespaced, ...id }) => namespaced && !IGNORED_KINDS.includes(formatGroupKind(id)),
  )
}

/** The kind that a definition defines, by its name: `PLURAL.GROUP`. */
function kindsOfCrd(name: string, discovery: ApiDiscovery): ServedKind[] {
  return allKinds(discovery).filter(({ plural, group }) => `${plural}.${group}` === name)
}

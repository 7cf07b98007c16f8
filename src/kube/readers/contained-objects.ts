import type { Api } from '../client.ts'
import { allKinds, collectionOf, type Discovery, type ServedKind } from '../discovery.ts'
import { list, METADATA_LIST, MOST_LISTS } from '../list.ts'
import { placeOf, uidOf } from '../../object/metadata.ts'
import { field, type Json, listField, stringField } from '../../json.ts'
import { describe, kindKeyOf, type ObjectId } from '../../object/manifest.ts'
import { atMost } from '../../concurrency.ts'

/** What lives in a Namespace, or as a resource of a definition, or why nobody can say. */
export type Inhabitants = { readonly objects: readonly Inhabitant[] } | { readonly unknown: string }

/** An object that would go with what it is in. */
export interface Inhabitant {
  readonly uid: string
  /** As messages write it. */
  readonly name: string
}

/** Kinds that controllers keep for a Service or a Pod, or that nobody misses. */
const FLEETING = [
  ...['/Event', 'events.k8s.io/Event', 'metrics.k8s.io/PodMetrics', 'coordination.k8s.io/LeaseCandidate'],
  ...['/Endpoints', 'discovery.k8s.io/EndpointSlice'],
]

/** What the system itself puts into every Namespace. */
const STANDARD = ['/ServiceAccount/default', '/ConfigMap/kube-root-ca.crt']

/** Whether objects of that identity hold others, which go with them. */
export function isContainer(id: ObjectId): boolean {
  return kindKeyOf(id) === '/Namespace' || kindKeyOf(id) === 'apiextensions.k8s.io/CustomResourceDefinition'
}

/**
 * Looks for objects that would go with a Namespace or a definition, but for those that depend on one of them, or on one with a
 * uid that is `known`, and those that are on their way already. A list that fails is no empty one.
 */
export async function inhabitantsOf(
  container: ObjectId,
  known: ReadonlySet<string>,
  api: Pick<Api, 'get'>,
  discovery: Discovery,
): Promise<Inhabitants> {
  const isNamespace = kindKeyOf(container) === '/Namespace'
  const kinds = isNamespace ? namespacedKinds(discovery) : definedKinds(container.name, discovery)
  // Resources of a definition that serves no version are there all the same.
  if (kinds.length === 0) return { unknown: 'the server does not serve its kind' }
  const turn = atMost(MOST_LISTS)
  const listings = await Promise.all(
    kinds.map(async (served) => {
      const path = collectionOf(served.apiVersion, served, isNamespace ? container.name : '')
      return { served, listing: await turn(() => list(path, METADATA_LIST, api)) }
    }),
  )
  const found: { served: ServedKind; object: Json }[] = []
  for (const { served, listing } of listings) {
    if ('objects' in listing) for (const object of listing.objects) found.push({ served, object })
    // A kind that can only be created, such as a review, has nothing to list.
    else if (listing.status !== 405) return { unknown: `${served.kind} cannot be listed: ${listing.unknown}` }
  }
  const uids = new Set([...known, ...found.map(({ object }) => uidOf(object))])
  const independent = found.filter(({ served, object }) => {
    if (STANDARD.includes(`${kindKeyOf(served)}/${placeOf(object).name}`)) return false
    if (field(object, 'metadata', 'deletionTimestamp') !== undefined) return false
    // What depends on something in here goes with it, or is found because that is.
    const owners = listField(object, 'metadata', 'ownerReferences')
    return !owners.some((owner) => uids.has(stringField(owner, 'uid') ?? ''))
  })
  const objects = independent.map(({ served, object }) => {
    return { uid: uidOf(object), name: describe({ ...served, ...placeOf(object) }) }
  })
  return { objects: objects.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function namespacedKinds(discovery: Discovery): ServedKind[] {
  return allKinds(discovery).filter(({ namespaced, ...id }) => namespaced && !FLEETING.includes(kindKeyOf(id)))
}

/** The kind that a definition defines, by its name: `PLURAL.GROUP`. */
function definedKinds(name: string, discovery: Discovery): ServedKind[] {
  return allKinds(discovery).filter(({ plural, group }) => `${plural}.${group}` === name)
}

import { field, type Json, listField, stringField } from '../../json.ts'
import { collectionPath } from '../../object/api-path.ts'
import type { ContainedObjects } from '../../object/contained-objects.ts'
import { factsOf } from '../../object/kinds.ts'
import { namespacedName, uidOf } from '../../object/metadata.ts'
import { formatGroupKind, formatId, type ObjectId } from '../../object/object-id.ts'
import type { ApiReader } from '../client.ts'
import { type ApiDiscovery, allKinds, type ServedKind } from '../discovery.ts'
import { openCollectionReader } from './collection-reader.ts'

/**
 * Finds the objects that would be deleted with a Namespace or CRD, except those that are owned by one of them or by an object
 * with a `known` uid, and those that are already being deleted. If a list fails, the contents are unknown.
 */
export async function readContainedObjects(
  container: ObjectId,
  known: ReadonlySet<string>,
  api: Pick<ApiReader, 'get'>,
  discovery: ApiDiscovery,
): Promise<ContainedObjects> {
  const isNamespace = formatGroupKind(container) === '/Namespace'
  const kinds = isNamespace ? namespacedKinds(discovery) : kindsOfCrd(container.name, discovery)
  // Custom resources exist even if their CRD serves no version.
  if (kinds.length === 0) return { reason: 'KindNotServed', unknown: 'the server does not serve its kind' }
  const reader = openCollectionReader(api)
  const lists = await Promise.all(
    kinds.map(async (served) => {
      const path = collectionPath(served.apiVersion, served, isNamespace ? container.name : '')
      return { served, result: await reader.list(path, { contents: 'metadata' }) }
    }),
  )
  const found: { served: ServedKind; object: Json }[] = []
  for (const { served, result } of lists) {
    if ('objects' in result) for (const object of result.objects) found.push({ served, object })
    // Kinds that can only be created, such as reviews, have no list.
    else if (result.status !== 405)
      return { reason: 'ContentsUnknown', unknown: `${served.kind} cannot be listed: ${result.message}` }
  }
  const uids = new Set([...known, ...found.map(({ object }) => uidOf(object))])
  const independent = found.filter(({ served, object }) => {
    if (namespacedName(object).name === factsOf(served).defaultObject) return false
    if (field(object, 'metadata', 'deletionTimestamp') !== undefined) return false
    // Dependents of a contained object are deleted with it.
    const owners = listField(object, 'metadata', 'ownerReferences')
    return !owners.some((owner) => uids.has(stringField(owner, 'uid') ?? ''))
  })
  const objects = independent.map(({ served, object }) => {
    return { uid: uidOf(object), name: formatId({ ...served, ...namespacedName(object) }) }
  })
  return { objects: objects.sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function namespacedKinds(discovery: ApiDiscovery): ServedKind[] {
  return allKinds(discovery).filter((served) => served.namespaced && !factsOf(served).isByproduct)
}

/** The kind that a CRD defines, by the CRD's name: `PLURAL.GROUP`. */
function kindsOfCrd(name: string, discovery: ApiDiscovery): ServedKind[] {
  return allKinds(discovery).filter(({ plural, group }) => `${plural}.${group}` === name)
}

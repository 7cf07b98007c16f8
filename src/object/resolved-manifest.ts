import { pathOf, type Resource, servedKey } from '../kube/discovery.ts'
import type { Problem } from '../diagnostics.ts'
import { definedBy } from './crd.ts'
import { duplicates } from './duplicates.ts'
import { apiVersionOf, inNamespace, kindKeyOf, type Manifest, type ObjectId } from './manifest.ts'

/** A manifest with its place in the cluster. */
export interface PlacedManifest extends Manifest {
  /** The object's path in the API; undefined where neither the server nor the set knows its kind. */
  readonly path: string | undefined
}

/**
 * Gives every manifest its place: the scope of its kind comes from a definition in the set, else from the server. A
 * namespaced object without a namespace gets the default one; a cluster-scoped object loses the namespace it names, which
 * the server would ignore. Identities that occur twice are problems (E-DUP).
 */
export function place(
  manifests: readonly Manifest[],
  served: ReadonlyMap<string, Resource>,
  defaultNamespace: string,
): { manifests: PlacedManifest[]; problems: Problem[] } {
  const defined = new Map(
    manifests.flatMap((manifest) => {
      const definition = definedBy(manifest)
      return definition === undefined ? [] : [[definition.kindKey, definition] as const]
    }),
  )
  const resourceOf = (id: ObjectId, apiVersion: string): Resource | undefined => {
    const definition = defined.get(kindKeyOf(id))
    if (definition === undefined) return served.get(servedKey(apiVersion, id.kind))
    return definition.apiVersions.includes(apiVersion) ? definition : undefined
  }
  const placed = manifests.map((manifest): PlacedManifest => {
    const apiVersion = apiVersionOf(manifest)
    const resource = resourceOf(manifest.id, apiVersion)
    if (resource === undefined) return { ...manifest, path: undefined }
    const namespace = resource.namespaced ? manifest.id.namespace || defaultNamespace : ''
    const settled = namespace === manifest.id.namespace ? manifest : inNamespace(manifest, namespace)
    return { ...settled, path: pathOf(apiVersion, resource, namespace, manifest.id.name) }
  })
  return { manifests: placed, problems: duplicates(placed) }
}

import type { Diagnostic } from '../diagnostics.ts'
import { type ApiResource, gvkKey, objectPath } from './api-path.ts'
import { parseCrd } from './crd.ts'
import { duplicates } from './duplicates.ts'
import { apiVersionOf, inNamespace, type Manifest } from './manifest.ts'
import { formatGroupKind, type ObjectId } from './object-id.ts'

/** A manifest with its place in the cluster. */
export interface ResolvedManifest extends Manifest {
  /** The object's path in the API; undefined where neither the server nor the set knows its kind. */
  readonly path: string | undefined
}

/**
 * Gives every manifest its place: the scope of its kind comes from a definition in the set, else from the server. A
 * namespaced object without a namespace gets the default one; a cluster-scoped object loses the namespace it names, which
 * the server would ignore. Identities that occur twice are problems (E-DUP).
 */
export function resolveScope(
  manifests: readonly Manifest[],
  served: ReadonlyMap<string, ApiResource>,
  defaultNamespace: string,
): { manifests: ResolvedManifest[]; problems: Diagnostic[] } {
  const defined = new Map(
    manifests.flatMap((manifest) => {
      const crd = parseCrd(manifest)
      return crd === undefined ? [] : [[crd.groupKind, crd] as const]
    }),
  )
  const resourceOf = (id: ObjectId, apiVersion: string): ApiResource | undefined => {
    const crd = defined.get(formatGroupKind(id))
    if (crd === undefined) return served.get(gvkKey(apiVersion, id.kind))
    return crd.apiVersions.includes(apiVersion) ? crd : undefined
  }
  const resolved = manifests.map((manifest): ResolvedManifest => {
    const apiVersion = apiVersionOf(manifest)
    const resource = resourceOf(manifest.id, apiVersion)
    if (resource === undefined) return { ...manifest, path: undefined }
    const namespace = resource.namespaced ? manifest.id.namespace || defaultNamespace : ''
    const settled = namespace === manifest.id.namespace ? manifest : inNamespace(manifest, namespace)
    return { ...settled, path: objectPath(apiVersion, resource, namespace, manifest.id.name) }
  })
  return { manifests: resolved, problems: duplicates(resolved) }
}

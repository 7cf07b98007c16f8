import type { Diagnostic } from '../diagnostics.ts'
import { type ApiResource, gvkKey, objectPath } from './api-path.ts'
import { parseCrd } from './crd.ts'
import { duplicates } from './duplicates.ts'
import { apiVersionOf, inNamespace, type Manifest } from './manifest.ts'
import { formatGroupKind, type ObjectId } from './object-id.ts'

/** A manifest whose scope and API path are known. */
export interface ResolvedManifest extends Manifest {
  /** The object's path in the API; undefined if neither the server nor the set defines its kind. */
  readonly path: string | undefined
}

/**
 * Resolves the scope of every manifest, from a CRD in the set or else from the server. A namespaced object without a namespace gets
 * the default one; the namespace of a cluster-scoped object is removed, as the server would ignore it. Objects that occur twice are
 * errors (E-DUP).
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

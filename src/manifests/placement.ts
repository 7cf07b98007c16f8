import { pathOf, type Resource } from '../cluster/kinds.ts'
import type { Problem } from '../errors.ts'
import { definedBy } from './definition.ts'
import { apiVersionOf, describe, inNamespace, keyOf, type Manifest } from './manifest.ts'

/** A manifest with its place in the cluster. */
export interface PlacedManifest extends Manifest {
  /** The object's path in the API; undefined where neither the server nor the set knows its kind. */
  readonly path: string | undefined
}

/**
 * Gives every manifest its place: the scope of its kind comes from the server or from a definition in the set, and a
 * namespaced object without a namespace gets the default one. Identities that occur twice are problems (E-DUP).
 */
export function place(
  manifests: readonly Manifest[],
  served: ReadonlyMap<string, Resource>,
  defaultNamespace: string,
): { manifests: PlacedManifest[]; problems: Problem[] } {
  const defined = new Map<string, Resource>()
  for (const manifest of manifests) {
    const definition = definedBy(manifest)
    if (definition !== undefined) defined.set(definition.kindKey, definition)
  }
  const placed = manifests.map((manifest): PlacedManifest => {
    const { group, kind, name } = manifest.id
    const apiVersion = apiVersionOf(manifest)
    const resource = defined.get(`${group}/${kind}`) ?? served.get(`${apiVersion}/${kind}`)
    if (resource === undefined) return { ...manifest, path: undefined }
    const isHomeless = resource.namespaced && manifest.id.namespace === ''
    const settled = isHomeless ? inNamespace(manifest, defaultNamespace) : manifest
    return { ...settled, path: pathOf(apiVersion, resource, settled.id.namespace, name) }
  })
  return { manifests: placed, problems: duplicates(placed) }
}

function duplicates(manifests: readonly Manifest[]): Problem[] {
  const first = new Map<string, Manifest>()
  const problems: Problem[] = []
  for (const manifest of manifests) {
    const key = keyOf(manifest.id)
    const earlier = first.get(key)
    if (earlier === undefined) {
      first.set(key, manifest)
    } else {
      const { file, line } = earlier.location
      problems.push({
        class: 'E-DUP',
        message: `The repository has this object twice; the other one is in ${file}:${line}.`,
        location: manifest.location,
        object: describe(manifest.id),
        next: 'Keep one of them, or reconcile the two places in separate steps.',
      })
    }
  }
  return problems
}

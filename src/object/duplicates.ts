import type { Diagnostic } from '../diagnostics.ts'
import type { Manifest } from './manifest.ts'
import { formatId, objectKey } from './object-id.ts'

/** Returns an error (E-DUP) for every manifest whose identity an earlier one has, with both locations. */
export function duplicates(manifests: readonly Manifest[]): Diagnostic[] {
  const first = new Map<string, Manifest>()
  const problems: Diagnostic[] = []
  for (const manifest of manifests) {
    const key = objectKey(manifest.id)
    const earlier = first.get(key)
    if (earlier === undefined) {
      first.set(key, manifest)
    } else {
      problems.push({
        code: 'E-DUP',
        reason: 'DuplicateObject',
        message: 'The repository has this object twice.',
        location: manifest.location,
        relatedLocation: earlier.location,
        object: formatId(manifest.id),
        hint: 'Remove one of them, or reconcile the two paths in separate steps.',
      })
    }
  }
  return problems
}

import type { Problem } from '../diagnostics.ts'
import { field, isObject } from '../json.ts'
import { describe, type Manifest } from '../object/manifest.ts'
import { type Inventory, PART_OF } from './inventory.ts'

/** Gives manifests the label of the inventory's members. One that has such a label already is a problem (E-OBJECT). */
export function asMembers<T extends Manifest>(
  manifests: readonly T[],
  { id }: Inventory,
): { manifests: T[]; problems: Problem[] } {
  const problems: Problem[] = []
  const members = manifests.map((manifest) => {
    const metadata = field(manifest.object, 'metadata')
    if (!isObject(metadata)) return manifest
    const given = field(metadata, 'labels')
    const labels = isObject(given) ? given : {}
    if (Object.hasOwn(labels, PART_OF)) problems.push(labelled(manifest))
    const { annotations, ...rest } = metadata
    // An empty map says nothing, and owning one would change with the first annotation of a controller (seen).
    const kept = isObject(annotations) && Object.keys(annotations).length === 0 ? rest : metadata
    const young = { ...kept, labels: { ...labels, [PART_OF]: id } }
    return { ...manifest, object: { ...manifest.object, metadata: young } }
  })
  return { manifests: members, problems }
}

function labelled({ id, location }: Manifest): Problem {
  return {
    class: 'E-OBJECT',
    message: `It has the label \`${PART_OF}\`, by which Fairlead tells whose an object is.`,
    location,
    object: describe(id),
    next: 'Remove the label: it was probably copied from a live object.',
  }
}

import type { Diagnostic } from '../diagnostics.ts'
import { field, isObject } from '../json.ts'
import { type Inventory, SET_LABEL } from '../object/inventory.ts'
import type { Manifest } from '../object/manifest.ts'
import { formatId } from '../object/object-id.ts'

/** Gives manifests the label of the inventory's members. One that has such a label already is a problem (E-OBJECT). */
export function addSetLabel<T extends Manifest>(
  manifests: readonly T[],
  { id }: Inventory,
): { manifests: T[]; problems: Diagnostic[] } {
  const problems: Diagnostic[] = []
  const members = manifests.map((manifest) => {
    const metadata = field(manifest.object, 'metadata')
    if (!isObject(metadata)) return manifest
    const given = field(metadata, 'labels')
    const labels = isObject(given) ? given : {}
    if (Object.hasOwn(labels, SET_LABEL)) problems.push(labelled(manifest))
    const { annotations, ...rest } = metadata
    // An empty map says nothing, and owning one would change with the first annotation of a controller (seen).
    const kept = isObject(annotations) && Object.keys(annotations).length === 0 ? rest : metadata
    const young = { ...kept, labels: { ...labels, [SET_LABEL]: id } }
    return { ...manifest, object: { ...manifest.object, metadata: young } }
  })
  return { manifests: members, problems }
}

function labelled({ id, location }: Manifest): Diagnostic {
  return {
    code: 'E-OBJECT',
    message: `It has the label \`${SET_LABEL}\`, by which Fairlead tells whose an object is.`,
    location,
    object: formatId(id),
    hint: 'Remove the label: it was probably copied from a live object.',
  }
}

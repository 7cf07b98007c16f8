import type { Diagnostic } from '../diagnostics.ts'
import { field, isObject } from '../json.ts'
import { type Inventory, SET_LABEL } from '../object/inventory.ts'
import type { Manifest } from '../object/manifest.ts'
import { formatId } from '../object/object-id.ts'

/** Adds the label of the set's members to manifests. A manifest that has such a label already is an error (E-OBJECT). */
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
    if (Object.hasOwn(labels, SET_LABEL)) problems.push(reservedLabelError(manifest))
    const { annotations, ...rest } = metadata
    // An empty map has no effect, but its ownership would change with the first annotation of a controller.
    const kept = isObject(annotations) && Object.keys(annotations).length === 0 ? rest : metadata
    const labelled = { ...kept, labels: { ...labels, [SET_LABEL]: id } }
    return { ...manifest, object: { ...manifest.object, metadata: labelled } }
  })
  return { manifests: members, problems }
}

function reservedLabelError({ id, location }: Manifest): Diagnostic {
  return {
    code: 'E-OBJECT',
    reason: 'ReservedLabel',
    message: `It has the label \`${SET_LABEL}\`, which is reserved for the members of sets.`,
    location,
    object: formatId(id),
    hint: 'Remove the label. It was probably copied from a live object.',
  }
}

import type { JsonObject } from '../json.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS, type Annotation } from '../object/annotations/table.ts'
import type { ObjectId } from '../object/object-id.ts'

/** The label of a parent, with the ID of its set. */
export const SET_ID_LABEL = 'applyset.kubernetes.io/id'

/** Fairlead among the tools that manage ApplySets, with the version of the record's format. */
const OWN_TOOLING = 'fairlead/v2'

/** The annotations of a parent in `namespace` with these members, as in kubectl's ApplySet (KEP-3659). */
export function parentAnnotations(members: Iterable<ObjectId>, namespace: string): Record<string, string> {
  const kinds = new Set<string>()
  const namespaces = new Set<string>()
  for (const { group, kind, namespace: memberNamespace } of members) {
    kinds.add(group === '' ? kind : `${kind}.${group}`)
    if (memberNamespace !== '' && memberNamespace !== namespace) namespaces.add(memberNamespace)
  }
  return {
    [ANNOTATIONS.applySetTooling.name]: OWN_TOOLING,
    [ANNOTATIONS.applySetKinds.name]: [...kinds].sort().join(','),
    [ANNOTATIONS.applySetNamespaces.name]: [...namespaces].sort().join(','),
  }
}

/** The tool that manages the set of a parent, without its version; undefined if the parent names none. */
export function toolOf(parent: JsonObject): string | undefined {
  return annotationText(annotationsOf(parent), ANNOTATIONS.applySetTooling)?.replace(/\/[^/]*$/, '')
}

/** Whether sets of a tool are Fairlead's, or can become so: members of kubectl's sets are known by the same label. */
export function canAdopt(tool: string | undefined): boolean {
  return tool === undefined || tool === 'fairlead' || tool === 'kubectl'
}

/** The kinds of a parent's members in each of its namespaces, as IDs without names; empty if the parent lists none. */
export function memberKindsOf(parent: JsonObject, namespace: string): ObjectId[] {
  const annotations = annotationsOf(parent)
  const read = (annotation: Annotation) =>
    (annotationText(annotations, annotation) ?? '').split(',').filter((part) => part !== '')
  const namespaces = [namespace, ...read(ANNOTATIONS.applySetNamespaces)]
  return read(ANNOTATIONS.applySetKinds).flatMap((text) => {
    const [kind = '', ...group] = text.split('.')
    return namespaces.map((memberNamespace) => ({ group: group.join('.'), kind, namespace: memberNamespace, name: '' }))
  })
}

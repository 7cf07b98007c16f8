import type { JsonObject } from '../json.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS, type Annotation } from '../object/annotations/table.ts'
import type { ObjectId } from '../object/object-id.ts'

/** The label that says which set a parent is the parent of. */
export const SET_ID_LABEL = 'applyset.kubernetes.io/id'

/** What we are called among the tools that keep sets; behind the slash stands the form of the record. */
const OWN_TOOLING = 'fairlead/v2'

/** The annotations of a parent in `namespace` whose members these are, as kubectl's ApplySet writes them (KEP-3659). */
export function parentAnnotations(members: Iterable<ObjectId>, namespace: string): Record<string, string> {
  const kinds = new Set<string>()
  const namespaces = new Set<string>()
  for (const { group, kind, namespace: home } of members) {
    kinds.add(group === '' ? kind : `${kind}.${group}`)
    if (home !== '' && home !== namespace) namespaces.add(home)
  }
  return {
    [ANNOTATIONS.applySetTooling.name]: OWN_TOOLING,
    [ANNOTATIONS.applySetKinds.name]: [...kinds].sort().join(','),
    [ANNOTATIONS.applySetNamespaces.name]: [...namespaces].sort().join(','),
  }
}

/** The tool that keeps the set of a parent, without its version; undefined where it does not say. */
export function toolOf(parent: JsonObject): string | undefined {
  return annotationText(annotationsOf(parent), ANNOTATIONS.applySetTooling)?.replace(/\/[^/]*$/, '')
}

/** Whether a tool is ours, or one whose sets may become ours: kubectl's members are those that carry its label. */
export function canAdopt(tool: string | undefined): boolean {
  return tool === undefined || tool === 'fairlead' || tool === 'kubectl'
}

/** Where the members of a parent are, in so far as it says so: their kinds, each in its namespaces, without names. */
export function memberKindsOf(parent: JsonObject, namespace: string): ObjectId[] {
  const annotations = annotationsOf(parent)
  const read = (annotation: Annotation) =>
    (annotationText(annotations, annotation) ?? '').split(',').filter((part) => part !== '')
  const namespaces = [namespace, ...read(ANNOTATIONS.applySetNamespaces)]
  return read(ANNOTATIONS.applySetKinds).flatMap((text) => {
    const [kind = '', ...group] = text.split('.')
    return namespaces.map((home) => ({ group: group.join('.'), kind, namespace: home, name: '' }))
  })
}

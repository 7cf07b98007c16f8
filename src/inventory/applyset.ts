import type { JsonObject } from '../json.ts'
import { stringField } from '../json.ts'
import type { ObjectId } from '../object/object-id.ts'

/** The label that says which set a parent is the parent of. */
export const SET_ID_LABEL = 'applyset.kubernetes.io/id'

const TOOLING = 'applyset.kubernetes.io/tooling'
const KINDS = 'applyset.kubernetes.io/contains-group-kinds'
const NAMESPACES = 'applyset.kubernetes.io/additional-namespaces'

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
    [TOOLING]: OWN_TOOLING,
    [KINDS]: [...kinds].sort().join(','),
    [NAMESPACES]: [...namespaces].sort().join(','),
  }
}

/** The tool that keeps the set of a parent, without its version; undefined where it does not say. */
export function toolOf(parent: JsonObject): string | undefined {
  return stringField(parent, 'metadata', 'annotations', TOOLING)?.replace(/\/[^/]*$/, '')
}

/** Whether a tool is ours, or one whose sets may become ours: kubectl's members are those that carry its label. */
export function canAdopt(tool: string | undefined): boolean {
  return tool === undefined || tool === 'fairlead' || tool === 'kubectl'
}

/** Where the members of a parent are, in so far as it says so: their kinds, each in its namespaces, without names. */
export function memberKindsOf(parent: JsonObject, namespace: string): ObjectId[] {
  const read = (name: string) =>
    (stringField(parent, 'metadata', 'annotations', name) ?? '').split(',').filter((part) => part !== '')
  const namespaces = [namespace, ...read(NAMESPACES)]
  return read(KINDS).flatMap((text) => {
    const [kind = '', ...group] = text.split('.')
    return namespaces.map((home) => ({ group: group.join('.'), kind, namespace: home, name: '' }))
  })
}

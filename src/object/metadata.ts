import { type Json, stringField } from '../json.ts'

/** The namespace and the name of a live object; the namespace is empty if there is none. */
export function namespacedName(object: Json): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = ['namespace', 'name'].map((part) => stringField(object, 'metadata', part))
  return { namespace, name }
}

/** A key of namespace and name, unique among objects of a kind. */
export function formatNamespacedName({
  namespace,
  name,
}: {
  readonly namespace: string
  readonly name: string
}): string {
  return `${namespace}/${name}`
}

/** The uid of a live object. */
export function uidOf(object: Json): string {
  return stringField(object, 'metadata', 'uid') ?? ''
}

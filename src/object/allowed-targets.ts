import { formatGroupKind, type ObjectId } from './object-id.ts'

/** What a run may write, whatever the repository contains. */
export interface AllowedTargets {
  /** The namespaces in which anything may be written; absent where any is. */
  readonly namespaces?: readonly string[]
  /** The kinds that may be written, each as `Kind` or `Kind.group`; absent where any is. */
  readonly kinds?: readonly string[]
}

/** Why an object is beyond what a run may write, as the end of a sentence; undefined where it is not. */
export function notAllowed(id: ObjectId, { namespaces, kinds }: AllowedTargets): string | undefined {
  const { group, kind, namespace, name } = id
  const isNamed = kinds?.includes(kind) || kinds?.includes(`${kind}.${group}`)
  if (kinds !== undefined && !isNamed) return `\`allowed-kinds\` does not name ${kind}`
  if (namespaces === undefined) return undefined
  if (namespace !== '') {
    return namespaces.includes(namespace) ? undefined : `\`allowed-namespaces\` does not name ${namespace}`
  }
  if (formatGroupKind(id) === '/Namespace')
    return namespaces.includes(name) ? undefined : `\`allowed-namespaces\` does not name ${name}`
  return isNamed ? undefined : 'it is in no namespace, and `allowed-kinds` does not name its kind'
}

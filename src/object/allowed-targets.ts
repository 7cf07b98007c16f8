import { formatGroupKind, type ObjectId } from './object-id.ts'

/** What a run may write, regardless of the repository. */
export interface AllowedTargets {
  /** The namespaces that may be written to; absent if all may. */
  readonly namespaces?: readonly string[]
  /** The kinds that may be written, each as `Kind` or `Kind.group`; absent if all may. */
  readonly kinds?: readonly string[]
}

/** Why a run may not write an object: as a CamelCase word, and as the end of a sentence. */
export interface NotAllowed {
  readonly reason: 'KindNotAllowed' | 'NamespaceNotAllowed'
  readonly message: string
}

/** Returns why a run may not write an object; undefined if it may. */
export function notAllowed(id: ObjectId, { namespaces, kinds }: AllowedTargets): NotAllowed | undefined {
  const { group, kind, namespace, name } = id
  const isNamed = kinds?.includes(kind) || kinds?.includes(`${kind}.${group}`)
  if (kinds !== undefined && !isNamed) return kindNotAllowed(`\`allowed-kinds\` does not contain ${kind}`)
  if (namespaces === undefined) return undefined
  if (namespace !== '') {
    return namespaces.includes(namespace) ? undefined : namespaceNotAllowed(namespace)
  }
  if (formatGroupKind(id) === '/Namespace') return namespaces.includes(name) ? undefined : namespaceNotAllowed(name)
  return isNamed ? undefined : kindNotAllowed('it is in no namespace, and `allowed-kinds` does not contain its kind')
}

function kindNotAllowed(message: string): NotAllowed {
  return { reason: 'KindNotAllowed', message }
}

function namespaceNotAllowed(namespace: string): NotAllowed {
  return { reason: 'NamespaceNotAllowed', message: `\`allowed-namespaces\` does not contain ${namespace}` }
}

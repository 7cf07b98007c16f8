import type { AllowedTargets } from '../options/policy.ts'
import { formatGroupKind, type ObjectId } from './manifest.ts'

/** Why an object is beyond what a run may write: in one CamelCase word, and as the end of a sentence. */
export interface NotAllowed {
  readonly reason: 'KindNotAllowed' | 'NamespaceNotAllowed'
  readonly message: string
}

/** Why an object is beyond what a run may write; undefined where it is not. */
export function notAllowed(id: ObjectId, { namespaces, kinds }: AllowedTargets): NotAllowed | undefined {
  const { group, kind, namespace, name } = id
  const isNamed = kinds?.includes(kind) || kinds?.includes(`${kind}.${group}`)
  if (kinds !== undefined && !isNamed) return kindNotAllowed(`\`allowed-kinds\` does not name ${kind}`)
  if (namespaces === undefined) return undefined
  if (namespace !== '') {
    return namespaces.includes(namespace) ? undefined : namespaceNotAllowed(namespace)
  }
  if (formatGroupKind(id) === '/Namespace') return namespaces.includes(name) ? undefined : namespaceNotAllowed(name)
  return isNamed ? undefined : kindNotAllowed('it is in no namespace, and `allowed-kinds` does not name its kind')
}

function kindNotAllowed(message: string): NotAllowed {
  return { reason: 'KindNotAllowed', message }
}

function namespaceNotAllowed(namespace: string): NotAllowed {
  return { reason: 'NamespaceNotAllowed', message: `\`allowed-namespaces\` does not name ${namespace}` }
}

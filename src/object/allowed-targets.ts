import type { AllowedTargets } from '../options/policy.ts'
import { formatGroupKind, type ObjectId } from './manifest.ts'

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

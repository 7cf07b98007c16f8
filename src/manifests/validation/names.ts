import type { Diagnostic } from '../../diagnostics.ts'
import { type JsonObject, stringField } from '../../json.ts'
import { parseCrd } from '../../object/crd.ts'
import { isLabel } from '../../object/dns-label.ts'
import { factsOf, hasNameRules } from '../../object/kinds.ts'
import type { Manifest } from '../../object/manifest.ts'
import { formatGroupKind, formatId, type ObjectId } from '../../object/object-id.ts'

/** The longest domain name that the server takes, in characters. */
const MAX_SUBDOMAIN_LENGTH = 253

/** Whether a text is a domain name as Kubernetes takes it for most names (apimachinery, IsDNS1123Subdomain). */
function isDnsSubdomain(text: string): boolean {
  return (
    text.length <= MAX_SUBDOMAIN_LENGTH && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part))
  )
}

/** What every kind asks of a name, and some nothing more: it is a part of the API's paths (apimachinery, IsValidPathSegmentName). */
function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%]/.test(name)
}

/**
 * Why an object's name is one that no server takes; undefined for a name that it takes, and for a kind whose rule is not
 * known: custom resources may come from an API server of their own, with rules of its own.
 */
export function invalidNameReason(id: ObjectId, object: JsonObject): string | undefined {
  const { group, name } = id
  const { nameRule, maxNameCharacters = Number.POSITIVE_INFINITY } = factsOf(id)
  if (!isPathSegment(name)) return 'it may not hold `/` or `%`, and not be `.` or `..`'
  if (nameRule === 'plural and group') {
    return unlessComposed(name, stringField(object, 'spec', 'names', 'plural'), stringField(object, 'spec', 'group'))
  }
  if (nameRule === 'version and group') {
    const served = stringField(object, 'spec', 'group')
    return served === '' ? undefined : unlessComposed(name, stringField(object, 'spec', 'version'), served)
  }
  if (!hasNameRules(group) || nameRule === 'path segment') return undefined
  if (nameRule === 'DNS label') return isLabel(name) ? undefined : `${CHARACTERS}, at most 63`
  if (name.length > maxNameCharacters) return `at most ${maxNameCharacters} characters`
  return isDnsSubdomain(name) ? undefined : SUBDOMAIN
}

const CHARACTERS = 'lower-case letters, digits and `-`, with a letter or digit at both ends'
const SUBDOMAIN = `${CHARACTERS} of each part between dots, at most ${MAX_SUBDOMAIN_LENGTH}`

function unlessComposed(name: string, first: string | undefined, group: string | undefined): string | undefined {
  if (first === undefined || group === undefined || name === `${first}.${group}`) return undefined
  return `it must be \`${first}.${group}\`, after what the object says of itself`
}

/** Problems (E-OBJECT) of custom resources whose definition is in the same set: their names follow the rule of most kinds. */
export function validateCustomNames(manifests: readonly Manifest[]): Diagnostic[] {
  const defined = new Set(manifests.flatMap((manifest) => parseCrd(manifest)?.groupKind ?? []))
  return manifests
    .filter(({ id }) => defined.has(formatGroupKind(id)) && !isDnsSubdomain(id.name))
    .map(({ id, location }) => ({
      code: 'E-OBJECT',
      message: `The name of this ${id.kind} is one that the server refuses: ${SUBDOMAIN}.`,
      location,
      object: formatId(id),
      hint: 'Rename it.',
    }))
}

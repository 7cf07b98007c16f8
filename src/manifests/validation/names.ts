import type { Diagnostic } from '../../diagnostics.ts'
import { type JsonObject, stringField } from '../../json.ts'
import { parseCrd } from '../../object/crd.ts'
import { isLabel } from '../../object/dns-label.ts'
import { factsOf, hasNameRules } from '../../object/kinds.ts'
import type { Manifest } from '../../object/manifest.ts'
import { formatGroupKind, formatId, type ObjectId } from '../../object/object-id.ts'

/** The longest DNS subdomain that the server accepts, in characters. */
const MAX_SUBDOMAIN_LENGTH = 253

/** Whether a text is a DNS subdomain, which most names must be (apimachinery, IsDNS1123Subdomain). */
function isDnsSubdomain(text: string): boolean {
  return (
    text.length <= MAX_SUBDOMAIN_LENGTH && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part))
  )
}

/** Whether a name can be part of an API path, which every name must be (apimachinery, IsValidPathSegmentName). */
function isPathSegment(name: string): boolean {
  return name !== '.' && name !== '..' && !/[/%]/.test(name)
}

/**
 * Returns the rule that an object's name violates; undefined for a valid name, and for kinds without a known rule: the API
 * server of an extension may have its own.
 */
export function invalidNameReason(id: ObjectId, object: JsonObject): string | undefined {
  const { group, name } = id
  const { nameRule, maxNameCharacters = Number.POSITIVE_INFINITY } = factsOf(id)
  if (!isPathSegment(name)) return 'it must not contain `/` or `%`, and must not be `.` or `..`'
  if (nameRule === 'plural and group') {
    return composedNameReason(
      name,
      stringField(object, 'spec', 'names', 'plural'),
      stringField(object, 'spec', 'group'),
    )
  }
  if (nameRule === 'version and group') {
    const servedGroup = stringField(object, 'spec', 'group')
    return servedGroup === ''
      ? undefined
      : composedNameReason(name, stringField(object, 'spec', 'version'), servedGroup)
  }
  if (!hasNameRules(group) || nameRule === 'path segment') return undefined
  if (nameRule === 'DNS label') return isLabel(name) ? undefined : `it must be ${CHARACTERS}, at most 63`
  if (name.length > maxNameCharacters) return `it must have at most ${maxNameCharacters} characters`
  return isDnsSubdomain(name) ? undefined : SUBDOMAIN_RULE
}

const CHARACTERS = 'lower-case letters, digits and `-`, starting and ending with a letter or digit'
const SUBDOMAIN_RULE = `each part between dots must be ${CHARACTERS}, at most ${MAX_SUBDOMAIN_LENGTH} in total`

function composedNameReason(name: string, first: string | undefined, group: string | undefined): string | undefined {
  if (first === undefined || group === undefined || name === `${first}.${group}`) return undefined
  return `it must be \`${first}.${group}\`, according to its spec`
}

/** Returns problems (E-OBJECT) of custom resources whose CRD is in the set and whose names are not DNS subdomains. */
export function validateCustomNames(manifests: readonly Manifest[]): Diagnostic[] {
  const groupKinds = new Set(manifests.flatMap((manifest) => parseCrd(manifest)?.groupKind ?? []))
  return manifests
    .filter(({ id }) => groupKinds.has(formatGroupKind(id)) && !isDnsSubdomain(id.name))
    .map(({ id, location }) => ({
      code: 'E-OBJECT',
      reason: 'InvalidName',
      message: `The server rejects the name of this ${id.kind}: ${SUBDOMAIN_RULE}.`,
      location,
      object: formatId(id),
      hint: 'Rename it.',
    }))
}

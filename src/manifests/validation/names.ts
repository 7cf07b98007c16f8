import type { Diagnostic } from '../../diagnostics.ts'
import { type JsonObject, stringField } from '../../json.ts'
import { parseCrd } from '../../object/crd.ts'
import { isLabel } from '../../object/dns-label.ts'
import { formatGroupKind, formatId, type Manifest, type ObjectId } from '../../object/manifest.ts'

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

const RBAC = 'rbac.authorization.k8s.io'

/** Built-in kinds whose names may be any part of a path. */
const FREE = new Set([
  ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind) => `${RBAC}/${kind}`),
  ...['/Event', 'policy/PodDisruptionBudget', 'certificates.k8s.io/CertificateSigningRequest'],
  // Bundles of a signer begin with its name and a colon.
  'certificates.k8s.io/ClusterTrustBundle',
  'networking.k8s.io/IPAddress',
])

const LABELS = new Set(['/Namespace', '/Service'])

/** The longest names that the server accepts, in characters; a CronJob's leaves room for what it appends for its Jobs. */
const MAX_SUBDOMAIN_LENGTH = 253
const MAX_CRON_JOB_NAME_LENGTH = 52

/**
 * Why an object's name is one that no server takes; undefined for a name that it takes, and for a kind whose rule is not
 * known: custom resources may come from an API server of their own, with rules of its own.
 */
export function invalidNameReason(id: ObjectId, object: JsonObject): string | undefined {
  const { group, name } = id
  const kind = formatGroupKind(id)
  if (!isPathSegment(name)) return 'it may not hold `/` or `%`, and not be `.` or `..`'
  if (kind === 'apiextensions.k8s.io/CustomResourceDefinition') {
    return unlessComposed(name, stringField(object, 'spec', 'names', 'plural'), stringField(object, 'spec', 'group'))
  }
  if (kind === 'apiregistration.k8s.io/APIService') {
    const group = stringField(object, 'spec', 'group')
    return group === '' ? undefined : unlessComposed(name, stringField(object, 'spec', 'version'), group)
  }
  if (!BUILT_IN.has(group) || FREE.has(kind)) return undefined
  if (LABELS.has(kind)) return isLabel(name) ? undefined : `${CHARACTERS}, at most 63`
  if (kind === 'batch/CronJob' && name.length > MAX_CRON_JOB_NAME_LENGTH)
    return `at most ${MAX_CRON_JOB_NAME_LENGTH} characters`
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

/** Kubernetes' own groups, whose names follow known rules. */
const BUILT_IN = new Set([
  ...['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'],
  ...[
    'admissionregistration',
    'apiextensions',
    'apiregistration',
    'certificates',
    'coordination',
    'discovery',
    'events',
  ].map((name) => `${name}.k8s.io`),
  ...['networking', 'node', 'rbac.authorization', 'resource', 'scheduling', 'storage'].map((name) => `${name}.k8s.io`),
  ...['flowcontrol.apiserver.k8s.io', 'storagemigration.k8s.io'],
])

import { FIELD_MANAGER } from '../../kube/client.ts'
import { field, isObject, type Json, type JsonObject, listField, serialise, stringField, withField } from '../../json.ts'
import { strip, union, without } from './field-set.ts'
import { fieldsOf, ownEntry } from '../live-object.ts'

/** Field managers of tools that write whole manifests: what they wrote first is Git's to keep or to drop from now on. */
const DEPLOYERS = [
  ...[/^kubectl$/, /^kubectl-(client-side-apply|create|replace|last-applied)$/, /^before-first-apply$/],
  ...[/^helm$/, /^(helm|kustomize)-controller$/, /^argocd-(application-)?controller$/, /^argocd$/],
  ...[/^(kapp|kapp-controller|kluctl|kluctl-controller|timoni|nelm|werf|skaffold|kpt|configsync\.gke\.io)$/],
  ...[/^Terraform$/, /^HashiCorp$/, /^pulumi/],
]

/** The `managedFields` of an object as they have to be before we apply it. */
export type ManagedFields = readonly Json[]

/**
 * What an object's `managedFields` become when its deployer hands it over: its fields are ours, as if we had applied them, so
 * that those which the set does not have go with our apply. Undefined where no deployer has any.
 */
export function takenOver(before: Json, apiVersion: string, now: string): ManagedFields | undefined {
  const entries = listField(before, 'metadata', 'managedFields')
  const theirs = deployersOf(before, apiVersion)
  if (theirs.length === 0) return undefined
  const own = ownEntry(before)
  const set = [...(own === undefined ? [] : [own]), ...theirs].map(fieldsOf).reduce(union, {})
  const ours = {
    manager: FIELD_MANAGER,
    operation: 'Apply',
    apiVersion,
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1: set,
  }
  return [...entries.filter((entry) => entry !== own && !theirs.includes(entry)), ours]
}

/** The entries of deployers in an object's `managedFields`. */
export function deployersOf(before: Json, apiVersion: string): Json[] {
  return listField(before, 'metadata', 'managedFields').filter((entry) => isDeployers(entry, apiVersion))
}

/** The time as `managedFields` note it: RFC 3339, in seconds. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+/, '')
}

/** What deployers have of an object, as text. */
export function deployersText(before: Json, apiVersion: string): string {
  return serialise(deployersOf(before, apiVersion).map((entry) => [field(entry, 'manager') ?? null, fieldsOf(entry)]))
}

function isDeployers(entry: Json, apiVersion: string): boolean {
  const manager = stringField(entry, 'manager') ?? ''
  const isWhole = field(entry, 'subresource') === undefined && stringField(entry, 'apiVersion') === apiVersion
  return isWhole && DEPLOYERS.some((pattern) => pattern.test(manager))
}

/**
 * What a dry run answered, as it would have been after a take-over, which no dry run can show: without the fields that only
 * the deployer had.
 */
export function withoutDeployers(after: Json, managedFields: ManagedFields): Json {
  const had = managedFields.map(fieldsOf)
  const ours = had.at(-1) ?? {}
  const others = had.slice(0, -1).reduce(union, {})
  const kept = union(fieldsOf(ownEntry(after)), others)
  return strip(after, without(ours, kept), kept)
}

/**
 * The `managedFields` with every entry in the version that is applied; undefined where they are already. An entry in a
 * version of a definition whose fields are gone can make every apply fail.
 */
export function inVersion(before: Json, apiVersion: string): ManagedFields | undefined {
  const entries = listField(before, 'metadata', 'managedFields')
  const isStale = (entry: Json) => stringField(entry, 'apiVersion') !== apiVersion
  if (!entries.some(isStale)) return undefined
  return entries.map((entry) =>
    isObject(entry) && isStale(entry) ? withField(entry, 'apiVersion', apiVersion) : entry,
  )
}

/**
 * What has to become of an object's `managedFields` before we apply it: what its deployer wrote is handed over, or all entries
 * are noted in the version that is applied.
 */
export type Preparation =
  /** With what the deployers had when the plan was made: should it be more by then, nobody has seen what would go. */
  { readonly kind: 'hand over'; readonly deployers: string } | { readonly kind: 'note version' }

/**
 * The JSON patch that prepares an object, unless somebody has changed it meanwhile; undefined where there is nothing to do
 * (any more). `now` is in RFC 3339.
 */
export function preparationPatch(
  preparation: Preparation,
  before: Json,
  apiVersion: string,
  now: string,
): readonly JsonObject[] | undefined {
  const managedFields =
    preparation.kind === 'hand over' ? takenOver(before, apiVersion, now) : inVersion(before, apiVersion)
  if (managedFields === undefined) return undefined
  const resourceVersion = field(before, 'metadata', 'resourceVersion') ?? null
  return [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ]
}

/** The JSON merge patch (RFC 7386) that makes one object of another. */
export function mergePatch(before: Json, after: Json): Json {
  if (!isObject(before) || !isObject(after)) return after
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const changes = [...names].flatMap((name): [string, Json][] => {
    const [old, young] = [field(before, name), field(after, name)]
    if (young === undefined) return [[name, null]]
    if (old !== undefined && serialise(old) === serialise(young)) return []
    return [[name, old === undefined ? young : mergePatch(old, young)]]
  })
  return Object.fromEntries(changes)
}

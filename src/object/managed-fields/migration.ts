import {
  field,
  isObject,
  type Json,
  type JsonObject,
  listField,
  serialise,
  stringField,
  withField,
} from '../../json.ts'
import { FIELD_MANAGER } from './field-manager.ts'
import { difference, strip, union } from './field-set.ts'
import { managedFieldSet, ownManagerEntry } from './own-entry.ts'

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
export function migrateManagedFields(live: Json, apiVersion: string, now: string): ManagedFields | undefined {
  const entries = listField(live, 'metadata', 'managedFields')
  const theirs = deployerEntries(live, apiVersion)
  if (theirs.length === 0) return undefined
  const own = ownManagerEntry(live)
  const set = [...(own === undefined ? [] : [own]), ...theirs].map(managedFieldSet).reduce(union, {})
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
export function deployerEntries(live: Json, apiVersion: string): Json[] {
  return listField(live, 'metadata', 'managedFields').filter((entry) => isDeployerEntry(entry, apiVersion))
}

/** The time as `managedFields` note it: RFC 3339, in seconds. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+/, '')
}

/** What deployers have of an object, as text. */
export function deployerFields(live: Json, apiVersion: string): string {
  return serialise(
    deployerEntries(live, apiVersion).map((entry) => [field(entry, 'manager') ?? null, managedFieldSet(entry)]),
  )
}

function isDeployerEntry(entry: Json, apiVersion: string): boolean {
  const manager = stringField(entry, 'manager') ?? ''
  const isLeaf = field(entry, 'subresource') === undefined && stringField(entry, 'apiVersion') === apiVersion
  return isLeaf && DEPLOYERS.some((pattern) => pattern.test(manager))
}

/**
 * What a dry run answered, as it would have been after a take-over, which no dry run can show: without the fields that only
 * the deployer had.
 */
export function withoutDeployerFields(after: Json, managedFields: ManagedFields): Json {
  const had = managedFields.map(managedFieldSet)
  const ours = had.at(-1) ?? {}
  const others = had.slice(0, -1).reduce(union, {})
  const kept = union(managedFieldSet(ownManagerEntry(after)), others)
  return strip(after, difference(ours, kept), kept)
}

/**
 * The `managedFields` with every entry in the version that is applied; undefined where they are already. An entry in a
 * version of a definition whose fields are gone can make every apply fail.
 */
export function inApiVersion(live: Json, apiVersion: string): ManagedFields | undefined {
  const entries = listField(live, 'metadata', 'managedFields')
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
export type ManagedFieldsMigration =
  /** With what the deployers had when the plan was made: should it be more by then, nobody has seen what would go. */
  { readonly kind: 'hand over'; readonly deployers: string } | { readonly kind: 'note version' }

/**
 * The JSON patch that prepares an object, unless somebody has changed it meanwhile; undefined where there is nothing to do
 * (any more). `now` is in RFC 3339.
 */
export function migrationPatch(
  migration: ManagedFieldsMigration,
  live: Json,
  apiVersion: string,
  now: string,
): readonly JsonObject[] | undefined {
  const managedFields =
    migration.kind === 'hand over' ? migrateManagedFields(live, apiVersion, now) : inApiVersion(live, apiVersion)
  if (managedFields === undefined) return undefined
  const resourceVersion = field(live, 'metadata', 'resourceVersion') ?? null
  return [
    { op: 'replace', path: '/metadata/managedFields', value: managedFields },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ]
}

/** The JSON merge patch (RFC 7386) that makes one object of another. */
export function mergePatch(live: Json, after: Json): Json {
  if (!isObject(live) || !isObject(after)) return after
  const names = new Set([...Object.keys(live), ...Object.keys(after)])
  const changes = [...names].flatMap((name): [string, Json][] => {
    const [old, young] = [field(live, name), field(after, name)]
    if (young === undefined) return [[name, null]]
    if (old !== undefined && serialise(old) === serialise(young)) return []
    return [[name, old === undefined ? young : mergePatch(old, young)]]
  })
  return Object.fromEntries(changes)
}

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

/** Field managers of tools that apply whole manifests, whose fields are migrated to ours. */
const DEPLOYERS = [
  ...[/^kubectl$/, /^kubectl-(client-side-apply|create|replace|last-applied)$/, /^before-first-apply$/],
  ...[/^helm$/, /^(helm|kustomize)-controller$/, /^argocd-(application-)?controller$/, /^argocd$/],
  ...[/^(kapp|kapp-controller|kluctl|kluctl-controller|timoni|nelm|werf|skaffold|kpt|configsync\.gke\.io)$/],
  ...[/^Terraform$/, /^HashiCorp$/, /^pulumi/],
]

/** The `managedFields` that an object must have before it is applied. */
export type ManagedFields = readonly Json[]

/**
 * Returns the `managedFields` of an object with the fields of its deployers moved to our field manager, so that our apply removes
 * those that the manifest does not have. Undefined if no deployer owns any.
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

/** The fields that deployers own of an object, as text. */
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
 * Returns the object that a dry run predicted, as it would be after migrating its fields, which a dry run cannot show: without the
 * fields that only the deployer owned.
 */
export function withoutDeployerFields(after: Json, managedFields: ManagedFields): Json {
  const had = managedFields.map(managedFieldSet)
  const ours = had.at(-1) ?? {}
  const others = had.slice(0, -1).reduce(union, {})
  const kept = union(managedFieldSet(ownManagerEntry(after)), others)
  return strip(after, difference(ours, kept), kept)
}

/**
 * Returns the `managedFields` with every entry in the API version that is applied; undefined if they are already. An entry in a
 * version of a CRD that no longer has its fields can make every apply fail.
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
 * How an object's `managedFields` must change before it is applied: the fields of deployers are migrated, or all entries are
 * converted to the API version that is applied.
 */
export type ManagedFieldsMigration =
  /** With the fields that deployers owned when the plan was made: if they own more by then, the plan does not show what is removed. */
  { readonly kind: 'hand over'; readonly deployers: string } | { readonly kind: 'note version' }

/**
 * Returns the JSON patch that changes an object's `managedFields`, with a test that it was not changed in the meantime; undefined if
 * there is nothing to change. `now` is in RFC 3339.
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

/** Returns the JSON merge patch (RFC 7386) that turns one object into another. */
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

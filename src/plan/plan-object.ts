import { field, type Json, listField, stringField } from '../json.ts'
import type { DryRunAnswer, DryRunResult, ExistingObject } from '../object/dry-run-result.ts'
import type { RecordEntry } from '../object/inventory-record.ts'
import type { LiveObject } from '../object/live-object.ts'
import { contains, difference, formatFieldSet } from '../object/managed-fields/field-set.ts'
import { deployerEntries, deployerFields } from '../object/managed-fields/migration.ts'
import { managedFieldSet, ownedText, ownManagerEntry } from '../object/managed-fields/own-entry.ts'
import { apiVersionOf } from '../object/manifest.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { diffObjects, type LocatedDiff } from './diff.ts'
import type { DriftAuthor, FieldTakeover, ObjectPlan } from './object-plan.ts'

/** What is known about one manifest and its object. */
export interface PlanObjectInput {
  readonly manifest: ResolvedManifest
  readonly hash: string
  /** Its entry in the record of the last run. */
  readonly entry: RecordEntry | undefined
  readonly member: LiveObject | undefined
  /** Undefined if no dry run was needed. */
  readonly dryRun: DryRunResult | undefined
  /** The label of the set's members, and its value. */
  readonly label: readonly [name: string, value: string]
}

/** Plans what to do with one object, as far as that depends on it alone. */
export function planObject(input: PlanObjectInput): ObjectPlan {
  const { manifest, hash, entry, member, dryRun } = input
  const { apply, by } = manifest.options.apply
  const base = {
    ...{
      manifest,
      hash,
      diffs: [],
      fieldTakeovers: [],
      driftAuthors: [],
      unmanagedFields: dryRun?.unmanagedFields ?? [],
    },
    payload: dryRun?.object ?? manifest.object,
    ...(dryRun === undefined ? {} : { checkedBy: dryRun.checkedBy }),
  }
  if (apply === 'never')
    return {
      ...base,
      result: 'ignored',
      reason: 'ApplyDisabled',
      message: `its annotation \`${by}\` disables the apply`,
    }
  if (member?.isTerminating || field(dryRun?.live, 'metadata', 'deletionTimestamp') !== undefined) {
    const message = 'it is being deleted, and an apply would be lost'
    return { ...base, result: 'terminating', reason: 'BeingDeleted', message }
  }
  if (dryRun === undefined)
    return { ...base, result: member === undefined && entry !== undefined ? 'completed' : 'unchanged' }
  if (dryRun.live === undefined) return { ...base, ...planAbsent(entry, hash) }
  if (apply === 'if absent') {
    const message = `it exists, and its annotation \`${by}\` only allows creating it`
    return { ...base, result: 'ignored', reason: 'AlreadyExists', message }
  }
  return { ...base, ...planChange(input, dryRun) }
}

function planAbsent(entry: RecordEntry | undefined, hash: string): Pick<ObjectPlan, 'result' | 'reason' | 'message'> {
  if (entry?.hash !== hash) return { result: 'created' }
  return { result: 'drifted', reason: 'Deleted', message: 'it was deleted' }
}

type Change = Pick<
  ObjectPlan,
  'result' | 'diffs' | 'fieldTakeovers' | 'driftAuthors' | 'reason' | 'message' | 'migration'
>

function planChange(
  input: PlanObjectInput,
  { live, predicted, isPredictedByServer, migratesManagedFields = false, checkedBy }: DryRunAnswer & ExistingObject,
): Change {
  const { manifest, label } = input
  const isOurs = stringField(live, 'metadata', 'labels', label[0]) === label[1]
  const diffs = diffObjects(live, predicted, formatGroupKind(manifest.id) === '/Secret')
  const ownsMore = isPredictedByServer && ownedText(ownManagerEntry(live)) !== ownedText(ownManagerEntry(predicted))
  // A local merge does not prove that a new manifest changes nothing.
  const mayDiffer = !isPredictedByServer && checkedBy !== 'forbidden' && input.entry?.hash !== input.hash
  const isSame = diffs.length === 0 && !ownsMore && !mayDiffer
  const isKnown = isOurs || input.entry !== undefined
  const result = isSame ? 'unchanged' : isKnown ? resultOfChange(input, live) : 'adopted'
  const driftAuthors = result === 'drifted' ? driftAuthorsOf(diffs, live) : []
  return {
    result,
    ...(isSame ? {} : changeReason(result, input, live, diffs.length === 0, migratesManagedFields)),
    diffs: diffs.map(({ path: _, ...diff }) => diff),
    fieldTakeovers: isSame || !isPredictedByServer ? [] : fieldTakeoversOf(live, predicted),
    driftAuthors,
    ...(!migratesManagedFields || isSame
      ? {}
      : { migration: { kind: 'hand over', deployers: deployerFields(live, apiVersionOf(manifest)) } }),
  }
}

/** `drifted` if the manifest is the one applied last, or another object has its name now; else `updated`. */
function resultOfChange({ entry, hash }: PlanObjectInput, live: Json): 'updated' | 'drifted' {
  const isSameObject = entry?.uid === stringField(live, 'metadata', 'uid')
  return entry !== undefined && (entry.hash === hash || !isSameObject) ? 'drifted' : 'updated'
}

function changeReason(
  result: Change['result'],
  { entry, manifest, label: [label, own] }: PlanObjectInput,
  live: Json,
  isOwnershipOnly: boolean,
  migratesManagedFields: boolean,
): Pick<ObjectPlan, 'reason' | 'message'> {
  const owner = stringField(live, 'metadata', 'labels', label)
  if (owner !== undefined && owner !== own)
    return {
      reason: 'OtherOwner',
      message: `it belonged to another inventory until now, whose members are labelled ${owner}`,
    }
  if (result === 'drifted' && entry?.uid !== stringField(live, 'metadata', 'uid'))
    return { reason: 'DeletedAndCreated', message: 'it was deleted and created again outside this set' }
  const deployers = migratesManagedFields ? deployerEntries(live, apiVersionOf(manifest)) : []
  const names = new Set(deployers.map((entry) => stringField(entry, 'manager')))
  if (names.size > 0)
    return { reason: 'FieldsMigrated', message: `fields written by ${[...names].join(' and ')} are taken over` }
  if (!isOwnershipOnly) return {}
  return { reason: 'OwnershipOnly', message: 'only the ownership of fields changes, not their values' }
}

/** The field managers of the fields that drifted, and the times of their last writes. */
function driftAuthorsOf(diffs: readonly LocatedDiff[], live: Json): DriftAuthor[] {
  const entries = listField(live, 'metadata', 'managedFields')
  return diffs.flatMap(({ field: name, path }) => {
    const owners = entries.filter((entry) => entry !== ownManagerEntry(live) && contains(managedFieldSet(entry), path))
    return owners.map((entry) => ({
      field: name,
      manager: stringField(entry, 'manager') ?? '',
      time: stringField(entry, 'time'),
    }))
  })
}

/** The field managers that own fewer fields after the apply, with the fields that they lose. */
function fieldTakeoversOf(live: Json, predicted: Json): FieldTakeover[] {
  const later = listField(predicted, 'metadata', 'managedFields')
  return listField(live, 'metadata', 'managedFields').flatMap((entry) => {
    if (entry === ownManagerEntry(live)) return []
    const same = later.find((other) => managerKey(other) === managerKey(entry))
    const fields = formatFieldSet(difference(managedFieldSet(entry), managedFieldSet(same)))
    return fields.length === 0 ? [] : [{ manager: stringField(entry, 'manager') ?? '', fields }]
  })
}

function managerKey(entry: Json): string {
  return ['manager', 'operation', 'subresource'].map((name) => stringField(entry, name) ?? '').join('/')
}

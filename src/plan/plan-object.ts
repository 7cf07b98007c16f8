import type { Entry } from '../inventory/record.ts'
import { field, type Json, listField, stringField } from '../json.ts'
import { contains, fieldsIn, without } from '../object/managed-fields/field-set.ts'
import { fieldsOf, type Live, ownEntry, owned } from '../object/live-object.ts'
import { deployersOf, deployersText } from '../object/managed-fields/migration.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { apiVersionOf, kindKeyOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { switchesOf } from '../object/annotations/apply.ts'
import type { Action, Culprit, Loss } from './object-plan.ts'
import { differencesOf, type Located } from './diff.ts'
import { overlay } from '../dry-run/local-merge.ts'

/** All that is known of one manifest and its object. */
export interface Subject {
  readonly manifest: PlacedManifest
  readonly hash: string
  /** What the last run left about it. */
  readonly entry: Entry | undefined
  readonly live: Live | undefined
  /** Missing for what need not be tried. */
  readonly trial: Trial | undefined
  /** The label by which the set's members are known, and its value. */
  readonly label: readonly [name: string, value: string]
}

/** Says what is to be done about one manifest, as far as that depends on it alone. */
export function verdict(subject: Subject): Action {
  const { manifest, hash, entry, live, trial } = subject
  const { apply, by } = switchesOf(manifest.object)
  const nothing = {
    ...{ manifest, hash, differences: [], losses: [], culprits: [], left: trial?.left ?? [] },
    sent: trial?.object ?? manifest.object,
    ...(trial === undefined ? {} : { judge: trial.judge }),
  }
  if (apply === 'never') return { ...nothing, result: 'skipped', reason: `its annotation \`${by}\` says so` }
  const before = trial?.before
  if (live?.isTerminating || field(before ?? null, 'metadata', 'deletionTimestamp') !== undefined)
    return { ...nothing, result: 'terminating', reason: 'it is being deleted, and what is applied would go with it' }
  if (trial === undefined)
    return { ...nothing, result: live === undefined && entry !== undefined ? 'done' : 'unchanged' }
  if (before === undefined) return { ...nothing, ...absent(entry, hash) }
  if (apply === 'if absent')
    return { ...nothing, result: 'skipped', reason: `there is one, and its annotation \`${by}\` leaves it alone` }
  return { ...nothing, ...changed(subject, trial, before) }
}

function absent(entry: Entry | undefined, hash: string): Pick<Action, 'result' | 'reason'> {
  return entry?.hash === hash ? { result: 'drifted', reason: 'it was deleted' } : { result: 'created' }
}

type Change = Pick<Action, 'result' | 'differences' | 'losses' | 'culprits' | 'reason' | 'preparation'>

function changed(
  subject: Subject,
  { object, after: answered, isHandedOver = false, judge }: Trial,
  before: Json,
): Change {
  const { manifest, label } = subject
  const isOurs = stringField(before, 'metadata', 'labels', label[0]) === label[1]
  const after = answered ?? overlay(before, object)
  const differences = differencesOf(before, after, kindKeyOf(manifest.id) === '/Secret')
  const ownsMore = answered !== undefined && owned(ownEntry(before)) !== owned(ownEntry(after))
  // What is compared here is no proof that a manifest which is another one than the last changes nothing.
  const isOpen = answered === undefined && judge !== 'forbidden' && subject.entry?.hash !== subject.hash
  const isSame = differences.length === 0 && !ownsMore && !isOpen
  const isKnown = isOurs || subject.entry !== undefined
  const result = isSame ? 'unchanged' : isKnown ? cause(subject, before) : 'adopted'
  const culprits = result === 'drifted' ? culpritsOf(differences, before) : []
  return {
    result,
    ...(isSame ? {} : reasonOf(result, subject, before, differences.length === 0, isHandedOver)),
    differences: differences.map(({ path: _, ...difference }) => difference),
    losses: isSame || answered === undefined ? [] : lossesOf(before, after),
    culprits,
    ...(!isHandedOver || isSame
      ? {}
      : { preparation: { kind: 'hand over', deployers: deployersText(before, apiVersionOf(manifest)) } }),
  }
}

/** Who changed: Git, where the manifest is another one than the last that was applied, or else the cluster. */
function cause({ entry, hash }: Subject, before: Json): 'updated' | 'drifted' {
  const isSameObject = entry?.uid === stringField(before, 'metadata', 'uid')
  return entry !== undefined && (entry.hash === hash || !isSameObject) ? 'drifted' : 'updated'
}

function reasonOf(
  result: Change['result'],
  { entry, manifest, label: [label, own] }: Subject,
  before: Json,
  isOwnershipOnly: boolean,
  isHandedOver: boolean,
): { reason?: string } {
  const owner = stringField(before, 'metadata', 'labels', label)
  if (owner !== undefined && owner !== own)
    return { reason: `until now it belonged to another inventory, whose members are labelled ${owner}` }
  if (result === 'drifted' && entry?.uid !== stringField(before, 'metadata', 'uid'))
    return { reason: 'it was deleted, and somebody made it again' }
  const deployers = isHandedOver ? deployersOf(before, apiVersionOf(manifest)) : []
  const names = new Set(deployers.map((each) => stringField(each, 'manager')))
  if (names.size > 0) return { reason: `what ${[...names].join(' and ')} wrote is Git’s from now on` }
  return isOwnershipOnly ? { reason: 'its values stay; that they are Git’s to keep is written down' } : {}
}

/** Who has the fields that drifted, and since when. */
function culpritsOf(differences: readonly Located[], before: Json): Culprit[] {
  const entries = listField(before, 'metadata', 'managedFields')
  return differences.flatMap(({ field: name, path }) => {
    const owners = entries.filter((entry) => entry !== ownEntry(before) && contains(fieldsOf(entry), path))
    return owners.map((entry) => ({
      field: name,
      manager: stringField(entry, 'manager') ?? '',
      time: stringField(entry, 'time'),
    }))
  })
}

/** Which managers have fewer fields after than before. */
function lossesOf(before: Json, after: Json): Loss[] {
  const later = listField(after, 'metadata', 'managedFields')
  return listField(before, 'metadata', 'managedFields').flatMap((entry) => {
    if (entry === ownEntry(before)) return []
    const same = later.find((each) => identity(each) === identity(entry))
    const fields = fieldsIn(without(fieldsOf(entry), fieldsOf(same)))
    return fields.length === 0 ? [] : [{ manager: stringField(entry, 'manager') ?? '', fields }]
  })
}

function identity(entry: Json): string {
  return ['manager', 'operation', 'subresource'].map((name) => stringField(entry, name) ?? '').join('/')
}

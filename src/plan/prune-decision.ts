import type { Diagnostic } from '../diagnostics.ts'
import { joinNames } from '../graph/explanations.ts'
import { type Hint, hint, option } from '../hint.ts'
import { type JsonObject, stringField } from '../json.ts'
import { type AllowedTargets, notAllowed } from '../object/allowed-targets.ts'
import { allowsPrune, pruneProtection } from '../object/annotations/prune.ts'
import type { CandidateState } from '../object/candidate-state.ts'
import type { ContainedObjects } from '../object/contained-objects.ts'
import { type Inventory, SET_LABEL } from '../object/inventory.ts'
import { isPending, type RecordEntry } from '../object/inventory-record.ts'
import { holdsOthers, needsPermission } from '../object/kinds.ts'
import { formatGroupKind, formatId, type ObjectId, parseObjectKey } from '../object/object-id.ts'
import type { Permission, PrunePolicy } from './prune-policy.ts'

/**
 * What happens to a prune candidate: it is `pruned`, that is deleted; `kept`, in the cluster and in the inventory; `abandoned`,
 * because it is not this set's any more; or `already deleted`.
 */
export interface PruneDecision {
  readonly id: ObjectId
  readonly result: 'pruned' | 'kept' | 'abandoned' | 'already deleted'
  /** Why, as one CamelCase word for programs. */
  readonly reason?: string
  /** Why, as a sentence without a full stop; absent if it is pruned. */
  readonly message?: string
  /** What to do next, if it should have been pruned. */
  readonly hint?: Hint
  /** Whether a later run prunes it. Until then the record keeps the scope fingerprint under which it was applied. */
  readonly isPostponed?: boolean
  /** Of the live object; empty if there is none. */
  readonly uid: string
  /** The API path of the live object; empty if there is none. */
  readonly path: string
  /** The value of its set label; undefined if it has none. */
  readonly owner?: string | undefined
}

/** Why an object is not pruned: as one CamelCase word, and as a sentence without a full stop. */
export interface KeepReason {
  readonly reason: string
  readonly message: string
}

/** Whether the object of a decision is deleted. */
export function isPruned({ result }: PruneDecision): boolean {
  return result === 'pruned'
}

/** What is known about an object that is in the inventory and not in Git. */
export interface PruneCandidate {
  readonly key: string
  readonly entry: RecordEntry
  readonly state: CandidateState
  /** For a Namespace or a CRD that may be deleted: what would be deleted with it. */
  readonly contained?: ContainedObjects
}

/** What prune decisions depend on beside the candidates. */
export interface PruneDecisionContext {
  readonly inventory: Inventory
  readonly policy: PrunePolicy
  readonly allowed: AllowedTargets
  /** The uids of objects that are in the set: one may have moved to another API group. */
  readonly inSet: ReadonlySet<string>
  /** The names of other inventories as `NAMESPACE/NAME`, by the value of their members' label. */
  readonly owners: ReadonlyMap<string, string>
  /** Why this run prunes nothing at all; undefined if it may. */
  readonly applyOnly: KeepReason | undefined
  /** The uids of the objects that are pruned. Namespaces and CRDs are decided once these are known. */
  readonly leaving: ReadonlySet<string>
}

/** Decides what happens to one prune candidate. */
export function decidePrune(
  { key, entry, state, contained }: PruneCandidate,
  context: PruneDecisionContext,
): PruneDecision {
  const id = parseObjectKey(key)
  const kept = { id, result: 'kept', uid: '', path: '' } as const
  if (state.kind === 'gone')
    return { ...kept, result: 'already deleted', reason: 'NotFound', message: 'it no longer exists' }
  if (state.kind === 'unknown') return { ...kept, reason: state.reason, message: state.message }
  const { live, path } = state
  const { uid } = live
  const owner = stringField(live.labels, SET_LABEL)
  const found = { ...kept, uid, path, owner }
  if (owner !== undefined && owner !== context.inventory.id)
    return {
      ...found,
      result: 'abandoned',
      reason: 'OtherOwner',
      message: `it belongs to ${context.owners.get(owner) ?? owner} now`,
    }
  if (context.inSet.has(uid))
    return {
      ...found,
      result: 'abandoned',
      reason: 'GroupChanged',
      message: 'it is in the set under another API group',
    }
  // The run that was about to adopt it ended before its turn.
  if (owner === undefined && isPending(entry))
    return { ...found, result: 'abandoned', reason: 'NeverAdopted', message: 'it was never adopted' }
  const unproven = notProvenOwn(entry, owner, uid, live.ownership)
  const keepReason = unproven ?? findProtection(id, live.annotations, context)
  if (keepReason !== undefined) return { ...found, ...keepReason }
  const offReason = context.applyOnly ?? (context.policy.isOn ? undefined : PRUNING_OFF)
  if (offReason !== undefined) return { ...found, ...offReason, isPostponed: true }
  const needsAllowance = needsPermission(id) || state.holdsData
  const block = needsAllowance ? checkAllowance(id, live.annotations, contained, context) : undefined
  return block === undefined ? { ...found, result: 'pruned' } : { ...found, ...block }
}

const PRUNING_OFF: KeepReason = { reason: 'PruningOff', message: 'pruning is off' }

/** Why it is not certain that the set created an object; undefined if it is. */
function notProvenOwn(
  entry: RecordEntry,
  owner: string | undefined,
  uid: string,
  ownership: string,
): KeepReason | undefined {
  if (owner === undefined)
    return { reason: 'LabelMissing', message: `it no longer has the label \`${SET_LABEL}\` of this set` }
  if (entry.uid !== '' && entry.uid !== uid)
    return { reason: 'UidChanged', message: 'it is another object of the same name, which this set did not create' }
  // A run ended before it could record what it created.
  if (entry.uid === '' && ownership === '')
    return { reason: 'OriginUnknown', message: 'cannot tell whether this set created it' }
  return undefined
}

/** Why an object is protected: by what it holds, by an annotation, or as no allowed target; undefined if it is not. */
function findProtection(
  id: ObjectId,
  annotations: JsonObject,
  { allowed, inventory }: PruneDecisionContext,
): KeepReason | undefined {
  if (formatGroupKind(id) === '/Namespace' && id.name === inventory.namespace)
    return { reason: 'HoldsInventory', message: 'it contains the inventory of the set' }
  const annotation = pruneProtection(annotations)
  return annotation === undefined ? notAllowed(id, allowed) : keptByAnnotation(annotation)
}

/** Why an object with an annotation against pruning is kept. */
export function keptByAnnotation(annotation: string): KeepReason {
  return { reason: 'PruneAnnotation', message: `its annotation \`${annotation}\` protects it` }
}

/** Whether a permission or an annotation allows deleting an object that is protected by default. */
export function isAllowed(id: ObjectId, annotations: JsonObject, { objects }: PrunePolicy): boolean {
  return allowsPrune(annotations) || objects.some((permission) => matches(permission, id))
}

function matches({ kind, group, namespace, name }: Permission, id: ObjectId): boolean {
  return (
    kind === id.kind &&
    (group === undefined || group === id.group) &&
    (namespace === undefined || namespace === id.namespace) &&
    (name === undefined || name === id.name)
  )
}

/** How many objects a message names. */
const MAX_NAMED_OBJECTS = 5

/** Why an object that is protected by default is not deleted; undefined if it may be. */
function checkAllowance(
  id: ObjectId,
  annotations: JsonObject,
  contained: ContainedObjects | undefined,
  { policy, leaving }: PruneDecisionContext,
): (KeepReason & { readonly hint: Hint }) | undefined {
  if (!isAllowed(id, annotations, policy)) {
    const { kind, namespace, name } = id
    const line = [kind, namespace, name].filter((part) => part !== '').join('/')
    const what = holdsOthers(id) ? 'its contents would be deleted with it' : 'its data may be deleted with it'
    return {
      reason: 'DeletionNotAllowed',
      message: `${what}, which is not allowed`,
      hint: hint`Allow it for one run with ${option('prune-allow', line)}, or on the object with the annotation \`fairlead.dev/prune: allow\`. To keep the object, annotate it with \`fairlead.dev/prune: keep\`.`,
    }
  }
  return contained === undefined ? undefined : foreignContents(contained, leaving)
}

const UNKNOWN_CONTENTS_HINT = 'Allow the credentials to list everything in it, or delete it by hand.'

/** Why a Namespace or a CRD with objects of others, or with unknown contents, is not deleted; undefined if it may be. */
export function foreignContents(
  contained: ContainedObjects,
  leaving: ReadonlySet<string>,
): (KeepReason & { readonly hint: Hint }) | undefined {
  if ('unknown' in contained)
    return {
      reason: contained.reason,
      message: `cannot tell what would be deleted with it: ${contained.unknown}`,
      hint: UNKNOWN_CONTENTS_HINT,
    }
  const others = contained.objects.filter(({ uid }) => !leaving.has(uid)).map(({ name }) => name)
  if (others.length === 0) return undefined
  return {
    reason: 'ContainsOtherObjects',
    message: `other objects would be deleted with it: ${joinNames(others, MAX_NAMED_OBJECTS)}`,
    hint: 'Delete these objects first, delete it by hand, or keep it with the annotation `fairlead.dev/prune: keep`.',
  }
}

/** An error (E-GUARD) for each object that should be pruned and is kept. */
export function pruneDiagnostics(pruneDecisions: readonly PruneDecision[]): Diagnostic[] {
  return pruneDecisions.flatMap(({ id, reason = '', message = '', hint }): Diagnostic[] =>
    hint === undefined
      ? []
      : [
          {
            code: 'E-GUARD',
            reason,
            message: `Removed from Git, but not deleted: ${message}.`,
            object: formatId(id),
            hint,
          },
        ],
  )
}

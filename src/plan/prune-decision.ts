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
 * What becomes of an object that has left the set: it is `pruned`, that is deleted; or `kept`, in the cluster and in the
 * inventory; or `released`, because it is somebody else's now; or it is `gone` already.
 */
export interface PruneDecision {
  readonly id: ObjectId
  readonly result: 'pruned' | 'kept' | 'abandoned' | 'already deleted'
  /** Why, in one CamelCase word for programs. */
  readonly reason?: string
  /** Why, as a sentence without its end; of what is pruned there is nothing to say. */
  readonly message?: string
  /** What somebody has to do about it, where it should have gone. */
  readonly hint?: Hint
  /** Whether it goes as soon as a run may delete anything: so long the set is taken to be chosen as it was. */
  readonly isPostponed?: boolean
  /** Of the live object; empty where there is none. */
  readonly uid: string
  /** In the API; empty where nothing is to be done there. */
  readonly path: string
  /** What the label of the object says of whose it is; undefined where it has none. */
  readonly owner?: string | undefined
}

/** Why an object is not pruned: in one CamelCase word, and as a sentence without its end. */
export interface KeepReason {
  readonly reason: string
  readonly message: string
}

/** Whether a departure is a deletion. */
export function isPruned({ result }: PruneDecision): boolean {
  return result === 'pruned'
}

/** All that is known of an object that has left the set. */
export interface PruneCandidate {
  readonly key: string
  readonly entry: RecordEntry
  readonly state: CandidateState
  /** For a Namespace or a definition that may be deleted: what else would go with it. */
  readonly contained?: ContainedObjects
}

/** What decides about what has left the set, beside the objects themselves. */
export interface PruneDecisionContext {
  readonly inventory: Inventory
  readonly policy: PrunePolicy
  readonly allowed: AllowedTargets
  /** The uids of objects that are in the set: one may have moved to another API group. */
  readonly inSet: ReadonlySet<string>
  /** Other inventories by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  /** Why nothing is deleted in this run; undefined where something may be. */
  readonly applyOnly: KeepReason | undefined
  /** The uids of what is deleted; a Namespace or a definition is judged once that is known. */
  readonly leaving: ReadonlySet<string>
}

/** Decides about one object that has left the set, as far as that depends on it alone. */
export function decidePrune(
  { key, entry, state, contained }: PruneCandidate,
  context: PruneDecisionContext,
): PruneDecision {
  const id = parseObjectKey(key)
  const kept = { id, result: 'kept', uid: '', path: '' } as const
  if (state.kind === 'gone')
    return { ...kept, result: 'already deleted', reason: 'NotFound', message: 'somebody else has deleted it' }
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
  // An adoption that ended before its turn came: it never was ours.
  if (owner === undefined && isPending(entry))
    return { ...found, result: 'abandoned', reason: 'NeverAdopted', message: 'it never became the set’s' }
  const foreign = notOurs(entry, owner, uid, live.ownership)
  const why = foreign ?? keptBecause(id, live.annotations, context)
  if (why !== undefined) return { ...found, ...why }
  const pause = context.applyOnly ?? (context.policy.isOn ? undefined : PRUNING_OFF)
  if (pause !== undefined) return { ...found, ...pause, isPostponed: true }
  const isHeavy = needsPermission(id) || state.holdsData
  const rejection = isHeavy ? refusalOf(id, live.annotations, contained, context) : undefined
  return rejection === undefined ? { ...found, result: 'pruned' } : { ...found, ...rejection }
}

const PRUNING_OFF: KeepReason = { reason: 'PruningOff', message: '`prune` is not on' }

/** Why nobody may say that the set has made an object; undefined where it has. */
function notOurs(
  entry: RecordEntry,
  owner: string | undefined,
  uid: string,
  ownership: string,
): KeepReason | undefined {
  if (owner === undefined)
    return { reason: 'LabelMissing', message: `it no longer has the label \`${SET_LABEL}\` of this set` }
  if (entry.uid !== '' && entry.uid !== uid)
    return { reason: 'UidChanged', message: 'it is another object of the same name, which this set has not made' }
  // A run ended before it could write down what it had made.
  if (entry.uid === '' && ownership === '')
    return { reason: 'OriginUnknown', message: 'nobody knows whether this set has made it' }
  return undefined
}

function keptBecause(
  id: ObjectId,
  annotations: JsonObject,
  { allowed, inventory }: PruneDecisionContext,
): KeepReason | undefined {
  if (formatGroupKind(id) === '/Namespace' && id.name === inventory.namespace)
    return { reason: 'HoldsInventory', message: 'the inventory of the set is in it' }
  const annotation = pruneProtection(annotations)
  return annotation === undefined ? notAllowed(id, allowed) : keptByAnnotation(annotation)
}

/** Why an object is kept that has an annotation which says so. */
export function keptByAnnotation(annotation: string): KeepReason {
  return { reason: 'PruneAnnotation', message: `its annotation \`${annotation}\` says so` }
}

/** Whether an object that is precious may be deleted. */
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

/** More names in one sentence nobody reads. */
const MAX_NAMED_OBJECTS = 5

function refusalOf(
  id: ObjectId,
  annotations: JsonObject,
  contained: ContainedObjects | undefined,
  { policy, leaving }: PruneDecisionContext,
): (KeepReason & { readonly hint: Hint }) | undefined {
  if (!isAllowed(id, annotations, policy)) {
    const { kind, namespace, name } = id
    const line = [kind, namespace, name].filter((part) => part !== '').join('/')
    const what = holdsOthers(id) ? 'what is in it would go with it' : 'its data may go with it'
    return {
      reason: 'DeletionNotAllowed',
      message: `${what}, and nobody has allowed that`,
      hint: hint`Allow it for a run with ${option('prune-allow', line)}, or on the object with the annotation \`fairlead.dev/prune: allow\`; or keep it for good with \`fairlead.dev/prune: keep\`.`,
    }
  }
  return contained === undefined ? undefined : foreignContents(contained, leaving)
}

const LET_LIST = 'Let the identity list everything in it, or delete it by hand.'

/** Why something is not deleted in which others have something, or nobody can say; undefined where it may be. */
export function foreignContents(
  contained: ContainedObjects,
  leaving: ReadonlySet<string>,
): (KeepReason & { readonly hint: Hint }) | undefined {
  if ('unknown' in contained)
    return {
      reason: contained.reason,
      message: `nobody can say what would go with it: ${contained.unknown}`,
      hint: LET_LIST,
    }
  const others = contained.objects.filter(({ uid }) => !leaving.has(uid)).map(({ name }) => name)
  if (others.length === 0) return undefined
  return {
    reason: 'ContainsOtherObjects',
    message: `others have something in it, which would go with it: ${joinNames(others, MAX_NAMED_OBJECTS)}`,
    hint: 'Delete these first, or delete it by hand; or keep it with the annotation `fairlead.dev/prune: keep`.',
  }
}

/** What somebody has to look after, one problem for each object that should have gone and is kept. */
export function pruneDiagnostics(pruneDecisions: readonly PruneDecision[]): Diagnostic[] {
  return pruneDecisions.flatMap(({ id, reason = '', message = '', hint }): Diagnostic[] =>
    hint === undefined
      ? []
      : [
          {
            code: 'E-GUARD',
            reason,
            message: `It has left Git, and is not deleted: ${message}.`,
            object: formatId(id),
            hint,
          },
        ],
  )
}

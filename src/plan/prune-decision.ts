import type { Bounds } from '../options/policy.ts'
import type { Permission, PrunePolicy } from '../options/prune.ts'
import type { Problem } from '../diagnostics.ts'
import { type Inventory, PART_OF } from '../inventory/inventory.ts'
import { type Entry, isPending } from '../inventory/record.ts'
import { type JsonObject, stringField } from '../json.ts'
import { type Inhabitants, isContainer } from '../kube/readers/contained-objects.ts'
import type { Sighting } from '../kube/readers/prune-candidates.ts'
import { beyond } from '../object/allowed-targets.ts'
import { describe, idOf, kindKeyOf, type ObjectId } from '../object/manifest.ts'
import { allowsPrune, keptBy } from '../object/annotations/prune.ts'
import { listed } from '../graph/explanations.ts'

/**
 * What becomes of an object that has left the set: it is `pruned`, that is deleted; or `kept`, in the cluster and in the
 * inventory; or `released`, because it is somebody else's now; or it is `gone` already.
 */
export interface Departure {
  readonly id: ObjectId
  readonly result: 'pruned' | 'kept' | 'released' | 'gone'
  /** Why, as a sentence without its end; of what is pruned there is nothing to say. */
  readonly reason?: string
  /** What somebody has to do about it, where it should have gone. */
  readonly next?: string
  /** Whether it goes as soon as a run may delete anything: so long the set is taken to be chosen as it was. */
  readonly isPostponed?: boolean
  /** Of the live object; empty where there is none. */
  readonly uid: string
  /** In the API; empty where nothing is to be done there. */
  readonly path: string
  /** What the label of the object says of whose it is; undefined where it has none. */
  readonly owner?: string | undefined
}

/** Whether a departure is a deletion. */
export function isPruned({ result }: Departure): boolean {
  return result === 'pruned'
}

/** All that is known of an object that has left the set. */
export interface Leaver {
  readonly key: string
  readonly entry: Entry
  readonly sighting: Sighting
  /** For a Namespace or a definition that may be deleted: what else would go with it. */
  readonly inhabitants?: Inhabitants
}

/** What decides about what has left the set, beside the objects themselves. */
export interface Rules {
  readonly inventory: Inventory
  readonly policy: PrunePolicy
  readonly bounds: Bounds
  /** The uids of objects that are in the set: one may have moved to another API group. */
  readonly staying: ReadonlySet<string>
  /** Other inventories by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  /** Why nothing is deleted in this run; undefined where something may be. */
  readonly applyOnly: string | undefined
  /** The uids of what is deleted; a Namespace or a definition is judged once that is known. */
  readonly leaving: ReadonlySet<string>
}

/** Decides about one object that has left the set, as far as that depends on it alone. */
export function departureOf({ key, entry, sighting, inhabitants }: Leaver, rules: Rules): Departure {
  const id = idOf(key)
  const kept = { id, result: 'kept', uid: '', path: '' } as const
  if (sighting.kind === 'gone') return { ...kept, result: 'gone', reason: 'somebody else has deleted it' }
  if (sighting.kind === 'unknown') return { ...kept, reason: sighting.reason }
  const { live, path } = sighting
  const { uid } = live
  const owner = stringField(live.labels, PART_OF)
  const found = { ...kept, uid, path, owner }
  if (owner !== undefined && owner !== rules.inventory.id)
    return { ...found, result: 'released', reason: `it belongs to ${rules.owners.get(owner) ?? owner} now` }
  if (rules.staying.has(uid))
    return { ...found, result: 'released', reason: 'it is in the set under another API group' }
  // An adoption that ended before its turn came: it never was ours.
  if (owner === undefined && isPending(entry))
    return { ...found, result: 'released', reason: 'it never became the set’s' }
  const foreign = foreignness(entry, owner, uid, live.ownership)
  const why = foreign ?? hindrance(id, live.annotations, rules)
  if (why !== undefined) return { ...found, reason: why }
  const pause = rules.applyOnly ?? (rules.policy.isOn ? undefined : '`prune` is not on')
  if (pause !== undefined) return { ...found, reason: pause, isPostponed: true }
  const isHeavy = isPrecious(id) || sighting.holdsData
  const refusal = isHeavy ? refusalOf(id, live.annotations, inhabitants, rules) : undefined
  return refusal === undefined ? { ...found, result: 'pruned' } : { ...found, ...refusal }
}

/** Why nobody may say that the set has made an object; undefined where it has. */
function foreignness(entry: Entry, owner: string | undefined, uid: string, ownership: string): string | undefined {
  if (owner === undefined) return `it no longer has the label \`${PART_OF}\` of this set`
  if (entry.uid !== '' && entry.uid !== uid) return 'it is another object of the same name, which this set has not made'
  // A run ended before it could write down what it had made.
  if (entry.uid === '' && ownership === '') return 'nobody knows whether this set has made it'
  return undefined
}

function hindrance(id: ObjectId, annotations: JsonObject, { bounds, inventory }: Rules): string | undefined {
  if (kindKeyOf(id) === '/Namespace' && id.name === inventory.namespace) return 'the inventory of the set is in it'
  const annotation = keptBy(annotations)
  return annotation === undefined ? beyond(id, bounds) : `its annotation \`${annotation}\` says so`
}

/** Kinds that hold data, or other objects: each deletion of one has to be allowed by name. */
const PRECIOUS = [
  ...['/Namespace', '/PersistentVolume', '/PersistentVolumeClaim'],
  'apiextensions.k8s.io/CustomResourceDefinition',
]

/** Whether deleting an object has to be allowed, by the run or by the object. */
export function isPrecious(id: ObjectId): boolean {
  return PRECIOUS.includes(kindKeyOf(id))
}

/** Whether an object that is precious may be deleted. */
export function isAllowed(id: ObjectId, annotations: JsonObject, { objects }: PrunePolicy): boolean {
  return allowsPrune(annotations) || objects.some((permission) => covers(permission, id))
}

function covers({ kind, group, namespace, name }: Permission, id: ObjectId): boolean {
  return (
    kind === id.kind &&
    (group === undefined || group === id.group) &&
    (namespace === undefined || namespace === id.namespace) &&
    (name === undefined || name === id.name)
  )
}

/** More names in one sentence nobody reads. */
const MOST_NAMES = 5

function refusalOf(
  id: ObjectId,
  annotations: JsonObject,
  inhabitants: Inhabitants | undefined,
  { policy, leaving }: Rules,
): { readonly reason: string; readonly next: string } | undefined {
  if (!isAllowed(id, annotations, policy)) {
    const { kind, namespace, name } = id
    const line = [kind, namespace, name].filter((part) => part !== '').join('/')
    const what = isContainer(id) ? 'what is in it would go with it' : 'its data may go with it'
    return {
      reason: `${what}, and nobody has allowed that`,
      next: `Allow it for a run with \`prune-allow: ${line}\`, or on the object with the annotation \`fairlead.dev/prune: allow\`; or keep it for good with \`fairlead.dev/prune: keep\`.`,
    }
  }
  return inhabitants === undefined ? undefined : otherwiseUsed(inhabitants, leaving)
}

const LET_LIST = 'Let the identity list everything in it, or delete it by hand.'

/** Why something is not deleted in which others have something, or nobody can say; undefined where it may be. */
export function otherwiseUsed(
  inhabitants: Inhabitants,
  leaving: ReadonlySet<string>,
): { readonly reason: string; readonly next: string } | undefined {
  if ('unknown' in inhabitants)
    return { reason: `nobody can say what would go with it: ${inhabitants.unknown}`, next: LET_LIST }
  const others = inhabitants.objects.filter(({ uid }) => !leaving.has(uid)).map(({ name }) => name)
  if (others.length === 0) return undefined
  return {
    reason: `others have something in it, which would go with it: ${listed(others, MOST_NAMES)}`,
    next: 'Delete these first, or delete it by hand; or keep it with the annotation `fairlead.dev/prune: keep`.',
  }
}

/** What somebody has to look after, one problem for each object that should have gone and is kept. */
export function refusalsIn(departures: readonly Departure[]): Problem[] {
  return departures.flatMap(({ id, reason = '', next }): Problem[] =>
    next === undefined
      ? []
      : [{ class: 'E-GUARD', message: `It has left Git, and is not deleted: ${reason}.`, object: describe(id), next }],
  )
}

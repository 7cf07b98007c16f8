import type { Cluster } from '../kube/cluster.ts'
import { type Discovery, findKind } from '../kube/discovery.ts'
import { labelled, list, METADATA_LIST } from '../kube/list.ts'
import { placeOf } from '../object/metadata.ts'
import type { Config } from '../options/config.ts'
import { Failure, type Warning } from '../diagnostics.ts'
import { ID } from '../inventory/applyset.ts'
import { type Inventory, idFrom, inventoryOf, PART_OF, parentOf } from '../inventory/inventory.ts'
import { EMPTY, type InventoryRecord, PENDING } from '../inventory/record.ts'
import { readRecord, type Stored } from '../inventory/store.ts'
import { serialise, stringField } from '../json.ts'
import { openAutoscalers } from '../kube/readers/autoscalers.ts'
import { type Inhabitants, inhabitantsOf, isContainer } from '../kube/readers/contained-objects.ts'
import { type Sighting, sightingsOf } from '../kube/readers/prune-candidates.ts'
import { digestOf } from '../object/live-object.ts'
import { type Members, openMembers } from '../kube/readers/set-members.ts'
import { timestamp } from '../object/managed-fields/migration.ts'
import { tryOut } from '../dry-run/dry-run.ts'
import { countOf, describe, idOf, keyOf, type ObjectId } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { secretValues } from '../manifests/read-manifests.ts'
import { listed } from '../graph/explanations.ts'
import type { Ordering } from '../graph/apply-order.ts'
import { isAllowed } from '../plan/prune-decision.ts'
import type { Situation } from '../plan/plan.ts'
import { isDoubtful, mayBeDone } from '../plan/unchanged.ts'
import type { Report } from '../report/report.ts'

/** What is known of a set before its manifests are read. */
export interface Known {
  readonly inventory: Inventory
  readonly stored: Stored
  /** Looks for the members of the set; those of the kinds of the last run are being looked for already. */
  readonly members: ReturnType<typeof openMembers>
}

/** Reads what the last run left, and begins to look for the objects of which it tells. */
export async function recall({ api, discovery, identity }: Cluster, config: Config): Promise<Known> {
  const inventory = inventoryOf(config.inventory.namespace, config.inventory.name)
  const stored = await readRecord(inventory, identity, config.policy.mode === 'apply', api)
  const { mode, wait } = config.policy
  const members = openMembers(inventory, discovery, api, mode === 'apply' && wait)
  members([...stored.whereabouts, ...[...(stored.record?.entries.keys() ?? [])].map(idOf)]).catch(() => {})
  return { inventory, stored, members }
}

/** What the workflow says, and by what the set is chosen. */
export interface Choices extends Pick<Situation, 'selection' | 'files' | 'passedOver'> {
  readonly policy: Config['policy']
}

/** Looks at what lives, and has the server try out whatever is not proven to be unchanged. */
export async function look(
  ordering: Ordering,
  { inventory, stored, members: lookFor }: Known,
  cluster: Cluster,
  { policy, selection, files, passedOver }: Choices,
  report: Report,
): Promise<Situation> {
  const { api, discovery } = cluster
  const { sequence } = ordering
  report.warn(stored.warnings)
  requireServed(stored.whereabouts, discovery)
  const members = await lookFor([...stored.whereabouts, ...sequence.map(({ id }) => id)])
  const record = stored.record ?? inherited(stored, members)
  const hashes = new Map(sequence.map((manifest) => [manifest, digestOf(serialise(manifest.object))] as const))
  const doubtful = await doubtfulAmong(ordering, record, members, hashes, cluster)
  if (doubtful.length > 0) report.log(`Asking the server about ${countOf(doubtful)} of ${sequence.length}.`)
  const trials = await tryOut(doubtful, members, {
    ...{ api, discovery, namespace: cluster.namespace, force: policy.conflicts === 'overwrite' },
    ...{
      autoscalers: openAutoscalers(sequence, api, (warning) => report.warn([warning])),
      label: [PART_OF, inventory.id],
    },
    now: timestamp(),
  })
  report.warn(
    [...trials].flatMap(([{ id, location }, { warnings: told }]) =>
      told.map((message) => ({ message: `The server warns: ${message}`, location, object: describe(id) })),
    ),
  )
  const live = [...trials.values()].flatMap(({ before }) => before ?? [])
  // Nobody has said anything about what was not tried.
  if (trials.size > 0) report.protect(secretValues(sequence, live))
  const wanted = new Set(sequence.map(({ id }) => keyOf(id)))
  if (record === undefined) report.warn(lost(stored, members, wanted, inventory))
  const left = [...(record?.entries.keys() ?? [])].filter((key) => !wanted.has(key)).sort()
  const sightings = await sightingsOf(left, members, api, discovery)
  const inhabitants = await lookInside(sightings, cluster, policy.prune)
  const labels = [
    ...live.map((object) => stringField(object, 'metadata', 'labels', PART_OF)),
    ...[...sightings.values()].map((each) =>
      each.kind === 'live' ? stringField(each.live.labels, PART_OF) : undefined,
    ),
  ]
  const owners = await namesOf(new Set(labels), inventory, policy.takeOver, cluster)
  const applyOnly =
    stored.record === undefined ? 'kubectl made this set, and what was its own is only noted in this run' : undefined
  return {
    ...{ ordering, inventory, record, members, hashes, trials, sightings, inhabitants, owners, applyOnly },
    ...{ selection, files, passedOver },
    unknown: discovery.unknown,
  }
}

/** More names in one message nobody reads. */
const MOST_NAMES = 20

/** What is told where objects carry the label of a set of which nothing is written down (any more). */
function lost(stored: Stored, members: Members, wanted: ReadonlySet<string>, inventory: Inventory): Warning[] {
  const object = describe(parentOf(inventory))
  const ours = [...members].filter(([, { ownership }]) => ownership !== '').map(([key]) => key)
  if (ours.length === 0) return []
  const message = `There is no inventory of this set, and yet ${countOf(ours)} carry its label: it is made anew, and nothing is deleted.`
  const missing = stored.version === '' ? [{ message, object }] : []
  const names = ours.filter((key) => !wanted.has(key)).map((key) => describe(idOf(key)))
  if (names.length === 0) return missing
  const list = listed(names.sort(), MOST_NAMES)
  const strays = `These carry the label of the set, are not in Git, and are in no inventory: ${list}.`
  return [...missing, { message: strays, object, next: 'They stay. Delete them by hand if they are to go.' }]
}

/** Those manifests that the server has to be asked about. */
async function doubtfulAmong(
  { sequence }: Ordering,
  record: InventoryRecord | undefined,
  members: Members,
  hashes: ReadonlyMap<PlacedManifest, string>,
  { api, serverVersion }: Cluster,
): Promise<PlacedManifest[]> {
  const isSameServer = record?.serverVersion === serverVersion
  const facts = (manifest: PlacedManifest) => {
    const key = keyOf(manifest.id)
    return [manifest, hashes.get(manifest) ?? '', record?.entries.get(key), members.get(key)] as const
  }
  const unproven = sequence.filter((manifest) => isDoubtful(...facts(manifest), isSameServer))
  const settled = await Promise.all(
    unproven.map(
      async (manifest) => mayBeDone(...facts(manifest)) && (await api.get(manifest.path ?? '')).status === 404,
    ),
  )
  return unproven.filter((_, index) => !settled[index])
}

/** Raises E-GUARD where a set of kubectl's has kinds that the server does not serve: their objects would be forgotten. */
function requireServed(whereabouts: readonly ObjectId[], discovery: Discovery): void {
  const missing = whereabouts.find((id) => findKind(id, discovery) === undefined)
  if (missing === undefined) return
  throw new Failure({
    class: 'E-GUARD',
    message: `kubectl’s set has objects of the kind ${missing.kind}, which the server does not serve.`,
    next: 'If there are none any more, take the kind out of the annotation `applyset.kubernetes.io/contains-group-kinds` of its Secret.',
  })
}

/** What a set of kubectl's leaves: its members are those that carry its label, of the kinds that its parent names. */
function inherited({ whereabouts }: Stored, members: Members): InventoryRecord | undefined {
  if (whereabouts.length === 0) return undefined
  const entries = [...members].map(([key, { uid }]) => [key, { ...PENDING, uid }] as const)
  return { ...EMPTY, entries: new Map(entries) }
}

/** Looks into those Namespaces and definitions that may be deleted. */
async function lookInside(
  sightings: ReadonlyMap<string, Sighting>,
  { api, discovery }: Cluster,
  policy: Config['policy']['prune'],
): Promise<Map<string, Inhabitants>> {
  const uids = new Set([...sightings.values()].flatMap((each) => (each.kind === 'live' ? [each.live.uid] : [])))
  const looked = await Promise.all(
    [...sightings].map(async ([key, sighting]): Promise<[string, Inhabitants][]> => {
      const id = idOf(key)
      if (!policy.isOn || sighting.kind !== 'live' || !isContainer(id)) return []
      if (!isAllowed(id, sighting.live.annotations, policy)) return []
      return [[key, await inhabitantsOf(id, uids, api, discovery)]]
    }),
  )
  return new Map(looked.flat())
}

/** The names of other inventories, as `NAMESPACE/NAME`, by what their members' label says, where they can be told. */
async function namesOf(
  labels: ReadonlySet<string | undefined>,
  inventory: Inventory,
  takeOver: readonly string[],
  { api }: Cluster,
): Promise<Map<string, string>> {
  const known = new Map(takeOver.map((text) => [idFrom(text), text] as const))
  const named = await Promise.all(
    [...labels].map(async (label): Promise<[string, string][]> => {
      if (label === undefined || label === inventory.id || known.has(label)) return []
      const listing = await list(labelled('/api/v1/secrets', ID, label), METADATA_LIST, api)
      const [parent] = 'objects' in listing ? listing.objects : []
      if (parent === undefined) return []
      const { namespace, name } = placeOf(parent)
      return [[label, `${namespace}/${name}`]]
    }),
  )
  return new Map([...known, ...named.flat()])
}

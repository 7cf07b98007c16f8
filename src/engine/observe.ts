import { Failure, type Warning } from '../diagnostics.ts'
import { dryRunAll } from '../dry-run/dry-run.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { joinNames } from '../graph/explanations.ts'
import { SET_ID_LABEL } from '../inventory/applyset.ts'
import { type Inventory, inventorySecret, makeInventory, parseInventoryId, SET_LABEL } from '../inventory/inventory.ts'
import { EMPTY, type InventoryRecord, PENDING } from '../inventory/record.ts'
import { readRecord, type StoredInventory } from '../inventory/store.ts'
import { serialise, stringField } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import { type ApiDiscovery, findServedKind } from '../kube/discovery.ts'
import { list, PARTIAL_METADATA_LIST, withLabelSelector } from '../kube/list.ts'
import { openAutoscalers } from '../kube/readers/autoscalers.ts'
import { type ContainedObjects, holdsOthers, readContainedObjects } from '../kube/readers/contained-objects.ts'
import { type CandidateState, readCandidates } from '../kube/readers/prune-candidates.ts'
import { openMemberReader, type SetMembers } from '../kube/readers/set-members.ts'
import { secretValues } from '../manifests/read-manifests.ts'
import { shortDigest } from '../object/live-object.ts'
import { timestamp } from '../object/managed-fields/migration.ts'
import { formatCount, formatId, type ObjectId, objectKey, parseObjectKey } from '../object/manifest.ts'
import { namespacedName } from '../object/metadata.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { PlanInput } from '../plan/plan.ts'
import { isAllowed } from '../plan/prune-decision.ts'
import type { PrunePolicy } from '../plan/prune-policy.ts'
import { mayHaveCompleted, needsDryRun } from '../plan/unchanged.ts'
import type { Report } from '../report/report.ts'
import type { SetConfig, SetPolicy } from './set-config.ts'

/** What is known of a set before its manifests are read. */
export interface PreviousState {
  readonly inventory: Inventory
  readonly stored: StoredInventory
  /** Looks for the members of the set; those of the kinds of the last run are being looked for already. */
  readonly members: ReturnType<typeof openMemberReader>
}

/** Reads what the last run left, and begins to look for the objects of which it tells. */
export async function loadInventory({ api, discovery, identity }: Cluster, set: SetConfig): Promise<PreviousState> {
  const inventory = makeInventory(set.inventory.namespace, set.inventory.name)
  const stored = await readRecord(inventory, identity, set.policy.mode === 'apply', api)
  const { mode, wait } = set.policy
  const members = openMemberReader(inventory, discovery, api, mode === 'apply' && wait)
  members([...stored.memberKinds, ...[...(stored.record?.entries.keys() ?? [])].map(parseObjectKey)]).catch(() => {})
  return { inventory, stored, members }
}

/** What the workflow says, and by what the set is chosen. */
export interface ScopeOptions extends Pick<PlanInput, 'selection' | 'files' | 'skippedFiles'> {
  readonly policy: SetPolicy
}

/** Looks at what lives, and has the server try out whatever is not proven to be unchanged. */
export async function observe(
  order: ApplyOrder,
  { inventory, stored, members: lookFor }: PreviousState,
  cluster: Cluster,
  { policy, selection, files, skippedFiles }: ScopeOptions,
  report: Report,
): Promise<PlanInput> {
  const { api, discovery } = cluster
  const { sequence } = order
  report.warn(stored.warnings)
  requireServedKinds(stored.memberKinds, discovery)
  const members = await lookFor([...stored.memberKinds, ...sequence.map(({ id }) => id)])
  const record = stored.record ?? kubectlRecord(stored, members)
  const hashes = new Map(sequence.map((manifest) => [manifest, shortDigest(serialise(manifest.object))] as const))
  const toDryRun = await objectsToDryRun(order, record, members, hashes, cluster)
  if (toDryRun.length > 0) report.log(`Asking the server about ${formatCount(toDryRun)} of ${sequence.length}.`)
  const dryRuns = await dryRunAll(toDryRun, members, {
    ...{ api, discovery, namespace: cluster.namespace, force: policy.forceConflicts },
    ...{
      autoscalers: openAutoscalers(sequence, api, (warning) => report.warn([warning])),
      label: [SET_LABEL, inventory.id],
    },
    now: timestamp(),
  })
  report.warn(
    [...dryRuns].flatMap(([{ id, location }, { warnings: told }]) =>
      told.map((message) => ({ message: `The server warns: ${message}`, location, object: formatId(id) })),
    ),
  )
  const live = [...dryRuns.values()].flatMap(({ live }) => live ?? [])
  // Nobody has said anything about what was not tried.
  if (dryRuns.size > 0) report.addSecrets(secretValues(sequence, live))
  const wanted = new Set(sequence.map(({ id }) => objectKey(id)))
  if (record === undefined) report.warn(missingInventoryWarnings(stored, members, wanted, inventory))
  const left = [...(record?.entries.keys() ?? [])].filter((key) => !wanted.has(key)).sort()
  const candidates = await readCandidates(left, members, api, discovery)
  const contained = await readContents(candidates, cluster, policy.prune)
  const labels = [
    ...live.map((object) => stringField(object, 'metadata', 'labels', SET_LABEL)),
    ...[...candidates.values()].map((each) =>
      each.kind === 'live' ? stringField(each.live.labels, SET_LABEL) : undefined,
    ),
  ]
  const owners = await inventoryNames(new Set(labels), inventory, policy.adoptFrom, cluster)
  const applyOnly =
    stored.record === undefined ? 'kubectl made this set, and what was its own is only noted in this run' : undefined
  return {
    ...{ order, inventory, record, members, hashes, dryRuns, candidates, contained, owners, applyOnly },
    ...{ selection, files, skippedFiles },
    unknown: discovery.unknown,
  }
}

/** More names in one message nobody reads. */
const MAX_NAMES = 20

/** What is told where objects carry the label of a set of which nothing is written down (any more). */
function missingInventoryWarnings(
  stored: StoredInventory,
  members: SetMembers,
  wanted: ReadonlySet<string>,
  inventory: Inventory,
): Warning[] {
  const object = formatId(inventorySecret(inventory))
  const ours = [...members].filter(([, { ownership }]) => ownership !== '').map(([key]) => key)
  if (ours.length === 0) return []
  const message = `There is no inventory of this set, and yet ${formatCount(ours)} carry its label: it is made anew, and nothing is deleted.`
  const missing = stored.version === '' ? [{ message, object }] : []
  const names = ours.filter((key) => !wanted.has(key)).map((key) => formatId(parseObjectKey(key)))
  if (names.length === 0) return missing
  const list = joinNames(names.sort(), MAX_NAMES)
  const strays = `These carry the label of the set, are not in Git, and are in no inventory: ${list}.`
  return [...missing, { message: strays, object, hint: 'They stay. Delete them by hand if they are to go.' }]
}

/** Those manifests that the server has to be asked about. */
async function objectsToDryRun(
  { sequence }: ApplyOrder,
  record: InventoryRecord | undefined,
  members: SetMembers,
  hashes: ReadonlyMap<ResolvedManifest, string>,
  { api, serverVersion }: Cluster,
): Promise<ResolvedManifest[]> {
  const isSameServer = record?.serverVersion === serverVersion
  const facts = (manifest: ResolvedManifest) => {
    const key = objectKey(manifest.id)
    return [manifest, hashes.get(manifest) ?? '', record?.entries.get(key), members.get(key)] as const
  }
  const notProven = sequence.filter((manifest) => needsDryRun(...facts(manifest), isSameServer))
  const asPlanned = await Promise.all(
    notProven.map(
      async (manifest) => mayHaveCompleted(...facts(manifest)) && (await api.get(manifest.path ?? '')).status === 404,
    ),
  )
  return notProven.filter((_, index) => !asPlanned[index])
}

/** Raises E-GUARD where a set of kubectl's has kinds that the server does not serve: their objects would be forgotten. */
function requireServedKinds(memberKinds: readonly ObjectId[], discovery: ApiDiscovery): void {
  const missing = memberKinds.find((id) => findServedKind(id, discovery) === undefined)
  if (missing === undefined) return
  throw new Failure({
    code: 'E-GUARD',
    message: `kubectl’s set has objects of the kind ${missing.kind}, which the server does not serve.`,
    hint: 'If there are none any more, take the kind out of the annotation `applyset.kubernetes.io/contains-group-kinds` of its Secret.',
  })
}

/** What a set of kubectl's leaves: its members are those that carry its label, of the kinds that its parent names. */
function kubectlRecord({ memberKinds }: StoredInventory, members: SetMembers): InventoryRecord | undefined {
  if (memberKinds.length === 0) return undefined
  const entries = [...members].map(([key, { uid }]) => [key, { ...PENDING, uid }] as const)
  return { ...EMPTY, entries: new Map(entries) }
}

/** Looks into those Namespaces and definitions that may be deleted. */
async function readContents(
  candidates: ReadonlyMap<string, CandidateState>,
  { api, discovery }: Cluster,
  policy: PrunePolicy,
): Promise<Map<string, ContainedObjects>> {
  const uids = new Set([...candidates.values()].flatMap((each) => (each.kind === 'live' ? [each.live.uid] : [])))
  const looked = await Promise.all(
    [...candidates].map(async ([key, sighting]): Promise<[string, ContainedObjects][]> => {
      const id = parseObjectKey(key)
      if (!policy.isOn || sighting.kind !== 'live' || !holdsOthers(id)) return []
      if (!isAllowed(id, sighting.live.annotations, policy)) return []
      return [[key, await readContainedObjects(id, uids, api, discovery)]]
    }),
  )
  return new Map(looked.flat())
}

/** The names of other inventories, as `NAMESPACE/NAME`, by what their members' label says, where they can be told. */
async function inventoryNames(
  labels: ReadonlySet<string | undefined>,
  inventory: Inventory,
  adoptFrom: readonly string[],
  { api }: Cluster,
): Promise<Map<string, string>> {
  const previous = new Map(adoptFrom.map((text) => [parseInventoryId(text), text] as const))
  const named = await Promise.all(
    [...labels].map(async (label): Promise<[string, string][]> => {
      if (label === undefined || label === inventory.id || previous.has(label)) return []
      const listing = await list(withLabelSelector('/api/v1/secrets', SET_ID_LABEL, label), PARTIAL_METADATA_LIST, api)
      const [parent] = 'objects' in listing ? listing.objects : []
      if (parent === undefined) return []
      const { namespace, name } = namespacedName(parent)
      return [[label, `${namespace}/${name}`]]
    }),
  )
  return new Map([...previous, ...named.flat()])
}

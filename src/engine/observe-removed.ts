import { SET_ID_LABEL } from '../inventory/applyset.ts'
import { stringField } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import { list, PARTIAL_METADATA_LIST, withLabelSelector } from '../kube/list.ts'
import { readContainedObjects } from '../kube/readers/contained-objects.ts'
import { readCandidates } from '../kube/readers/prune-candidates.ts'
import type { CandidateState } from '../object/candidate-state.ts'
import type { ContainedObjects } from '../object/contained-objects.ts'
import { type Inventory, parseInventoryId, SET_LABEL } from '../object/inventory.ts'
import type { InventoryRecord } from '../object/inventory-record.ts'
import { holdsOthers } from '../object/kinds.ts'
import { namespacedName } from '../object/metadata.ts'
import { parseObjectKey } from '../object/object-id.ts'
import type { SetMembers } from '../object/set-members.ts'
import type { PlanInput } from '../plan/plan.ts'
import { isAllowed } from '../plan/prune-decision.ts'
import type { SetConfig } from './set-config.ts'

/** What observing removed objects needs. */
interface ObserveContext {
  readonly inventory: Inventory
  readonly policy: SetConfig['policy']
  readonly cluster: Cluster
}

/**
 * Reads the objects of the record that were removed from Git, the objects that would be deleted with them, and the names of the
 * inventories that own them or other objects; `owners` are the label values of the latter.
 */
export async function observeRemoved(
  record: InventoryRecord | undefined,
  keysInGit: ReadonlySet<string>,
  members: SetMembers,
  owners: readonly (string | undefined)[],
  { inventory, policy, cluster }: ObserveContext,
): Promise<Pick<PlanInput, 'candidates' | 'contained' | 'owners'>> {
  const removed = [...(record?.entries.keys() ?? [])].filter((key) => !keysInGit.has(key)).sort()
  const candidates = await readCandidates(removed, members, cluster.api, cluster.discovery)
  const contained = await readContents(candidates, cluster, policy.prune)
  const ownersOfRemoved = [...candidates.values()].map((state) =>
    state.kind === 'live' ? stringField(state.live.labels, SET_LABEL) : undefined,
  )
  const labels = new Set([...owners, ...ownersOfRemoved])
  return { candidates, contained, owners: await inventoryNames(labels, inventory, policy.adoptFrom, cluster) }
}

/** Reads the contents of those Namespaces and CRDs that may be pruned. */
async function readContents(
  candidates: ReadonlyMap<string, CandidateState>,
  { api, discovery }: Cluster,
  policy: SetConfig['policy']['prune'],
): Promise<Map<string, ContainedObjects>> {
  const uids = new Set([...candidates.values()].flatMap((state) => (state.kind === 'live' ? [state.live.uid] : [])))
  const contents = await Promise.all(
    [...candidates].map(async ([key, state]): Promise<[string, ContainedObjects][]> => {
      const id = parseObjectKey(key)
      if (!policy.isOn || state.kind !== 'live' || !holdsOthers(id)) return []
      if (!isAllowed(id, state.live.annotations, policy)) return []
      return [[key, await readContainedObjects(id, uids, api, discovery)]]
    }),
  )
  return new Map(contents.flat())
}

/** The names of other inventories as `NAMESPACE/NAME`, by the value of their members' label, if they can be found. */
async function inventoryNames(
  labels: ReadonlySet<string | undefined>,
  inventory: Inventory,
  adoptFrom: readonly string[],
  { api }: Cluster,
): Promise<Map<string, string>> {
  const known = new Map(adoptFrom.map((text) => [parseInventoryId(text), text] as const))
  const named = await Promise.all(
    [...labels].map(async (label): Promise<[string, string][]> => {
      if (label === undefined || label === inventory.id || known.has(label)) return []
      const listing = await list(withLabelSelector('/api/v1/secrets', SET_ID_LABEL, label), PARTIAL_METADATA_LIST, api)
      const [parent] = 'objects' in listing ? listing.objects : []
      if (parent === undefined) return []
      const { namespace, name } = namespacedName(parent)
      return [[label, `${namespace}/${name}`]]
    }),
  )
  return new Map([...known, ...named.flat()])
}

import { readRecord, type StoredInventory } from '../inventory/store.ts'
import type { Cluster } from '../kube/cluster.ts'
import { openMemberReader } from '../kube/readers/set-members.ts'
import { type Inventory, makeInventory } from '../object/inventory.ts'
import { parseObjectKey } from '../object/object-id.ts'
import type { SetConfig } from './set-config.ts'

/** The inventory that the last run left, and the live members of the set. */
export interface PreviousState {
  readonly inventory: Inventory
  readonly stored: StoredInventory
  /** Reads the live members of the set; those of the kinds in the inventory are being read already. */
  readonly members: ReturnType<typeof openMemberReader>
}

/** Loads the inventory of a set, and starts to read its members. Raises E-GUARD if it cannot be read, or is not Fairlead's. */
export async function loadInventory({ api, discovery, identity }: Cluster, set: SetConfig): Promise<PreviousState> {
  const { mode, wait } = set.policy
  const inventory = makeInventory(set.inventory.namespace, set.inventory.name)
  const stored = await readRecord(inventory, identity, mode === 'apply', api)
  const members = openMemberReader(inventory, discovery, api, mode === 'apply' && wait)
  members([...stored.memberKinds, ...[...(stored.record?.entries.keys() ?? [])].map(parseObjectKey)]).catch(() => {})
  return { inventory, stored, members }
}

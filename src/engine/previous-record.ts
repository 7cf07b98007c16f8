import { Failure, type Warning } from '../diagnostics.ts'
import { joinNames } from '../graph/explanations.ts'
import type { StoredInventory } from '../inventory/store.ts'
import { type ApiDiscovery, findServedKind } from '../kube/discovery.ts'
import { type Inventory, inventorySecret } from '../object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, PENDING_ENTRY } from '../object/inventory-record.ts'
import { formatCount, formatId, type ObjectId, parseObjectKey } from '../object/object-id.ts'
import type { SetMembers } from '../object/set-members.ts'

/** How many objects a warning names. */
const MAX_NAMES = 20

/** Raises E-GUARD if kubectl's set has kinds that the server does not serve, because their objects would be missed. */
export function requireServedKinds(kinds: readonly ObjectId[], discovery: ApiDiscovery): void {
  const missing = kinds.find((id) => findServedKind(id, discovery) === undefined)
  if (missing === undefined) return
  throw new Failure({
    code: 'E-GUARD',
    reason: 'KindNotServed',
    message: `kubectl’s ApplySet has objects of the kind ${missing.kind}, which the server does not serve.`,
    hint: 'If there are none, remove the kind from the annotation `applyset.kubernetes.io/contains-group-kinds` of its Secret.',
  })
}

/** The record of a set that kubectl applied, made from the objects with its label; undefined for any other set. */
export function kubectlRecord({ memberKinds }: StoredInventory, members: SetMembers): InventoryRecord | undefined {
  if (memberKinds.length === 0) return undefined
  const entries = [...members].map(([key, { uid }]) => [key, { ...PENDING_ENTRY, uid }] as const)
  return { ...EMPTY_RECORD, entries: new Map(entries) }
}

/** Warnings if objects carry the label of a set whose inventory is missing or does not list them. */
export function missingInventory(
  stored: StoredInventory,
  members: SetMembers,
  keysInGit: ReadonlySet<string>,
  inventory: Inventory,
): Warning[] {
  const object = formatId(inventorySecret(inventory))
  const labelled = [...members].filter(([, { ownership }]) => ownership !== '').map(([key]) => key)
  if (labelled.length === 0) return []
  const message = `This set has no inventory, although ${formatCount(labelled.length)} carry its label. The inventory is created again, and nothing is pruned.`
  const missing = stored.version === '' ? [{ reason: 'InventoryMissing', message, object }] : []
  const strays = labelled.filter((key) => !keysInGit.has(key)).map((key) => formatId(parseObjectKey(key)))
  if (strays.length === 0) return missing
  const list = joinNames(strays.sort(), MAX_NAMES)
  const unknown = `These objects carry the label of the set, but are neither in Git nor in an inventory: ${list}.`
  const hint = 'They are kept. Delete them by hand if they are not needed.'
  return [...missing, { reason: 'UnknownMembers', message: unknown, object, hint }]
}

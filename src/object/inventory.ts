import { createHash } from 'node:crypto'
import type { ObjectId } from './object-id.ts'

/** Which objects belong together, and where it is written down: the Secret of that name, the parent of the set. */
export interface Inventory {
  readonly namespace: string
  readonly name: string
  /** What the members carry as a label, made from the parent's identity as kubectl's ApplySet makes it (KEP-3659). */
  readonly id: string
}

/** The label by which members of an inventory are found, with the inventory's id as its value. */
export const SET_LABEL = 'applyset.kubernetes.io/part-of'

/** The labels of what Fairlead keeps for itself: by these its own is told from what happens to have the same name. */
export const MANAGED_LABELS = { 'app.kubernetes.io/managed-by': 'fairlead' } as const

/** Describes the inventory of a name in a namespace. */
export function makeInventory(namespace: string, name: string): Inventory {
  const digest = createHash('sha256').update(`${name}.${namespace}.Secret.`).digest('base64url')
  return { namespace, name, id: `applyset-${digest}-v1` }
}

/** The parent's own identity. */
export function inventorySecret({ namespace, name }: Inventory): ObjectId {
  return { group: '', kind: 'Secret', namespace, name }
}

/** The identity of a Secret that holds a part of a large record. */
export function recordPart({ namespace, name }: Inventory, part: string): ObjectId {
  return { group: '', kind: 'Secret', namespace, name: `${name}.${part}` }
}

/** The id that an inventory is given by: `NAMESPACE/NAME`, or what stands in the members' label. */
export function parseInventoryId(text: string): string {
  const [namespace = '', name] = text.split('/')
  return name === undefined ? text : makeInventory(namespace, name).id
}

import { createHash } from 'node:crypto'
import type { ObjectId } from './object-id.ts'

/** The inventory of a set: the Secret of this name, which is the parent of the ApplySet. */
export interface Inventory {
  readonly namespace: string
  readonly name: string
  /** The value of the members' label, derived from the parent's identity as in kubectl's ApplySet (KEP-3659). */
  readonly id: string
}

/** The label of the members of a set; its value is the id of the inventory. */
export const SET_LABEL = 'applyset.kubernetes.io/part-of'

/** The labels of Secrets and Leases that Fairlead creates for itself, to distinguish them from others of the same name. */
export const MANAGED_LABELS = { 'app.kubernetes.io/managed-by': 'fairlead' } as const

/** Makes the inventory of a name in a namespace. */
export function makeInventory(namespace: string, name: string): Inventory {
  const digest = createHash('sha256').update(`${name}.${namespace}.Secret.`).digest('base64url')
  return { namespace, name, id: `applyset-${digest}-v1` }
}

/** The identity of the inventory's Secret. */
export function inventorySecret({ namespace, name }: Inventory): ObjectId {
  return { group: '', kind: 'Secret', namespace, name }
}

/** The identity of a Secret that holds part of a large record. */
export function recordPart({ namespace, name }: Inventory, part: string): ObjectId {
  return { group: '', kind: 'Secret', namespace, name: `${name}.${part}` }
}

/** Parses an inventory id: `NAMESPACE/NAME`, or the value of the members' label. */
export function parseInventoryId(text: string): string {
  const [namespace = '', name] = text.split('/')
  return name === undefined ? text : makeInventory(namespace, name).id
}

import { Failure, type Warning } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'
import { isObject, type Json, serialise, stringField } from '../json.ts'
import type { ApiReader, WriteSession } from '../kube/client.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import { type Inventory, inventorySecret, MANAGED_LABELS, recordPart } from '../object/inventory.ts'
import type { InventoryRecord } from '../object/inventory-record.ts'
import { formatId, type ObjectId, parseObjectKey } from '../object/object-id.ts'
import { canAdopt, memberKindsOf, parentAnnotations, SET_ID_LABEL, toolOf } from './applyset.ts'
import { packRecord, unpackHead, unpackPart } from './record.ts'

/** The field manager of inventories, locks and their namespaces. */
export const INVENTORY_MANAGER = 'fairlead-inventory'

/** The key of the record in the data of a Secret. */
const RECORD_KEY = 'record'

/** The maximum size of a record in one Secret: less than the 1 MiB that a Secret can hold, to leave room for its metadata. */
const MAX_RECORD_BYTES = 950_000

/** The content of an inventory. */
export interface StoredInventory {
  /** Undefined if there is none, or none that can be used. */
  readonly record: InventoryRecord | undefined
  /** The parent's resourceVersion; empty if there is no parent. */
  readonly version: string
  /** The type of the parent Secret, which is immutable. */
  readonly type: string
  /** The names of the Secrets that hold parts of the record. */
  readonly parts: readonly string[]
  /** The kinds and namespaces of the members of a set that kubectl applied; empty for any other set. */
  readonly memberKinds: readonly ObjectId[]
  /** Warnings about the state of the inventory. */
  readonly warnings: readonly Warning[]
}

const NO_INVENTORY: StoredInventory = {
  ...{ record: undefined, version: '', parts: [], memberKinds: [], warnings: [] },
  type: 'fairlead.dev/inventory',
}

/**
 * Reads the inventory of a set in the cluster with an identity. A record that is damaged or about another cluster is not used,
 * with a warning; nor is one that cannot be read, unless the run writes (`isForReal`). Raises E-GUARD then, and if the Secret
 * belongs to another set or tool.
 */
export async function readRecord(
  inventory: Inventory,
  cluster: string,
  isForReal: boolean,
  api: Pick<ApiReader, 'get'>,
): Promise<StoredInventory> {
  const { id, namespace } = inventory
  const answer = await api.get(pathTo(inventorySecret(inventory)))
  if (answer.status === 404) return NO_INVENTORY
  if (answer.status !== 200 && isForReal) throw unreadable(inventory, answer)
  if (answer.status !== 200)
    return unusableRecord(inventory, NO_INVENTORY, 'InventoryUnreadable', `it cannot be read: ${statusMessage(answer)}`)
  const parent = isObject(answer.body) ? answer.body : {}
  const tool = toolOf(parent)
  if (stringField(parent, 'metadata', 'labels', SET_ID_LABEL) !== id || !canAdopt(tool))
    throw foreignSecret(inventory, tool)
  const version = stringField(parent, 'metadata', 'resourceVersion') ?? ''
  const found = { ...NO_INVENTORY, version, type: stringField(parent, 'type') ?? '' }
  const packed = stringField(parent, 'data', RECORD_KEY)
  if (packed === undefined && tool === 'kubectl')
    return { ...found, memberKinds: memberKindsOf(parent, namespace), warnings: [appliedByKubectl(inventory)] }
  const head = packed === undefined ? undefined : unpackHead(Buffer.from(packed, 'base64'), id)
  if (head === undefined)
    return unusableRecord(
      inventory,
      found,
      'InventoryInvalid',
      'it has no record in the format of this version of Fairlead',
    )
  const answers = await Promise.all(head.parts.map((part) => api.get(pathTo(recordPart(inventory, part)))))
  const rejected = answers.find(({ status }) => status !== 200 && status !== 404)
  if (rejected !== undefined && isForReal) throw unreadable(inventory, rejected)
  const record = withParts(head.record, answers)
  if (record === undefined)
    return unusableRecord(inventory, found, 'InventoryIncomplete', 'parts of it are missing or damaged')
  if (record.cluster !== '' && cluster !== '' && record.cluster !== cluster)
    return unusableRecord(inventory, found, 'InventoryOfOtherCluster', 'it was written for another cluster')
  return { ...found, record, parts: head.parts }
}

/** The record of a run after the one with a fence; undefined if there is none, or it cannot be read. */
export async function readLaterRecord(
  inventory: Inventory,
  fence: number,
  cluster: string,
  api: Pick<ApiReader, 'get'>,
): Promise<InventoryRecord | undefined> {
  const { record } = await readRecord(inventory, cluster, false, api).catch(() => NO_INVENTORY)
  return record !== undefined && record.fence > fence ? record : undefined
}

function withParts(record: InventoryRecord, answers: readonly ApiResponse[]): InventoryRecord | undefined {
  if (answers.length === 0) return record
  const read = answers.map(({ body }) => unpackPart(Buffer.from(stringField(body, 'data', RECORD_KEY) ?? '', 'base64')))
  if (read.includes(undefined)) return undefined
  return { ...record, entries: new Map(read.flatMap((entries) => [...(entries ?? [])])) }
}

function unreadable(inventory: Inventory, answer: Pick<ApiResponse, 'status' | 'body'>): Failure {
  return new Failure({
    code: 'E-GUARD',
    reason: 'InventoryUnreadable',
    message: `The inventory cannot be read, and without it the members of the set are unknown: ${statusMessage(answer)}`,
    object: formatId(inventorySecret(inventory)),
    hint: permissionHint(inventory),
  })
}

function unusableRecord(
  inventory: Inventory,
  found: Omit<StoredInventory, 'warnings'>,
  reason: string,
  why: string,
): StoredInventory {
  const message = `The inventory cannot be used, so every object is dry-run, and nothing is pruned: ${why}.`
  const hint = 'Objects removed from Git since the last run are in no inventory any more and stay. Delete them by hand.'
  return { ...found, warnings: [{ reason, message, object: formatId(inventorySecret(inventory)), hint }] }
}

function appliedByKubectl(inventory: Inventory): Warning {
  const message =
    'kubectl applied this set before (`--applyset`). Fairlead manages it from now on, and prunes nothing in this run.'
  return { reason: 'AppliedByKubectl', message, object: formatId(inventorySecret(inventory)) }
}

function foreignSecret(inventory: Inventory, tool: string | undefined): Failure {
  const message = canAdopt(tool)
    ? 'This Secret exists already, and is not the inventory of this set.'
    : `The set with this name is managed by ${tool}.`
  return new Failure({
    code: 'E-GUARD',
    reason: canAdopt(tool) ? 'NotAnInventory' : 'OtherTool',
    message,
    object: formatId(inventorySecret(inventory)),
    hint: hint`Set another name for the inventory with ${option('name')}, or another namespace with ${option('inventory-namespace')}.`,
  })
}

/**
 * Writes a record in place of the one that was read. Returns what is stored now; undefined if another client has written it
 * since. Parts are written before the parent that names them, and old parts are deleted after it, so that the stored record is
 * complete at any time. Raises E-GUARD if it cannot be written.
 */
export async function writeRecord(
  inventory: Inventory,
  record: InventoryRecord,
  stored: StoredInventory,
  api: Pick<WriteSession, 'get' | 'create' | 'apply' | 'remove'>,
): Promise<StoredInventory | undefined> {
  const { id, namespace } = inventory
  const { head, parts } = packRecord(record, id, MAX_RECORD_BYTES)
  for (const [name, bytes] of parts) {
    if (stored.parts.includes(name)) continue
    const place = recordPart(inventory, name)
    const part = secretOf(place, bytes, { labels: MANAGED_LABELS }, NO_INVENTORY.type)
    requireWritten(await write(place, part, api), inventory)
  }
  const metadata = {
    labels: { [SET_ID_LABEL]: id, ...MANAGED_LABELS },
    annotations: parentAnnotations([...record.entries.keys()].map(parseObjectKey), namespace),
    ...(stored.version === '' ? {} : { resourceVersion: stored.version }),
  }
  const parent = inventorySecret(inventory)
  const secret = secretOf(parent, head, metadata, stored.type)
  let answer: Pick<ApiResponse, 'status' | 'body'> =
    stored.version === ''
      ? await api.create(pathTo(parent), secret, INVENTORY_MANAGER)
      : await write(parent, secret, api)
  // If the connection broke before the response, the conflict may be with our own write.
  if (answer.status === 409) answer = await findOwnWrite(answer, parent, head, api)
  if (answer.status === 409) return undefined
  requireWritten(answer, inventory)
  await Promise.all(
    stored.parts.filter((name) => !parts.has(name)).map((name) => removePart(recordPart(inventory, name), api)),
  )
  const version = stringField(answer.body, 'metadata', 'resourceVersion') ?? ''
  return { ...NO_INVENTORY, record, version, type: stored.type, parts: [...parts.keys()] }
}

async function removePart(part: ObjectId, api: Pick<WriteSession, 'get' | 'remove'>): Promise<void> {
  const { body } = await api.get(pathTo(part))
  const uid = stringField(body, 'metadata', 'uid')
  // A part that is not deleted does no harm.
  if (uid !== undefined) await api.remove(pathTo(part), { uid }, 'Background')
}

/** The parent, if it holds what was to be written; else the rejection. */
async function findOwnWrite(
  rejection: Pick<ApiResponse, 'status' | 'body'>,
  parent: ObjectId,
  head: Buffer,
  api: Pick<ApiReader, 'get'>,
): Promise<Pick<ApiResponse, 'status' | 'body'>> {
  const current = await api.get(pathTo(parent))
  return stringField(current.body, 'data', RECORD_KEY) === head.toString('base64') ? current : rejection
}

function secretOf({ namespace, name }: ObjectId, bytes: Buffer, metadata: Record<string, Json>, type: string): Json {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...metadata },
    type,
    data: { [RECORD_KEY]: bytes.toString('base64') },
  }
}

function write(id: ObjectId, object: Json, api: Pick<WriteSession, 'apply'>): Promise<ApiResponse> {
  return api.apply(pathTo(id), serialise(object), INVENTORY_MANAGER)
}

function requireWritten(answer: Pick<ApiResponse, 'status' | 'body'>, inventory: Inventory): void {
  if (answer.status < 300) return
  throw new Failure({
    code: 'E-GUARD',
    reason: 'InventoryNotWritable',
    message: `The inventory cannot be written, and without it the members of the set would be unknown: ${statusMessage(answer)}`,
    object: formatId(inventorySecret(inventory)),
    hint: permissionHint(inventory),
  })
}

/** What to do if the credentials may not read or write the inventory or the lock. */
export function permissionHint({ namespace }: Inventory): Hint {
  return hint`Allow the credentials to \`get\`, \`create\` and \`patch\` Secrets, and \`get\`, \`create\` and \`update\` Leases, in the namespace ${namespace}, or set another one with ${option('inventory-namespace')}.`
}

/** The API path of an inventory's namespace. */
export function namespacePath({ namespace }: Inventory): string {
  return `/api/v1/namespaces/${namespace}`
}

/** Creates the namespace of an inventory. */
export async function createNamespace(inventory: Inventory, api: Pick<WriteSession, 'apply'>): Promise<ApiResponse> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: inventory.namespace } }
  return api.apply(namespacePath(inventory), serialise(object), INVENTORY_MANAGER)
}

/** Whether an API path is that of an inventory's Secret, or of one with a part of its record. */
export function isInventoryPath(path: string, inventory: Inventory): boolean {
  const parent = pathTo(inventorySecret(inventory))
  return path === parent || path.startsWith(`${parent}.`)
}

function pathTo({ namespace, name }: ObjectId): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

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

/** The field manager of what Fairlead writes about itself. */
export const INVENTORY_MANAGER = 'fairlead-inventory'

/** The key of the record among the Secret's data. */
const RECORD_KEY = 'record'

/** A Secret holds 1 MiB; some of it is for what else is in there, in bytes. */
const MAX_BYTES = 950_000

/** What an inventory holds. */
export interface StoredInventory {
  /** Undefined where there is none, or none that can be used. */
  readonly record: InventoryRecord | undefined
  /** The parent's resourceVersion; empty where there is no parent. */
  readonly version: string
  /** The parent's type, which cannot change. */
  readonly type: string
  /** The names of the Secrets that hold parts of the record. */
  readonly parts: readonly string[]
  /** Where the members of a set are that kubectl has made; empty for any other one. */
  readonly memberKinds: readonly ObjectId[]
  /** What people should know about that. */
  readonly warnings: readonly Warning[]
}

const NOTHING: StoredInventory = {
  ...{ record: undefined, version: '', parts: [], memberKinds: [], warnings: [] },
  type: 'fairlead.dev/inventory',
}

/**
 * Reads what the last run left about the cluster of that identity. What is spoilt, or not about this cluster, proves nothing, and
 * is no more than a warning; so is what may not be read, unless the run is to write (`isForReal`). Raises E-GUARD then, and
 * where the Secret is somebody else's.
 */
export async function readRecord(
  inventory: Inventory,
  cluster: string,
  isForReal: boolean,
  api: Pick<ApiReader, 'get'>,
): Promise<StoredInventory> {
  const { id, namespace } = inventory
  const answer = await api.get(pathTo(inventorySecret(inventory)))
  if (answer.status === 404) return NOTHING
  if (answer.status !== 200 && isForReal) throw unreadable(inventory, answer)
  if (answer.status !== 200)
    return unusableRecord(inventory, NOTHING, 'InventoryUnreadable', `it cannot be read: ${statusMessage(answer)}`)
  const parent = isObject(answer.body) ? answer.body : {}
  const tool = toolOf(parent)
  if (stringField(parent, 'metadata', 'labels', SET_ID_LABEL) !== id || !canAdopt(tool))
    throw foreignSecret(inventory, tool)
  const version = stringField(parent, 'metadata', 'resourceVersion') ?? ''
  const found = { ...NOTHING, version, type: stringField(parent, 'type') ?? '' }
  const packed = stringField(parent, 'data', RECORD_KEY)
  if (packed === undefined && tool === 'kubectl')
    return { ...found, memberKinds: memberKindsOf(parent, namespace), warnings: [takenFromKubectl(inventory)] }
  const head = packed === undefined ? undefined : unpackHead(Buffer.from(packed, 'base64'), id)
  if (head === undefined)
    return unusableRecord(
      inventory,
      found,
      'InventoryInvalid',
      'what is in it was not written by this version of Fairlead',
    )
  const answers = await Promise.all(head.parts.map((part) => api.get(pathTo(recordPart(inventory, part)))))
  const refusal = answers.find(({ status }) => status !== 200 && status !== 404)
  if (refusal !== undefined && isForReal) throw unreadable(inventory, refusal)
  const record = withParts(head.record, answers)
  if (record === undefined)
    return unusableRecord(inventory, found, 'InventoryIncomplete', 'parts of it are missing or spoilt')
  if (record.cluster !== '' && cluster !== '' && record.cluster !== cluster)
    return unusableRecord(inventory, found, 'InventoryOfOtherCluster', 'it is about another cluster')
  return { ...found, record, parts: head.parts }
}

/** The record of a run after the one with that fence; undefined where none has written since, or nobody can tell. */
export async function readLaterRecord(
  inventory: Inventory,
  fence: number,
  cluster: string,
  api: Pick<ApiReader, 'get'>,
): Promise<InventoryRecord | undefined> {
  const { record } = await readRecord(inventory, cluster, false, api).catch(() => NOTHING)
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
    message: `The inventory cannot be read, and without it nobody knows what is ours: ${statusMessage(answer)}`,
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
  const message = `Nothing is known about the last run, so every object is asked for, and nothing is deleted: ${why}.`
  const hint = 'What has left Git since is in no inventory any more, and stays: delete it by hand.'
  return { ...found, warnings: [{ reason, message, object: formatId(inventorySecret(inventory)), hint }] }
}

function takenFromKubectl(inventory: Inventory): Warning {
  const message =
    'This set was made by kubectl (`--applyset`), and is kept by Fairlead from now on; nothing is deleted in this run.'
  return { reason: 'AppliedByKubectl', message, object: formatId(inventorySecret(inventory)) }
}

function foreignSecret(inventory: Inventory, tool: string | undefined): Failure {
  const message = canAdopt(tool)
    ? 'There is such a Secret already, and it is no inventory of this set.'
    : `The set of that name is kept by ${tool}.`
  return new Failure({
    code: 'E-GUARD',
    reason: canAdopt(tool) ? 'NotAnInventory' : 'OtherTool',
    message,
    object: formatId(inventorySecret(inventory)),
    hint: hint`Give the inventory another name with ${option('name')}, or another namespace with ${option('inventory-namespace')}.`,
  })
}

/**
 * Writes a record in place of what was read, and says what is stored now; undefined where somebody else has written it since.
 * Parts are written before the parent that names them, and the old ones go after it, so that there is a whole record at every
 * instant. Raises E-GUARD where it cannot be written.
 */
export async function writeRecord(
  inventory: Inventory,
  record: InventoryRecord,
  stored: StoredInventory,
  api: Pick<WriteSession, 'get' | 'create' | 'apply' | 'remove'>,
): Promise<StoredInventory | undefined> {
  const { id, namespace } = inventory
  const { head, parts } = packRecord(record, id, MAX_BYTES)
  for (const [name, bytes] of parts) {
    if (stored.parts.includes(name)) continue
    const place = recordPart(inventory, name)
    const part = secretOf(place, bytes, { labels: MANAGED_LABELS }, NOTHING.type)
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
  // Our own write may be what we meet, where the connection broke before its answer.
  if (answer.status === 409) answer = await ownAmong(answer, parent, head, api)
  if (answer.status === 409) return undefined
  requireWritten(answer, inventory)
  await Promise.all(
    stored.parts.filter((name) => !parts.has(name)).map((name) => removePart(recordPart(inventory, name), api)),
  )
  const version = stringField(answer.body, 'metadata', 'resourceVersion') ?? ''
  return { ...NOTHING, record, version, type: stored.type, parts: [...parts.keys()] }
}

async function removePart(part: ObjectId, api: Pick<WriteSession, 'get' | 'remove'>): Promise<void> {
  const { body } = await api.get(pathTo(part))
  const uid = stringField(body, 'metadata', 'uid')
  // One that stays is in nobody's way.
  if (uid !== undefined) await api.remove(pathTo(part), { uid }, 'Background')
}

async function ownAmong(
  refusal: Pick<ApiResponse, 'status' | 'body'>,
  parent: ObjectId,
  head: Buffer,
  api: Pick<ApiReader, 'get'>,
): Promise<Pick<ApiResponse, 'status' | 'body'>> {
  const current = await api.get(pathTo(parent))
  return stringField(current.body, 'data', RECORD_KEY) === head.toString('base64') ? current : refusal
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
    message: `The inventory cannot be written, and without it nobody would know what is ours: ${statusMessage(answer)}`,
    object: formatId(inventorySecret(inventory)),
    hint: permissionHint(inventory),
  })
}

/** What to do where the identity may not write down what it does. */
export function permissionHint({ namespace }: Inventory): Hint {
  return hint`Let the identity \`get\`, \`create\` and \`patch\` Secrets, and \`get\`, \`create\` and \`update\` Leases, in the namespace ${namespace}, or name another one with ${option('inventory-namespace')}.`
}

/** The path of an inventory's namespace. */
export function namespacePath({ namespace }: Inventory): string {
  return `/api/v1/namespaces/${namespace}`
}

/** Creates the namespace of an inventory. */
export async function createNamespace(inventory: Inventory, api: Pick<WriteSession, 'apply'>): Promise<ApiResponse> {
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: inventory.namespace } }
  return api.apply(namespacePath(inventory), serialise(home), INVENTORY_MANAGER)
}

/** The paths of all that is written for an inventory. */
export function isInventoryPath(path: string, inventory: Inventory): boolean {
  const parent = pathTo(inventorySecret(inventory))
  return path === parent || path.startsWith(`${parent}.`)
}

function pathTo({ namespace, name }: ObjectId): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

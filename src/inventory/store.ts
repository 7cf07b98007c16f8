import { type Answer, messageOf } from '../object/api-status.ts'
import type { Api } from '../kube/client.ts'
import { Failure, type Warning } from '../diagnostics.ts'
import { isObject, type Json, serialise, stringField } from '../json.ts'
import { describe, idOf, type ObjectId } from '../object/manifest.ts'
import { ID, mayBeOurs, parentAnnotations, toolOf, whereaboutsOf } from './applyset.ts'
import { type Inventory, MANAGED, parentOf, partOf } from './inventory.ts'
import { type InventoryRecord, packRecord, unpackHead, unpackPart } from './record.ts'

/** The field manager of what Fairlead writes about itself. */
export const INVENTORY_MANAGER = 'fairlead-inventory'

/** The key of the record among the Secret's data. */
const KEY = 'record'

/** A Secret holds 1 MiB; some of it is for what else is in there, in bytes. */
const MOST_BYTES = 950_000

/** What an inventory holds. */
export interface Stored {
  /** Undefined where there is none, or none that can be used. */
  readonly record: InventoryRecord | undefined
  /** The parent's resourceVersion; empty where there is no parent. */
  readonly version: string
  /** The parent's type, which cannot change. */
  readonly type: string
  /** The names of the Secrets that hold parts of the record. */
  readonly parts: readonly string[]
  /** Where the members of a set are that kubectl has made; empty for any other one. */
  readonly whereabouts: readonly ObjectId[]
  /** What people should know about that. */
  readonly warnings: readonly Warning[]
}

const NOTHING: Stored = {
  ...{ record: undefined, version: '', parts: [], whereabouts: [], warnings: [] },
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
  api: Pick<Api, 'get'>,
): Promise<Stored> {
  const { id, namespace } = inventory
  const answer = await api.get(pathTo(parentOf(inventory)))
  if (answer.status === 404) return NOTHING
  if (answer.status !== 200 && isForReal) throw unreadable(inventory, answer)
  if (answer.status !== 200) return unusable(inventory, NOTHING, `it cannot be read: ${messageOf(answer)}`)
  const parent = isObject(answer.body) ? answer.body : {}
  const tool = toolOf(parent)
  if (stringField(parent, 'metadata', 'labels', ID) !== id || !mayBeOurs(tool)) throw foreign(inventory, tool)
  const version = stringField(parent, 'metadata', 'resourceVersion') ?? ''
  const found = { ...NOTHING, version, type: stringField(parent, 'type') ?? '' }
  const packed = stringField(parent, 'data', KEY)
  if (packed === undefined && tool === 'kubectl')
    return { ...found, whereabouts: whereaboutsOf(parent, namespace), warnings: [takenFromKubectl(inventory)] }
  const head = packed === undefined ? undefined : unpackHead(Buffer.from(packed, 'base64'), id)
  if (head === undefined) return unusable(inventory, found, 'what is in it was not written by this version of Fairlead')
  const answers = await Promise.all(head.parts.map((part) => api.get(pathTo(partOf(inventory, part)))))
  const refusal = answers.find(({ status }) => status !== 200 && status !== 404)
  if (refusal !== undefined && isForReal) throw unreadable(inventory, refusal)
  const record = withParts(head.record, answers)
  if (record === undefined) return unusable(inventory, found, 'parts of it are missing or spoilt')
  if (record.cluster !== '' && cluster !== '' && record.cluster !== cluster)
    return unusable(inventory, found, 'it is about another cluster')
  return { ...found, record, parts: head.parts }
}

/** The record of a run after the one with that fence; undefined where none has written since, or nobody can tell. */
export async function laterRecord(
  inventory: Inventory,
  fence: number,
  cluster: string,
  api: Pick<Api, 'get'>,
): Promise<InventoryRecord | undefined> {
  const { record } = await readRecord(inventory, cluster, false, api).catch(() => NOTHING)
  return record !== undefined && record.fence > fence ? record : undefined
}

function withParts(record: InventoryRecord, answers: readonly Answer[]): InventoryRecord | undefined {
  if (answers.length === 0) return record
  const read = answers.map(({ body }) => unpackPart(Buffer.from(stringField(body, 'data', KEY) ?? '', 'base64')))
  if (read.includes(undefined)) return undefined
  return { ...record, entries: new Map(read.flatMap((entries) => [...(entries ?? [])])) }
}

function unreadable(inventory: Inventory, answer: Pick<Answer, 'status' | 'body'>): Failure {
  return new Failure({
    class: 'E-GUARD',
    message: `The inventory cannot be read, and without it nobody knows what is ours: ${messageOf(answer)}`,
    object: describe(parentOf(inventory)),
    next: permit(inventory),
  })
}

function unusable(inventory: Inventory, found: Omit<Stored, 'warnings'>, why: string): Stored {
  const message = `Nothing is known about the last run, so every object is asked for, and nothing is deleted: ${why}.`
  const next = 'What has left Git since is in no inventory any more, and stays: delete it by hand.'
  return { ...found, warnings: [{ message, object: describe(parentOf(inventory)), next }] }
}

function takenFromKubectl(inventory: Inventory): Warning {
  const message =
    'This set was made by kubectl (`--applyset`), and is kept by Fairlead from now on; nothing is deleted in this run.'
  return { message, object: describe(parentOf(inventory)) }
}

function foreign(inventory: Inventory, tool: string | undefined): Failure {
  const message = mayBeOurs(tool)
    ? 'There is such a Secret already, and it is no inventory of this set.'
    : `The set of that name is kept by ${tool}.`
  return new Failure({
    class: 'E-GUARD',
    message,
    object: describe(parentOf(inventory)),
    next: 'Give the inventory another name with `name`, or another namespace with `inventory-namespace`.',
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
  stored: Stored,
  api: Pick<Api, 'get' | 'create' | 'apply' | 'remove'>,
): Promise<Stored | undefined> {
  const { id, namespace } = inventory
  const { head, parts } = packRecord(record, id, MOST_BYTES)
  for (const [name, bytes] of parts) {
    if (stored.parts.includes(name)) continue
    const place = partOf(inventory, name)
    const part = secretOf(place, bytes, { labels: MANAGED }, NOTHING.type)
    requireWritten(await write(place, part, api), inventory)
  }
  const metadata = {
    labels: { [ID]: id, ...MANAGED },
    annotations: parentAnnotations([...record.entries.keys()].map(idOf), namespace),
    ...(stored.version === '' ? {} : { resourceVersion: stored.version }),
  }
  const parent = parentOf(inventory)
  const secret = secretOf(parent, head, metadata, stored.type)
  let answer: Pick<Answer, 'status' | 'body'> =
    stored.version === ''
      ? await api.create(pathTo(parent), secret, INVENTORY_MANAGER)
      : await write(parent, secret, api)
  // Our own write may be what we meet, where the connection broke before its answer.
  if (answer.status === 409) answer = await ownAmong(answer, parent, head, api)
  if (answer.status === 409) return undefined
  requireWritten(answer, inventory)
  await Promise.all(
    stored.parts.filter((name) => !parts.has(name)).map((name) => removePart(partOf(inventory, name), api)),
  )
  const version = stringField(answer.body, 'metadata', 'resourceVersion') ?? ''
  return { ...NOTHING, record, version, type: stored.type, parts: [...parts.keys()] }
}

async function removePart(part: ObjectId, api: Pick<Api, 'get' | 'remove'>): Promise<void> {
  const { body } = await api.get(pathTo(part))
  const uid = stringField(body, 'metadata', 'uid')
  // One that stays is in nobody's way.
  if (uid !== undefined) await api.remove(pathTo(part), { uid }, 'Background')
}

async function ownAmong(
  refusal: Pick<Answer, 'status' | 'body'>,
  parent: ObjectId,
  head: Buffer,
  api: Pick<Api, 'get'>,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const current = await api.get(pathTo(parent))
  return stringField(current.body, 'data', KEY) === head.toString('base64') ? current : refusal
}

function secretOf({ namespace, name }: ObjectId, bytes: Buffer, metadata: Record<string, Json>, type: string): Json {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...metadata },
    type,
    data: { [KEY]: bytes.toString('base64') },
  }
}

function write(id: ObjectId, object: Json, api: Pick<Api, 'apply'>): Promise<Answer> {
  return api.apply(pathTo(id), serialise(object), INVENTORY_MANAGER)
}

function requireWritten(answer: Pick<Answer, 'status' | 'body'>, inventory: Inventory): void {
  if (answer.status < 300) return
  throw new Failure({
    class: 'E-GUARD',
    message: `The inventory cannot be written, and without it nobody would know what is ours: ${messageOf(answer)}`,
    object: describe(parentOf(inventory)),
    next: permit(inventory),
  })
}

/** What to do where the identity may not write down what it does. */
export function permit({ namespace }: Inventory): string {
  return `Let the identity \`get\`, \`create\` and \`patch\` Secrets, and \`get\`, \`create\` and \`update\` Leases, in the namespace ${namespace}, or name another one with \`inventory-namespace\`.`
}

/** Makes the namespace of an inventory. */
export async function makeHome({ namespace }: Inventory, api: Pick<Api, 'apply'>): Promise<Answer> {
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  return api.apply(`/api/v1/namespaces/${namespace}`, serialise(home), INVENTORY_MANAGER)
}

/** The paths of all that is written for an inventory. */
export function isOfInventory(path: string, inventory: Inventory): boolean {
  const parent = pathTo(parentOf(inventory))
  return path === parent || path.startsWith(`${parent}.`)
}

function pathTo({ namespace, name }: ObjectId): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

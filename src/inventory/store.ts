import { type Answer, messageOf } from '../cluster/answer.ts'
import type { Api } from '../cluster/api.ts'
import { Failure, problemsOf, type Warning } from '../errors.ts'
import { field, serialise, stringField } from '../json.ts'
import { describe } from '../manifests/manifest.ts'
import { type Inventory, parentOf } from './inventory.ts'
import { decodeRecord, encodeRecord, type InventoryRecord } from './record.ts'

/** The field manager of what Fairlead writes about itself. */
const MANAGER = 'fairlead-inventory'

/** The label that says which set a parent is the parent of. */
const ID = 'applyset.kubernetes.io/id'

/** The key of the record among the Secret's data. */
const KEY = 'record'

/** A Secret holds 1 MiB; some of it is for what else is in there, in bytes. */
const MOST_BYTES = 950_000

/** What an inventory holds. */
export interface Stored {
  /** Undefined where there is none, or none that can be used. */
  readonly record: InventoryRecord | undefined
  /** What people should know about that. */
  readonly warnings: readonly Warning[]
}

/**
 * Reads what the last run left about the cluster of that identity. What cannot be read, or is not about this cluster, proves
 * nothing, and is no more than a warning. Raises E-GUARD where the Secret is somebody else's.
 */
export async function readRecord(inventory: Inventory, cluster: string, api: Api): Promise<Stored> {
  const answer = await api.get(pathTo(inventory))
  if (answer.status === 404) return { record: undefined, warnings: [] }
  if (answer.status !== 200) return unusable(inventory, `it cannot be read: ${messageOf(answer)}`)
  if (stringField(answer.body, 'metadata', 'labels', ID) !== inventory.id) throw foreign(inventory)
  const packed = stringField(answer.body, 'data', KEY)
  const record = packed === undefined ? undefined : decodeRecord(Buffer.from(packed, 'base64'))
  if (record === undefined) return unusable(inventory, 'what is in it was not written by this version of Fairlead')
  if (record.cluster !== '' && cluster !== '' && record.cluster !== cluster)
    return unusable(inventory, 'it is about another cluster')
  return { record, warnings: [] }
}

function unusable(inventory: Inventory, why: string): Stored {
  const message = `Nothing is known about the last run, so every object is asked for: ${why}.`
  return { record: undefined, warnings: [{ message, object: describe(parentOf(inventory)) }] }
}

function foreign(inventory: Inventory): Failure {
  return new Failure({
    class: 'E-GUARD',
    message: 'There is such a Secret already, and it is no inventory of this set.',
    object: describe(parentOf(inventory)),
    next: 'Give the inventory another name with `name`, or another namespace with `inventory-namespace`.',
  })
}

/**
 * Writes a record, and the inventory's namespace where that is missing. Returns what people should know where it cannot be
 * written: the next run has more to ask for then.
 */
export async function writeRecord(
  inventory: Inventory,
  record: InventoryRecord,
  api: Api,
): Promise<readonly Warning[]> {
  const { namespace, name, id } = inventory
  const object = serialise({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { [ID]: id, 'app.kubernetes.io/managed-by': 'fairlead' } },
    type: 'fairlead.dev/inventory',
    data: { [KEY]: packed(record).toString('base64') },
  })
  const write = () => api.apply(pathTo(inventory), object, MANAGER).catch(refusalOf)
  let answer = await write()
  if (answer.status === 404 && field(answer.body, 'details', 'kind') === 'namespaces') {
    const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
    await api.apply(`/api/v1/namespaces/${namespace}`, serialise(home), MANAGER).catch(refusalOf)
    answer = await write()
  }
  if (answer.status < 300) return []
  const message = `What this run did could not be written down, so the next one asks for every object again: ${messageOf(answer)}`
  const permit = `Let the identity \`get\` and \`patch\` Secrets in the namespace ${namespace}, or name another one with \`inventory-namespace\`.`
  const wait =
    'What was applied stays applied. If the next run says so too, see why the server does not take this Secret.'
  const next = [403, 404].includes(answer.status) ? permit : wait
  return [{ message, object: describe(parentOf(inventory)), next }]
}

/** A server that does not answer is as one that refuses: what was done is done, and is reported. */
function refusalOf(error: unknown): Pick<Answer, 'status' | 'body'> {
  return { status: 599, body: { message: problemsOf(error)[0]?.message ?? '' } }
}

/** What does not fit is left out: it is asked for in every run. */
function packed(record: InventoryRecord): Buffer {
  const bytes = encodeRecord(record)
  if (bytes.length <= MOST_BYTES) return bytes
  const kept = Math.floor((record.entries.size * MOST_BYTES) / bytes.length) - 1
  return packed({ ...record, entries: new Map([...record.entries].slice(0, kept)) })
}

function pathTo({ namespace, name }: Inventory): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

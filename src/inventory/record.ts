import { gunzipSync, gzipSync } from 'node:zlib'
import { field, type Json, parseJson, serialise, stringField } from '../json.ts'

/** What is kept of an object between runs: enough to prove that it is still as the run before left it. */
export interface Entry {
  /** Of what was sent. */
  readonly hash: string
  readonly uid: string
  readonly resourceVersion: string
  /** Undefined for kinds that count none. */
  readonly generation: number | undefined
  /** Of our entry in `managedFields`. */
  readonly ownership: string
}

/** Stands for a hook that has to run, whatever else is known of it: a run began that may have ended before its turn came. */
export const PENDING: Entry = { hash: '', uid: '', resourceVersion: '', generation: undefined, ownership: '' }

/** Whether an entry says that a hook has still to run. */
export function isPending(entry: Entry | undefined): boolean {
  return entry?.hash === PENDING.hash
}

/** What a run leaves for the next one. */
export interface InventoryRecord {
  /** The cluster's identity, empty where nobody knew it: what is true of one says nothing about another one. */
  readonly cluster: string
  /** After an upgrade nothing is proven: another server may default, convert and judge otherwise. */
  readonly serverVersion: string
  /** By `keyOf`. */
  readonly entries: ReadonlyMap<string, Entry>
}

/** Another form of the record is another number here, and is not read. */
const SCHEMA = 1

/** Packs a record: JSON with the entries in order of their keys, compressed. Equal records give equal bytes. */
export function encodeRecord({ cluster, serverVersion, entries }: InventoryRecord): Buffer {
  const rows = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { hash, uid, resourceVersion, generation, ownership }]): Json => {
      return [key, hash, uid, resourceVersion, generation ?? null, ownership]
    })
  return gzipSync(serialise({ schema: SCHEMA, cluster, serverVersion, entries: rows }), { level: 6 })
}

/** Unpacks a record; undefined for anything that is none. */
export function decodeRecord(bytes: Buffer): InventoryRecord | undefined {
  const value = parseJson(unpacked(bytes))
  const cluster = stringField(value, 'cluster')
  const serverVersion = stringField(value, 'serverVersion')
  const rows = field(value, 'entries')
  if (field(value, 'schema') !== SCHEMA || cluster === undefined || serverVersion === undefined) return undefined
  if (!Array.isArray(rows)) return undefined
  const entries = new Map<string, Entry>()
  for (const row of rows) {
    const entry = entryOf(row)
    if (entry === undefined) return undefined
    entries.set(...entry)
  }
  return { cluster, serverVersion, entries }
}

function entryOf(row: Json): [string, Entry] | undefined {
  if (!Array.isArray(row)) return undefined
  const [key, hash, uid, resourceVersion, generation, ownership] = row
  const isNumber = generation === null || typeof generation === 'number'
  if (!isText(key) || !isText(hash) || !isText(uid) || !isText(resourceVersion) || !isText(ownership) || !isNumber) {
    return undefined
  }
  return [key, { hash, uid, resourceVersion, generation: generation ?? undefined, ownership }]
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string'
}

/** A bomb would be somebody's who may write Secrets there; it must not take the runner with it all the same. */
const MOST_BYTES = 256 * 1024 * 1024

function unpacked(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8')
  } catch {
    return ''
  }
}

import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { field, isObject, type Json, listField, parseJson, serialise, stringField } from '../json.ts'
import type { InventoryRecord, RecordEntry, ScopeFingerprint } from '../object/inventory-record.ts'

/** The version of the record's format. A record in another version is not read. */
const SCHEMA = 2

/** A record in pieces, each of which fits into a Secret. */
export interface PackedRecord {
  /** The data of the parent: the whole record, or the names of its parts. */
  readonly head: Buffer
  /** The parts, by name. */
  readonly parts: ReadonlyMap<string, Buffer>
}

/**
 * Packs the record of the inventory with an ID: JSON with the entries sorted by key, compressed. Equal records give equal bytes.
 * If these are more than `maxBytes`, the entries are split into parts, each named after its content, so that the parent alone
 * decides which parts belong together.
 */
export function packRecord(record: InventoryRecord, id: string, maxBytes: number): PackedRecord {
  const { entries, ...about } = record
  const rows = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { hash, uid, resourceVersion, generation, ownership }]): Json => {
      return [key, hash, uid, resourceVersion, generation ?? null, ownership]
    })
  const head = { schema: SCHEMA, inventory: id, ...about }
  const whole = compressed({ ...head, entries: rows })
  if (whole.length <= maxBytes) return { head: whole, parts: new Map() }
  const count = Math.ceil((whole.length * SIZE_MARGIN) / maxBytes)
  const size = Math.ceil(rows.length / count)
  const parts = Array.from({ length: count }, (_, index) => compressed(rows.slice(index * size, (index + 1) * size)))
  const named = parts.map((bytes) => [createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes] as const)
  return { head: compressed({ ...head, parts: named.map(([name]) => name) }), parts: new Map(named) }
}

/** A factor for the size of the parts, because some compress worse than others. */
const SIZE_MARGIN = 1.25

function compressed(value: Json): Buffer {
  return gzipSync(serialise(value), { level: 6 })
}

/** The content of a parent. */
export interface RecordHead {
  /** The record, without the entries that are in parts. */
  readonly record: InventoryRecord
  readonly parts: readonly string[]
}

/** Unpacks the parent's data of the inventory with an ID; undefined if it is no record of that inventory. */
export function unpackHead(bytes: Buffer, id: string): RecordHead | undefined {
  const value = parseJson(unpacked(bytes))
  const [cluster, serverVersion, commit, branch, run, files] = TEXT_FIELDS.map((name) => stringField(value, name))
  if (field(value, 'schema') !== SCHEMA || field(value, 'inventory') !== id) return undefined
  if (cluster === undefined || serverVersion === undefined || commit === undefined) return undefined
  const [fence, selection] = [field(value, 'fence'), textsIn(field(value, 'selection'))]
  if (
    branch === undefined ||
    run === undefined ||
    files === undefined ||
    typeof fence !== 'number' ||
    selection === undefined
  )
    return undefined
  const parts = listField(value, 'parts').flatMap((name) => (isText(name) ? [name] : []))
  const entries = parts.length > 0 ? new Map<string, RecordEntry>() : entriesIn(field(value, 'entries'))
  if (entries === undefined) return undefined
  return { record: { cluster, serverVersion, commit, branch, run, fence, selection, files, entries }, parts }
}

/** The text fields of a record. */
const TEXT_FIELDS = ['cluster', 'serverVersion', 'commit', 'branch', 'run', 'files'] as const

/** Unpacks the entries in a part of a record; undefined if it is none. */
export function unpackPart(bytes: Buffer): Map<string, RecordEntry> | undefined {
  return entriesIn(parseJson(unpacked(bytes)))
}

function textsIn(value: Json | undefined): ScopeFingerprint | undefined {
  if (!isObject(value)) return undefined
  const texts = Object.entries(value).flatMap(([name, text]) => (isText(text) ? [[name, text] as const] : []))
  return texts.length === Object.keys(value).length ? Object.fromEntries(texts) : undefined
}

function entriesIn(rows: Json | undefined): Map<string, RecordEntry> | undefined {
  if (!Array.isArray(rows)) return undefined
  const entries = new Map<string, RecordEntry>()
  for (const row of rows) {
    const entry = entryOf(row)
    if (entry === undefined) return undefined
    entries.set(...entry)
  }
  return entries
}

function entryOf(row: Json): [string, RecordEntry] | undefined {
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

/** The maximum size of an unpacked record, so that a compression bomb does not exhaust the memory of the runner. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024

function unpacked(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8')
  } catch {
    return ''
  }
}

import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { field, isObject, type Json, listField, parseJson, serialise, stringField } from '../json.ts'
import type { InventoryRecord, RecordEntry, ScopeFingerprint } from '../object/inventory-record.ts'

/** Another form of the record is another number here, and is not read. */
const SCHEMA = 2

/** A record in pieces that fit into one Secret each. */
export interface PackedRecord {
  /** What stands in the parent: all of it, or the names of the parts. */
  readonly head: Buffer
  /** By name. */
  readonly parts: ReadonlyMap<string, Buffer>
}

/**
 * Packs the record of the inventory with that id: JSON with the entries in order of their keys, compressed. Equal records give
 * equal bytes. Where it comes to more than `most` bytes, the entries go into parts, each named after its content, so that
 * the parent alone decides which belong together.
 */
export function packRecord(record: InventoryRecord, id: string, most: number): PackedRecord {
  const { entries, ...about } = record
  const rows = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { hash, uid, resourceVersion, generation, ownership }]): Json => {
      return [key, hash, uid, resourceVersion, generation ?? null, ownership]
    })
  const head = { schema: SCHEMA, inventory: id, ...about }
  const whole = compressed({ ...head, entries: rows })
  if (whole.length <= most) return { head: whole, parts: new Map() }
  const count = Math.ceil((whole.length * SLACK) / most)
  const size = Math.ceil(rows.length / count)
  const parts = Array.from({ length: count }, (_, index) => compressed(rows.slice(index * size, (index + 1) * size)))
  const named = parts.map((bytes) => [createHash('sha256').update(bytes).digest('hex').slice(0, 16), bytes] as const)
  return { head: compressed({ ...head, parts: named.map(([name]) => name) }), parts: new Map(named) }
}

/** Some parts compress worse than others. */
const SLACK = 1.25

function compressed(value: Json): Buffer {
  return gzipSync(serialise(value), { level: 6 })
}

/** What stands in a parent. */
export interface RecordHead {
  /** Without the entries that are in parts. */
  readonly record: InventoryRecord
  readonly parts: readonly string[]
}

/** Unpacks what stands in the parent of the inventory with that id; undefined for anything that is no record of it. */
export function unpackHead(bytes: Buffer, id: string): RecordHead | undefined {
  const value = parseJson(unpacked(bytes))
  const [cluster, serverVersion, commit, branch, run, files] = TEXTS.map((name) => stringField(value, name))
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

/** The texts of a record. */
const TEXTS = ['cluster', 'serverVersion', 'commit', 'branch', 'run', 'files'] as const

/** Unpacks a part of a record; undefined for anything that is none. */
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

/** A bomb would be somebody's who may write Secrets there; it must not take the runner with it all the same. */
const MAX_BYTES = 256 * 1024 * 1024

function unpacked(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8')
  } catch {
    return ''
  }
}

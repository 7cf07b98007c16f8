import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { packRecord, unpackHead, unpackPart } from '../../src/inventory/record.ts'
import { makeInventory } from '../../src/object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, type RecordEntry } from '../../src/object/inventory-record.ts'

const entry = (name: string, generation?: number): [string, RecordEntry] => [
  `apps/Deployment/shop/${name}`,
  { hash: 'h', uid: 'u', resourceVersion: '1', generation, ownership: 'o' },
]
const record = (...entries: [string, RecordEntry][]): InventoryRecord => ({
  ...EMPTY_RECORD,
  ...{ cluster: 'c', serverVersion: 'v1.37.2', commit: 'abc', branch: 'refs/heads/main', run: 'r', fence: 3 },
  ...{ selection: { '`path`': 'p' }, entries: new Map(entries) },
})
const whole = (value: InventoryRecord) => packRecord(value, 'id', 1_000_000).head

test('a record is read as it was written, whatever the order of its entries', () => {
  const bytes = whole(record(entry('a', 3), entry('b')))
  assert.deepEqual(unpackHead(bytes, 'id'), { record: record(entry('a', 3), entry('b')), parts: [] })
  assert.deepEqual(whole(record(entry('b'), entry('a', 3))), bytes)
})

test('data that is not a record of this version and this inventory is not used', () => {
  const about = {
    cluster: 'c',
    serverVersion: 'v',
    commit: '',
    branch: '',
    run: '',
    fence: 1,
    selection: {},
    files: '',
  }
  const good = { schema: 2, inventory: 'id', ...about, entries: [] }
  assert.ok(unpackHead(gzipSync(JSON.stringify(good)), 'id'))
  const bad = [
    { ...good, schema: 1 },
    { ...good, schema: 3 },
    { ...good, inventory: 'another' },
    { ...good, cluster: 1 },
    { ...good, serverVersion: undefined },
    { ...good, fence: '1' },
    { ...good, selection: { path: 1 } },
    { ...good, entries: {} },
    { ...good, entries: [['k', 'h', 'u', '1', '3', 'o']] },
    { ...good, entries: [['k']] },
    [],
    null,
  ]
  for (const value of bad) assert.equal(unpackHead(gzipSync(JSON.stringify(value)), 'id'), undefined)
  for (const bytes of ['', 'plain text']) assert.equal(unpackHead(Buffer.from(bytes), 'id'), undefined)
  assert.equal(unpackHead(whole(record(entry('a'))).subarray(0, 20), 'id'), undefined)
})

test('a record that is too large for one Secret is split into parts within the limit, and read unchanged', () => {
  const text = () => randomBytes(12).toString('base64url')
  const rows = Array.from({ length: 2_000 }, (_, index): [string, RecordEntry] => [
    `/ConfigMap/shop/settings-${index}`,
    { hash: text(), uid: text(), resourceVersion: String(index), generation: undefined, ownership: text() },
  ])
  const { head, parts } = packRecord(record(...rows), 'id', 20_000)
  assert.ok(parts.size > 3, `${parts.size} parts`)
  for (const bytes of [head, ...parts.values()]) assert.ok(bytes.length <= 20_000, `${bytes.length} bytes`)
  const read = unpackHead(head, 'id')
  assert.deepEqual(read?.parts, [...parts.keys()])
  const entries = read.parts.flatMap((name) => [...(unpackPart(parts.get(name) ?? Buffer.alloc(0)) ?? [])])
  assert.deepEqual({ ...read.record, entries: new Map(entries) }, record(...rows))
})

test('an inventory has the ID that kubectl gives to its ApplySet', () => {
  assert.equal(makeInventory('test', 'my-set').id, 'applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1')
})

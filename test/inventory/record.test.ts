import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { inventoryOf } from '../../src/inventory/inventory.ts'
import { decodeRecord, type Entry, encodeRecord, type InventoryRecord } from '../../src/inventory/record.ts'

const entry = (name: string, generation?: number): [string, Entry] => [
  `apps/Deployment/shop/${name}`,
  { hash: 'h', uid: 'u', resourceVersion: '1', generation, ownership: 'o' },
]
const record = (...entries: [string, Entry][]): InventoryRecord => ({
  ...{ cluster: 'c', serverVersion: 'v1.37.2' },
  entries: new Map(entries),
})

test('a record is read as it was written, whatever the order of its entries', () => {
  const bytes = encodeRecord(record(entry('a', 3), entry('b')))
  assert.deepEqual(decodeRecord(bytes), record(entry('a', 3), entry('b')))
  assert.deepEqual(encodeRecord(record(entry('b'), entry('a', 3))), bytes)
})

test('what is no record of this version is none at all', () => {
  const good = { schema: 1, cluster: 'c', serverVersion: 'v', entries: [] }
  assert.ok(decodeRecord(gzipSync(JSON.stringify(good))))
  const bad = [
    { ...good, schema: 2 },
    { ...good, cluster: 1 },
    { ...good, serverVersion: undefined },
    { ...good, entries: {} },
    { ...good, entries: [['k', 'h', 'u', '1', '3', 'o']] },
    { ...good, entries: [['k']] },
    [],
    null,
  ]
  for (const each of bad) assert.equal(decodeRecord(gzipSync(JSON.stringify(each))), undefined)
  for (const bytes of ['', 'plain text']) assert.equal(decodeRecord(Buffer.from(bytes)), undefined)
  assert.equal(decodeRecord(encodeRecord(record(entry('a'))).subarray(0, 20)), undefined)
})

test('an inventory has the id that kubectl’s ApplySet gives it', () => {
  assert.equal(inventoryOf('test', 'my-set').id, 'applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1')
})

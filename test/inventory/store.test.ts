import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readRecord, writeRecord } from '../../src/inventory/store.ts'
import { field, type Json, parseJson, stringField } from '../../src/json.ts'
import type { ApiResponse } from '../../src/object/api-status.ts'
import { makeInventory } from '../../src/object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, type RecordEntry } from '../../src/object/inventory-record.ts'

const inventory = makeInventory('fairlead', 'set')

/** A server that stores Secrets, and fails after a number of writes. */
function serverWith(secrets: Map<string, Json>, maxWrites = Number.POSITIVE_INFINITY) {
  let version = 100
  let writes = 0
  const answer = (status: number, body: Json): ApiResponse => ({
    ...{ status, body, text: '', contentType: '', warnings: [], date: 0 },
  })
  const count = () => {
    writes += 1
    if (writes > maxWrites) throw new Error('killed')
  }
  return {
    writes: () => writes,
    get: async (path: string) => {
      const found = secrets.get(path)
      return found === undefined ? answer(404, null) : answer(200, found)
    },
    apply: async (path: string, text: string) => {
      count()
      const object = parseJson(text)
      const expected = stringField(object, 'metadata', 'resourceVersion')
      if (expected !== undefined && expected !== stringField(secrets.get(path), 'metadata', 'resourceVersion'))
        return answer(409, { message: 'the object has been modified' })
      version += 1
      const metadata = { ...Object(field(object, 'metadata')), resourceVersion: String(version), uid: path }
      secrets.set(path, { ...Object(object), metadata })
      return answer(200, secrets.get(path) ?? null)
    },
    create: async (path: string, object: Json) => {
      count()
      if (secrets.has(path)) return answer(409, { message: 'already exists' })
      version += 1
      const metadata = { ...Object(field(object, 'metadata')), resourceVersion: String(version), uid: path }
      secrets.set(path, { ...Object(object), metadata })
      return answer(200, secrets.get(path) ?? null)
    },
    remove: async (path: string) => {
      count()
      secrets.delete(path)
      return answer(200, null)
    },
  }
}

/** A record of so many objects that it takes several Secrets. */
function record(commit: string, objects: number): InventoryRecord {
  const text = () => randomBytes(16).toString('base64url')
  const rows = Array.from({ length: objects }, (_, index): [string, RecordEntry] => [
    `/ConfigMap/shop/settings-${String(index).padStart(6, '0')}`,
    { hash: text(), uid: text(), resourceVersion: String(index), generation: undefined, ownership: text() },
  ])
  return { ...EMPTY_RECORD, commit, entries: new Map(rows) }
}

test('a large record is complete after any number of writes: either the old or the new one is read', async () => {
  const [before, now] = [record('before', 40_000), record('now', 36_000)]
  const first = new Map<string, Json>()
  await writeRecord(inventory, before, await readRecord(inventory, '', true, serverWith(first)), serverWith(first))
  assert.ok(first.size > 2, 'it fits into one Secret')
  const complete = serverWith(new Map(first))
  const stored = await readRecord(inventory, '', true, complete)
  await writeRecord(inventory, now, stored, complete)
  for (let maxWrites = 0; maxWrites <= complete.writes(); maxWrites += 1) {
    const secrets = new Map(first)
    const server = serverWith(secrets, maxWrites)
    await writeRecord(inventory, now, await readRecord(inventory, '', true, server), server).catch(() => {})
    const read = await readRecord(inventory, '', true, server)
    assert.deepEqual(read.warnings, [], `after ${maxWrites} writes`)
    const expected = read.record?.commit === 'now' ? now : before
    assert.deepEqual(read.record, expected, `after ${maxWrites} writes`)
    if (maxWrites === complete.writes()) assert.equal(secrets.size, read.parts.length + 1, 'old parts are left')
  }
  console.log(`# ${complete.writes() + 1} prefixes were tried`)
})

test('a record that another client wrote meanwhile is not overwritten', async () => {
  const secrets = new Map<string, Json>()
  const server = serverWith(secrets)
  const nothing = await readRecord(inventory, '', true, server)
  const stored = await writeRecord(inventory, record('one', 1), nothing, server)
  assert.ok(stored !== undefined)
  await writeRecord(inventory, record('theirs', 1), stored, server)
  assert.equal(await writeRecord(inventory, record('ours', 1), stored, server), undefined)
  assert.equal((await readRecord(inventory, '', true, server)).record?.commit, 'theirs')
})

test('a record of another cluster, or with a missing part, is not used', async () => {
  const secrets = new Map<string, Json>()
  const server = serverWith(secrets)
  const written = { ...record('one', 30_000), cluster: 'this' }
  const stored = await writeRecord(inventory, written, await readRecord(inventory, 'this', true, server), server)
  const other = await readRecord(inventory, 'other', true, server)
  assert.equal(other.warnings[0]?.reason, 'InventoryOfOtherCluster')
  const [part = ''] = stored?.parts ?? []
  secrets.delete(`/api/v1/namespaces/fairlead/secrets/set.${part}`)
  const incomplete = await readRecord(inventory, 'this', true, server)
  assert.equal(incomplete.record, undefined)
  assert.equal(incomplete.warnings[0]?.reason, 'InventoryIncomplete')
})

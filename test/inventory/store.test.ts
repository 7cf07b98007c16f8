import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readRecord, writeRecord } from '../../src/inventory/store.ts'
import { field, type Json, parseJson, stringField } from '../../src/json.ts'
import type { ApiResponse } from '../../src/object/api-status.ts'
import { makeInventory } from '../../src/object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, type RecordEntry } from '../../src/object/inventory-record.ts'

const inventory = makeInventory('fairlead', 'set')

/** A server that holds Secrets, and that dies once a number of writes was carried out. */
function serverWith(secrets: Map<string, Json>, most = Number.POSITIVE_INFINITY) {
  let version = 100
  let writes = 0
  const answer = (status: number, body: Json): ApiResponse => ({
    ...{ status, body, text: '', contentType: '', warnings: [], date: 0 },
  })
  const count = () => {
    writes += 1
    if (writes > most) throw new Error('killed')
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

test('a large record is whole at every instant: whatever write is the last one, the old or the new one is read', async () => {
  const [before, now] = [record('before', 40_000), record('now', 36_000)]
  const first = new Map<string, Json>()
  await writeRecord(inventory, before, await readRecord(inventory, '', true, serverWith(first)), serverWith(first))
  assert.ok(first.size > 2, 'it fits into one Secret')
  const whole = serverWith(new Map(first))
  const stored = await readRecord(inventory, '', true, whole)
  await writeRecord(inventory, now, stored, whole)
  for (let most = 0; most <= whole.writes(); most += 1) {
    const secrets = new Map(first)
    const server = serverWith(secrets, most)
    await writeRecord(inventory, now, await readRecord(inventory, '', true, server), server).catch(() => {})
    const read = await readRecord(inventory, '', true, server)
    assert.deepEqual(read.warnings, [], `after ${most} writes`)
    const expected = read.record?.commit === 'now' ? now : before
    assert.deepEqual(read.record, expected, `after ${most} writes`)
    if (most === whole.writes()) assert.equal(secrets.size, read.parts.length + 1, 'old parts are left')
  }
  console.log(`# ${whole.writes() + 1} prefixes were tried`)
})

test('a record that somebody else wrote meanwhile is not overwritten', async () => {
  const secrets = new Map<string, Json>()
  const server = serverWith(secrets)
  const nothing = await readRecord(inventory, '', true, server)
  const stored = await writeRecord(inventory, record('one', 1), nothing, server)
  assert.ok(stored !== undefined)
  await writeRecord(inventory, record('theirs', 1), stored, server)
  assert.equal(await writeRecord(inventory, record('ours', 1), stored, server), undefined)
  assert.equal((await readRecord(inventory, '', true, server)).record?.commit, 'theirs')
})

test('F131: a record of another cluster, or with a part that is missing, is not used', async () => {
  const secrets = new Map<string, Json>()
  const server = serverWith(secrets)
  const written = { ...record('one', 30_000), cluster: 'this' }
  const stored = await writeRecord(inventory, written, await readRecord(inventory, 'this', true, server), server)
  assert.match((await readRecord(inventory, 'other', true, server)).warnings[0]?.message ?? '', /about another cluster/)
  const [part = ''] = stored?.parts ?? []
  secrets.delete(`/api/v1/namespaces/fairlead/secrets/set.${part}`)
  const torn = await readRecord(inventory, 'this', true, server)
  assert.equal(torn.record, undefined)
  assert.match(torn.warnings[0]?.message ?? '', /parts of it are missing or spoilt/)
})

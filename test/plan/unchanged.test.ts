import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/json.ts'
import type { RecordEntry } from '../../src/object/inventory-record.ts'
import type { LiveObject } from '../../src/object/live-object.ts'
import { isUnchanged } from '../../src/plan/unchanged.ts'

const entry: RecordEntry = { hash: 'h', uid: 'u', resourceVersion: '5', generation: 2, ownership: 'o' }
const live: LiveObject = {
  ...{ uid: 'u', resourceVersion: '5', generation: 2, ownership: 'o' },
  ...{ labels: { app: 'a' }, annotations: { 'deployment.kubernetes.io/revision': '1' }, isTerminating: false },
}
const object: JsonObject = { metadata: { name: 'n', namespace: 'm', labels: { app: 'a' } }, spec: {} }
const written: Partial<LiveObject> = { resourceVersion: '6' }

const cases: [string, boolean, Partial<LiveObject>, Partial<RecordEntry>?, JsonObject?][] = [
  ['nothing changed', true, {}],
  ['a controller wrote the status', true, written],
  ['a controller added an annotation', true, { ...written, annotations: { other: 'x' } }],
  ['Git changed', false, {}, { hash: 'other' }],
  ['another object has the name', false, { uid: 'v' }],
  ['it is being deleted', false, { isTerminating: true }],
  ['somebody took a field, in whatever version of the object', false, { ownership: 'p' }],
  ['the specification changed behind our fields', false, { ...written, generation: 3 }],
  ['a label of ours has another value', false, { ...written, labels: { app: 'b' } }],
  ['a label of ours is gone', false, { ...written, labels: {} }],
  ['a kind without a generation was written', false, { ...written, generation: undefined }, { generation: undefined }],
  ['a kind without a generation was not', true, { generation: undefined }, { generation: undefined }],
  [
    'we set more of its metadata than can be seen',
    false,
    written,
    {},
    { metadata: { name: 'n', finalizers: ['example.com/x'] } },
  ],
]
for (const [what, expected, of, recorded = {}, manifest = object] of cases) {
  test(`${expected ? 'proven' : 'not proven'}: ${what}`, () => {
    assert.equal(isUnchanged(manifest, 'h', { ...entry, ...recorded }, { ...live, ...of }), expected)
  })
}

test('not proven: what nobody wrote down, or nobody sees', () => {
  assert.equal(isUnchanged(object, 'h', undefined, live), false)
  assert.equal(isUnchanged(object, 'h', entry, undefined), false)
})

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
  ['another object has its name', false, { uid: 'v' }],
  ['it is being deleted', false, { isTerminating: true }],
  ['another field manager took a field, also without a change of the generation', false, { ownership: 'p' }],
  ['the specification changed, but no owned field', false, { ...written, generation: 3 }],
  ['a label of the manifest has another value', false, { ...written, labels: { app: 'b' } }],
  ['a label of the manifest is missing', false, { ...written, labels: {} }],
  [
    'an object of a kind without a generation was written',
    false,
    { ...written, generation: undefined },
    { generation: undefined },
  ],
  [
    'an object of a kind without a generation was not written',
    true,
    { generation: undefined },
    { generation: undefined },
  ],
  [
    'the manifest sets metadata that is not compared',
    false,
    written,
    {},
    { metadata: { name: 'n', finalizers: ['example.com/x'] } },
  ],
]
for (const [what, expected, of, recorded = {}, manifest = object] of cases) {
  test(`${expected ? 'unchanged' : 'not known to be unchanged'}: ${what}`, () => {
    assert.equal(isUnchanged(manifest, 'h', { ...entry, ...recorded }, { ...live, ...of }), expected)
  })
}

test('not known to be unchanged: an object without an entry, or without a live object', () => {
  assert.equal(isUnchanged(object, 'h', undefined, live), false)
  assert.equal(isUnchanged(object, 'h', entry, undefined), false)
})

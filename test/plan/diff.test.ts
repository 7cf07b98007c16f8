import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Json, serialise } from '../../src/json.ts'
import { diffObjects } from '../../src/plan/diff.ts'
import { formatDiff } from '../../src/report/plan-details.ts'

const texts = (before: Json, after: Json, isSecret = false) =>
  diffObjects(before, after, isSecret).map((diff) => formatDiff(diff))

test('a diff has a line for each field, with entries of lists named by their key', () => {
  const before = {
    metadata: { name: 'a', resourceVersion: '1', labels: { 'app.kubernetes.io/name': 'x' }, managedFields: [] },
    spec: { replicas: 1, containers: [{ name: 'main', image: 'a:1' }, { name: 'side' }], args: ['a', 'b'] },
    status: { ready: 1 },
  }
  const after = {
    metadata: { name: 'a', resourceVersion: '2', labels: { 'app.kubernetes.io/name': 'y' }, generation: 4 },
    spec: { paused: true, containers: [{ name: 'side' }, { name: 'main', image: 'a:2' }], args: ['b', 'c'] },
  }
  assert.deepEqual(texts(before, after), [
    'metadata.labels["app.kubernetes.io/name"]: "x" → "y"',
    'spec.replicas: removed 1',
    'spec.containers[main].image: "a:1" → "a:2"',
    'spec.args["a"]: removed "a"',
    'spec.args["c"]: added "c"',
    'spec.paused: added true',
  ])
})

test('the order of a list is part of the diff only if its entries are the same', () => {
  assert.deepEqual(texts({ a: ['x', 'y'] }, { a: ['y', 'x'] }), ['a[0]: "x" → "y"', 'a[1]: "y" → "x"'])
  assert.deepEqual(texts({ a: [1, 1] }, { a: [1] }), ['a[1]: removed 1'])
  assert.equal(texts({ a: [{ name: 'x' }, { name: 'y' }] }, { a: [{ name: 'y' }, { name: 'x' }] }).length, 2)
})

test('values of Secrets are never part of a diff', () => {
  const found = diffObjects({ data: { a: 'MQ==', b: 'Mg==' } }, { data: { a: 'MQ==', b: 'Mw==', c: 'NA==' } }, true)
  assert.deepEqual(found.map(formatDiff), ['data.b: different (secret)', 'data.c: added (secret)'])
  assert.doesNotMatch(JSON.stringify(found), /M[gw]==|NA==/)
})

const values: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(null, true, 0, 1, '', 'x', 'y'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('name', 'key', 'data', 'a', 'b'), tie('value'), { maxKeys: 3 }),
  ),
})).value

test('property: a diff has a field exactly if two objects differ, whether values are hidden or not', () => {
  const objects = fc.dictionary(fc.constantFrom('data', 'spec', 'x'), values)
  fc.assert(
    fc.property(objects, objects, (a, b) => {
      const isDifferent = serialise(a) !== serialise(b)
      assert.equal(diffObjects(a, b, false).length > 0, isDifferent)
      assert.equal(diffObjects(a, b, true).length > 0, isDifferent)
      const changes = (isSecret: boolean) => diffObjects(a, b, isSecret).map(({ field, change }) => [field, change])
      assert.deepEqual(changes(true), changes(false))
    }),
    { seed: 31, numRuns: 2_000 },
  )
})

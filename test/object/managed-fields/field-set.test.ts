import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  contains,
  difference,
  type FieldSet,
  formatFieldSet,
  strip,
  union,
} from '../../../src/object/managed-fields/field-set.ts'

const replicas: FieldSet = { 'f:spec': { 'f:replicas': {} } }
const image: FieldSet = {
  'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:image': {} } } },
}

test('field sets have a union and a difference, field by field', () => {
  const both = union(replicas, image)
  assert.deepEqual(formatFieldSet(both), [
    'spec.replicas',
    'spec.containers[name="c"].name',
    'spec.containers[name="c"].image',
  ])
  assert.deepEqual(difference(both, replicas), image)
  assert.deepEqual(difference(both, both), {})
  assert.deepEqual(difference({ 'f:data': { '.': {}, 'f:a': {} } }, { 'f:data': { 'f:a': {} } }), { 'f:data': {} })
  assert.deepEqual(union({ 'f:a': {} }, { 'f:a': { 'f:b': {} } }), { 'f:a': { '.': {}, 'f:b': {} } })
})

const names = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'v:"y"')
const sets: fc.Arbitrary<FieldSet> = fc.letrec<{ set: FieldSet }>((tie) => ({
  set: fc.oneof(
    { depthSize: 'small' },
    fc.constant({}),
    fc.dictionary(names, tie('set'), { maxKeys: 3 }),
    fc.dictionary(names, tie('set'), { minKeys: 1, maxKeys: 2 }).map((set) => ({ '.': {}, ...set })),
  ),
})).set

test('property: a difference plus the subtracted set is the union; a set minus itself is empty', () => {
  fc.assert(
    fc.property(sets, sets, (some, other) => {
      // `.` at the root has no meaning.
      const { '.': _a, ...a } = some
      const { '.': _b, ...b } = other
      assert.deepEqual(difference(a, a), {})
      assert.deepEqual(sorted(union(difference(a, b), b)), sorted(union(a, b)))
      assert.deepEqual(sorted(union(a, b)), sorted(union(b, a)))
    }),
    { seed: 6 },
  )
})

/** A field set as text, with sorted fields. */
function sorted(set: FieldSet): string {
  const part = (name: string) => set[name] as FieldSet
  return `{${Object.keys(set)
    .sort()
    .map((name) => `${name}:${sorted(part(name))}`)
    .join()}}`
}

const pod = {
  spec: {
    replicas: 2,
    containers: [
      { name: 'b', image: 'i' },
      { name: 'c', image: 'j', tty: true },
    ],
    args: ['x', 'y'],
  },
}

test('stripping a field set removes its fields, and containers that become empty', () => {
  assert.deepEqual(strip(pod, replicas), { spec: { containers: pod.spec.containers, args: ['x', 'y'] } })
  assert.deepEqual(strip(pod, { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { 'f:tty': {} } } } }), {
    spec: { ...pod.spec, containers: [pod.spec.containers[0], { name: 'c', image: 'j' }] },
  })
  assert.deepEqual(strip(pod, image), { spec: { ...pod.spec, containers: [pod.spec.containers[0]] } })
  assert.deepEqual(strip(pod, { 'f:spec': { 'f:args': { 'v:"y"': {} } } }), { spec: { ...pod.spec, args: ['x'] } })
  assert.deepEqual(strip({ a: { b: 1 } }, { 'f:a': { '.': {}, 'f:b': {} } }), {})
  assert.deepEqual(strip({ a: { b: 1 } }, { 'f:a': { 'f:b': {} } }), { a: {} })
  // Stripping the map itself keeps the fields that others own in it.
  assert.deepEqual(strip({ a: { b: 1 } }, { 'f:a': {} }, { 'f:a': { 'f:b': {} } }), { a: { b: 1 } })
})

test('a field set that contains a field contains its subfields', () => {
  assert.ok(contains(replicas, ['spec', 'replicas']))
  assert.ok(!contains(replicas, ['spec', 'paused']))
  assert.ok(contains({ 'f:spec': {} }, ['spec', 'selector', 'app']))
  assert.ok(contains(image, ['spec', 'containers', { entry: { name: 'c' } }, 'image']))
  assert.ok(!contains(image, ['spec', 'containers', { entry: { name: 'b' } }, 'image']))
})

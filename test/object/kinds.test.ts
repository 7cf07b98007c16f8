import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KEYED_LISTS } from '../../src/manifests/validation/keyed-lists.ts'
import {
  APPLY_STEPS,
  factsOf,
  hasNameRules,
  isCustom,
  isNeverRecreated,
  KINDS,
  needsPermission,
} from '../../src/object/kinds.ts'

const kinds = Object.entries(KINDS).map(([key, facts]) => {
  const [group = '', kind = ''] = key.split('/')
  return { group, kind, facts }
})

test('the table of kinds has only built-in kinds, each with at least one fact', () => {
  const custom = kinds.filter(({ group }) => isCustom(group)).map(({ kind }) => kind)
  assert.deepEqual(custom, ['PodMetrics'])
  for (const { facts, kind } of kinds) assert.ok(Object.keys(facts).length > 0, kind)
  assert.deepEqual(factsOf({ group: 'example.com', kind: 'Namespace' }), {})
})

test('every step of the kind order has a kind, except the one for all other kinds', () => {
  const used = new Set(kinds.map(({ facts }) => facts.step))
  assert.deepEqual(
    APPLY_STEPS.filter((step) => !used.has(step)),
    ['others'],
  )
})

test('a kind with Pods has a Pod template, and checked lists of containers', () => {
  const withPods = kinds.filter(({ facts }) => facts.hasPods || facts.podTemplate !== undefined)
  for (const { group, kind, facts } of withPods) {
    assert.notEqual(facts.podTemplate, undefined, kind)
    assert.ok(Object.hasOwn(KEYED_LISTS, `${group}/${kind}`), kind)
  }
  const byEvents = kinds.filter(({ facts }) => facts.reportsRejectedPodsByEvents)
  assert.ok(byEvents.length > 0 && byEvents.every(({ facts }) => facts.hasPods))
})

test('kinds that hold data or other objects are never recreated, and need a permission to be pruned', () => {
  const protectedKinds = kinds.filter(needsPermission).map(({ kind }) => kind)
  assert.deepEqual(protectedKinds.sort(), [
    'CustomResourceDefinition',
    'Namespace',
    'PersistentVolume',
    'PersistentVolumeClaim',
  ])
  assert.ok(protectedKinds.every(isNeverRecreated))
  assert.equal(isNeverRecreated('ConfigMap'), false)
})

test('reviews and internal kinds of the API server are built in, and their names are not checked', () => {
  for (const group of ['authentication.k8s.io', 'authorization.k8s.io', 'internal.apiserver.k8s.io'])
    assert.deepEqual([isCustom(group), hasNameRules(group)], [false, false])
  assert.deepEqual([isCustom('apps'), hasNameRules('apps')], [false, true])
  assert.deepEqual([isCustom('example.com'), hasNameRules('example.com')], [true, false])
})

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

test('the facts about kinds are about built-in ones, and each says something', () => {
  const custom = kinds.filter(({ group }) => isCustom(group)).map(({ kind }) => kind)
  assert.deepEqual(custom, ['PodMetrics'])
  for (const { facts, kind } of kinds) assert.ok(Object.keys(facts).length > 0, kind)
  assert.deepEqual(factsOf({ group: 'example.com', kind: 'Namespace' }), {})
})

test('every step of the order has a kind, but for the one that is left to all others', () => {
  const used = new Set(kinds.map(({ facts }) => facts.step))
  assert.deepEqual(
    APPLY_STEPS.filter((step) => !used.has(step)),
    ['others'],
  )
})

test('a kind whose objects have Pods has a template of them, and lists of containers that are checked', () => {
  const withPods = kinds.filter(({ facts }) => facts.hasPods || facts.podTemplate !== undefined)
  for (const { group, kind, facts } of withPods) {
    assert.notEqual(facts.podTemplate, undefined, kind)
    assert.ok(Object.hasOwn(KEYED_LISTS, `${group}/${kind}`), kind)
  }
  const byEvents = kinds.filter(({ facts }) => facts.reportsRejectedPodsByEvents)
  assert.ok(byEvents.length > 0 && byEvents.every(({ facts }) => facts.hasPods))
})

test('what holds data or other objects is never recreated, and not deleted without permission', () => {
  const precious = kinds.filter(needsPermission).map(({ kind }) => kind)
  assert.deepEqual(precious.sort(), [
    'CustomResourceDefinition',
    'Namespace',
    'PersistentVolume',
    'PersistentVolumeClaim',
  ])
  assert.ok(precious.every(isNeverRecreated))
  assert.equal(isNeverRecreated('ConfigMap'), false)
})

test('reviews, and what the API server keeps for itself, are built in, and their names are not checked', () => {
  for (const group of ['authentication.k8s.io', 'authorization.k8s.io', 'internal.apiserver.k8s.io'])
    assert.deepEqual([isCustom(group), hasNameRules(group)], [false, false])
  assert.deepEqual([isCustom('apps'), hasNameRules('apps')], [false, true])
  assert.deepEqual([isCustom('example.com'), hasNameRules('example.com')], [true, false])
})

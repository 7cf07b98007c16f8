import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/diagnostics.ts'
import type { ReadOutcome } from '../../../src/kube/readers/collection-reader.ts'
import { openStatusList, type StatusTarget } from '../../../src/kube/readers/status-list.ts'
import { answering, apiOf } from '../../wait/world.ts'

const many = (count: number, namespace: (index: number) => string): StatusTarget[] =>
  Array.from({ length: count }, (_, index) => {
    const id = { group: 'apps', kind: 'Deployment', namespace: namespace(index), name: `d${index}` }
    return { id, path: `/apis/apps/v1/namespaces/${id.namespace}/deployments/${id.name}`, isMember: true }
  })
const bodyOf = ({ id: { namespace, name } }: StatusTarget) => ({ metadata: { namespace, name } })
const label = ['part-of', 'x'] as const
const LABEL = '?labelSelector=part-of%3Dx&limit=500'
const kinds = (outcomes: Map<StatusTarget, ReadOutcome>) => [...outcomes.values()].map(({ kind }) => kind)

test('few objects are read one by one, many with one list of the whole cluster', async () => {
  const objects = many(30, (index) => `n${index % 3}`)
  const { api, asked } = apiOf((path) => (path.includes('?') ? { items: objects.map(bodyOf) } : {}))
  const read = openStatusList(api, label)
  assert.deepEqual(kinds(await read(objects)), Array(30).fill('found'))
  assert.deepEqual(asked, [`/apis/apps/v1/deployments${LABEL}`])
  await read(objects.slice(0, 2))
  assert.deepEqual(asked.slice(1), [
    '/apis/apps/v1/namespaces/n0/deployments/d0',
    '/apis/apps/v1/namespaces/n1/deployments/d1',
  ])
})

test('objects in one namespace are listed there', async () => {
  const objects = many(30, () => 'n')
  const { api, asked } = apiOf(() => ({ items: objects.map(bodyOf) }))
  await openStatusList(api, label)(objects)
  assert.deepEqual(asked, [`/apis/apps/v1/namespaces/n/deployments${LABEL}`])
})

test('objects are listed by namespace if the cluster may not be listed, and else read; forbidden lists are not repeated', async () => {
  const objects = many(30, (index) => `n${index % 2}`)
  const { api, asked } = apiOf((path) => {
    if (!path.includes('?')) return {}
    return path.includes('/n0/')
      ? { items: objects.filter(({ id }) => id.namespace === 'n0').map(bodyOf) }
      : answering(403, {})
  })
  const read = openStatusList(api, label)
  for (const lists of [3, 1]) {
    asked.length = 0
    assert.deepEqual(kinds(await read(objects)), Array(30).fill('found'))
    assert.equal(asked.filter((path) => path.includes('?')).length, lists)
    assert.equal(asked.filter((path) => !path.includes('?')).length, 15)
  }
})

test('an object missing from the list is read, because it may have lost its label', async () => {
  const objects = many(12, () => 'n')
  const { api, asked } = apiOf((path) => {
    if (path.includes('?')) return { items: objects.slice(2).map(bodyOf) }
    return path.endsWith('d0') ? {} : undefined
  })
  const outcomes = await openStatusList(api, label)(objects)
  assert.deepEqual(
    objects.slice(0, 3).map((object) => outcomes.get(object)?.kind),
    ['found', 'absent', 'found'],
  )
  assert.equal(asked.length, 3)
})

test('objects that are not members are read one by one', async () => {
  const objects = many(12, () => 'n').map((object) => ({ ...object, isMember: false }))
  const { api, asked } = apiOf(() => ({}))
  await openStatusList(api, label)(objects)
  assert.equal(asked.length, 12)
})

test('an outage is an outcome, other failures are raised', async () => {
  const outage = new Failure({ code: 'E-KUBE-NET', message: 'away' })
  const objects = many(12, () => 'n')
  for (const some of [objects, objects.slice(0, 1)]) {
    const outcomes = await openStatusList(apiOf(() => outage).api, label)(some)
    assert.deepEqual(
      [...outcomes.values()],
      some.map(() => ({ kind: 'outage', failure: outage })),
    )
    const rejected = new Failure({ code: 'E-KUBE-AUTH', message: 'expired' })
    await assert.rejects(openStatusList(apiOf(() => rejected).api, label)(some), /expired/)
  }
})

test('a list that fails is the outcome of all its objects', async () => {
  const { api } = apiOf(() => answering(500, { message: 'etcd' }))
  const outcomes = await openStatusList(api, label)(many(12, () => 'n'))
  assert.deepEqual([...outcomes.values()], Array(12).fill({ kind: 'failed', status: 500, message: 'etcd' }))
})

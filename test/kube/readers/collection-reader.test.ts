import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../../../src/diagnostics.ts'
import { type KindOptions, openCollectionReader, type ReadTarget } from '../../../src/kube/readers/collection-reader.ts'
import { namespacedName } from '../../../src/object/metadata.ts'
import { runs } from '../../runs.ts'
import { answering, apiOf } from '../../wait/world.ts'

const COLLECTION = { path: '/apis/apps/v1/deployments', isNamespaced: true }
const LABEL = ['part-of', 'x'] as const
const SELECTOR = '?labelSelector=part-of%3Dx&limit=500'

const pathIn = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`
const target = (namespace: string, name: string): ReadTarget => ({
  id: { group: 'apps', kind: 'Deployment', namespace, name },
  path: `${pathIn(namespace)}/${name}`,
})
const options: KindOptions<string> = {
  ...{ collection: COLLECTION, contents: 'whole', label: LABEL, listFrom: 1 },
  ...{ oneNamespace: 'list cluster', unlisted: 'read' },
  take: (object) => namespacedName(object).name,
}

/** An object in the cluster. */
interface Stored {
  readonly namespace: string
  readonly name: string
  readonly hasLabel: boolean
}

/** An API with some objects; it forbids lists of the paths in `forbidden`. */
function apiWith(objects: readonly Stored[], forbidden: ReadonlySet<string> = new Set(), refusal = 403) {
  const bodyOf = ({ namespace, name }: Stored) => ({ metadata: { namespace, name } })
  return apiOf((path) => {
    const [resource = '', query] = path.split('?')
    if (query === undefined) {
      const found = objects.find(({ namespace, name }) => resource === `${pathIn(namespace)}/${name}`)
      return found === undefined ? undefined : bodyOf(found)
    }
    if (forbidden.has(resource)) return answering(refusal, { message: 'no' })
    const [, namespace] = /namespaces\/([^/]+)/.exec(resource) ?? []
    const inside = objects.filter((each) => each.hasLabel && (namespace ?? each.namespace) === each.namespace)
    return { items: inside.map(bodyOf) }
  })
}

const NAMESPACES = ['a', 'b', 'c']
const stored = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom('x', 'y', 'z'),
  hasLabel: fc.boolean(),
})
const clusters = fc.record({
  objects: fc.uniqueArray(stored, { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 9 }),
  wanted: fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMESPACES), fc.constantFrom('x', 'y', 'z')), {
    selector: (each) => each.join('/'),
    minLength: 1,
  }),
  forbidden: fc.subarray([COLLECTION.path, ...NAMESPACES.map(pathIn)]),
  refusal: fc.constantFrom(403, 405),
  listFrom: fc.integer({ min: 1, max: 10 }),
  oneNamespace: fc.constantFrom('list namespace' as const, 'list cluster' as const),
  unlisted: fc.constantFrom('read' as const, 'absent' as const),
})

test('property: whichever lists are forbidden, every existing object is found, and no request is repeated', async () => {
  await fc.assert(
    fc.asyncProperty(clusters, async ({ objects, wanted, forbidden, refusal, ...more }) => {
      const { api, asked } = apiWith(objects, new Set(forbidden), refusal)
      const reader = openCollectionReader(api)
      const targets = wanted.map(([namespace, name]) => target(namespace, name))
      const { outcomes, found } = await reader.readKind(targets, { ...options, ...more })
      assert.equal(outcomes.size, targets.length)
      assert.equal(new Set(asked).size, asked.length, asked.join('\n'))
      const singles = new Set(asked.filter((path) => !path.includes('?')))
      for (const each of targets) {
        const inCluster = objects.find(
          ({ namespace, name }) => namespace === each.id.namespace && name === each.id.name,
        )
        const isTold =
          inCluster !== undefined && (more.unlisted === 'read' || inCluster.hasLabel || singles.has(each.path ?? ''))
        assert.deepEqual(outcomes.get(each), isTold ? { kind: 'found', object: each.id.name } : { kind: 'absent' })
      }
      const count = [...outcomes.values()].filter(({ kind }) => kind === 'found').length
      assert.ok(found.length >= count && found.length <= objects.length)
      if (targets.length < more.listFrom) assert.equal(asked.length, targets.length)
    }),
    runs(300),
  )
})

test('property: a forbidden list is not requested again', async () => {
  await fc.assert(
    fc.asyncProperty(clusters, async ({ objects, wanted, forbidden, refusal, ...more }) => {
      const { api, asked } = apiWith(objects, new Set(forbidden), refusal)
      const reader = openCollectionReader(api)
      const targets = wanted.map(([namespace, name]) => target(namespace, name))
      const first = await reader.readKind(targets, { ...options, ...more })
      asked.length = 0
      const second = await reader.readKind(targets, { ...options, ...more })
      assert.deepEqual(
        asked.filter((path) => forbidden.includes(path.split('?')[0] ?? '') && path.includes('?')),
        [],
      )
      assert.deepEqual(new Map(second.outcomes), new Map(first.outcomes))
    }),
    runs(100),
  )
})

const everywhere = `${COLLECTION.path}${SELECTOR}`
const [listA, listB] = ['a', 'b'].map((namespace) => `${pathIn(namespace)}${SELECTOR}`)
const two = [target('a', 'x'), target('b', 'x')]
const requests: [what: string, targets: ReadTarget[], Partial<KindOptions<string>>, forbidden: string[], string[]][] = [
  ['the whole cluster', two, {}, [], [everywhere]],
  ['the whole cluster although all objects are in one namespace', [two[0] ?? target('a', 'x')], {}, [], [everywhere]],
  ['the namespace if all objects are in it', two.slice(0, 1), { oneNamespace: 'list namespace' }, [], [listA ?? '']],
  [
    'each namespace if the whole cluster is forbidden',
    two,
    {},
    [COLLECTION.path],
    [everywhere, listA ?? '', listB ?? ''],
  ],
  [
    'single objects where a namespace is forbidden too',
    two,
    {},
    [COLLECTION.path, pathIn('b')],
    [everywhere, listA ?? '', listB ?? '', `${pathIn('b')}/x`],
  ],
  ['single objects if there are few', two, { listFrom: 3 }, [], two.map(({ path = '' }) => path)],
  [
    'single objects of a kind without namespaces where the cluster is forbidden',
    two.slice(0, 1),
    { collection: { ...COLLECTION, isNamespaced: false } },
    [COLLECTION.path],
    [everywhere, two[0]?.path ?? ''],
  ],
]
for (const [what, targets, more, forbidden, expected] of requests)
  test(`the reader requests ${what}`, async () => {
    const objects = targets.map(({ id: { namespace, name } }) => ({ namespace, name, hasLabel: true }))
    const { api, asked } = apiWith(objects, new Set(forbidden))
    await openCollectionReader(api).readKind(targets, { ...options, ...more })
    assert.deepEqual(asked, expected)
  })

test('listed objects that were not requested are returned too', async () => {
  const { api } = apiWith([
    { namespace: 'a', name: 'x', hasLabel: true },
    { namespace: 'c', name: 'stray', hasLabel: true },
  ])
  const { found, outcomes } = await openCollectionReader(api).readKind([target('a', 'x')], options)
  assert.deepEqual([found, outcomes.size], [['x', 'stray'], 1])
})

test('an object without a name cannot be read if lists are forbidden', async () => {
  const nameless = { ...target('a', ''), path: undefined }
  const { api, asked } = apiWith([], new Set([COLLECTION.path, pathIn('a')]))
  const { outcomes } = await openCollectionReader(api).readKind([nameless], options)
  const outcome = outcomes.get(nameless)
  assert.equal(outcome?.kind === 'failed' && outcome.status, 403)
  assert.equal(asked.length, 2)
})

test('a list that fails but is not forbidden fails all its objects, without further requests', async () => {
  const { api, asked } = apiOf(() => answering(500, { message: 'etcd' }))
  const { outcomes } = await openCollectionReader(api).readKind(two, options)
  assert.deepEqual([...outcomes.values()], Array(2).fill({ kind: 'failed', status: 500, message: 'etcd' }))
  assert.equal(asked.length, 1)
})

test('an outage is the outcome of only the objects it affects; other failures are raised', async () => {
  const outage = new Failure({ code: 'E-KUBE-NET', message: 'away' })
  const { api } = apiOf((path) => {
    if (path.startsWith(COLLECTION.path)) return answering(403, {})
    return path.startsWith(pathIn('a')) ? outage : { items: [{ metadata: { namespace: 'b', name: 'x' } }] }
  })
  const { outcomes } = await openCollectionReader(api).readKind(two, options)
  assert.deepEqual(
    [...outcomes.values()],
    [
      { kind: 'outage', failure: outage },
      { kind: 'found', object: 'x' },
    ],
  )
  const expired = new Failure({ code: 'E-KUBE-AUTH', message: 'expired' })
  await assert.rejects(openCollectionReader(apiOf(() => expired).api).readKind(two, options), /expired/)
  await assert.rejects(openCollectionReader(apiOf(() => outage).api).read('/x', 'whole'), /away/)
})

test('at most four lists and sixteen reads are in flight at once', async () => {
  let [running, most] = [0, 0]
  const get = async () => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    return answering(200, { items: [] })
  }
  const reader = openCollectionReader({ get })
  await Promise.all(Array.from({ length: 20 }, (_, index) => reader.list(`/${index}`, { contents: 'metadata' })))
  assert.equal(most, 4)
  await reader.readEach(Array.from({ length: 40 }, (_, index) => target('a', `d${index}`)))
  assert.equal(most, 16)
})

test('a list is read page by page, and restarts if its continue token has expired', async () => {
  const page = (name: string, next = '') => ({ items: [{ metadata: { name } }], metadata: { continue: next } })
  let expired = 1
  const { api, asked } = apiOf((path) => {
    if (!path.includes('continue')) return page('a', 'n/1')
    expired -= 1
    return expired === 0 ? answering(410, {}) : page('b')
  })
  const result = await openCollectionReader(api).list('/c', { contents: 'metadata', pageSize: 1 })
  assert.deepEqual('objects' in result && result.objects.map((object) => namespacedName(object).name), ['a', 'b'])
  assert.deepEqual(asked, ['/c?limit=1', '/c?limit=1&continue=n%2F1', '/c?limit=1', '/c?limit=1&continue=n%2F1'])
})

test('the size of a collection is the server’s estimate, or infinite', async () => {
  const size = (rest: object) => openCollectionReader(apiOf(() => ({ metadata: { ...rest } })).api).estimateSize('/c')
  assert.equal(await size({ remainingItemCount: 41 }), 42)
  assert.equal(await size({}), Number.POSITIVE_INFINITY)
})

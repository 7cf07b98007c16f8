import assert from 'node:assert/strict'
import { test } from 'node:test'
import { field, type JsonObject, parseJson, stringField } from '../../src/json.ts'
import { SET_LABEL } from '../../src/object/inventory.ts'
import { forbidden, refusal } from '../fake-api.ts'
import { type FakeSet, openFakeSet, type RunOptions, type SetRun } from '../fake-set.ts'
import { annotated, configMap, crd, namespace, object, workload } from '../objects.ts'

const map = (name: string, metadata: JsonObject = {}) => configMap(name, 'default', {}, metadata)
const stays = map('stays')
/** A Deployment that reads a ConfigMap. */
const reading = (name: string) =>
  workload('Deployment', 'web', {
    namespace: 'default',
    container: { envFrom: [{ configMapRef: { name } }] },
  })
const ALLOW_ALL: RunOptions['prune'] = {
  ...{ isOn: true, mayEmpty: true, mayChangeScope: true, most: { objects: 0, percent: 100 } },
  objects: ['Namespace', 'CustomResourceDefinition'].map((kind) => ({ kind })),
}

/** The result of each prune candidate, by its name. */
function prunedIn({ pruned }: SetRun): Record<string, string> {
  return Object.fromEntries(pruned.pruneDecisions.map(({ id, result }) => [id.name, result]))
}

/** Applies objects beside one that stays, and then removes them from the set. */
async function prune(set: FakeSet, objects: readonly JsonObject[], options: RunOptions = {}): Promise<SetRun> {
  await set.run([stays, ...objects])
  return set.run([stays], options)
}

test('objects removed from Git are deleted in reverse dependency order', async () => {
  const set = openFakeSet()
  const removed = await prune(set, [reading('settings'), map('settings')])
  assert.deepEqual(prunedIn(removed), { web: 'pruned', settings: 'pruned' })
  assert.deepEqual(removed.writes, ['DELETE deployments/web', 'DELETE configmaps/settings'])
  assert.deepEqual([set.api.live(map('settings')), removed.pruned.problems], [undefined, []])
  assert.deepEqual((await set.run([stays])).pruned.pruneDecisions, [])
})

test('custom resources are deleted before workloads that may have to finalize them, and CRDs after them', async () => {
  const set = openFakeSet()
  const definition = crd('example.com', 'widgets', 'Widget')
  const removed = await prune(set, [definition, object('example.com/v1', 'Widget', 'w', 'default'), reading('none')], {
    prune: ALLOW_ALL,
  })
  assert.deepEqual(removed.writes, [
    'DELETE widgets/w',
    'DELETE deployments/web',
    'DELETE customresourcedefinitions/widgets.example.com',
  ])
})

test('every deletion has the uid and resourceVersion that were read, and is a foreground deletion except for a Namespace', async () => {
  const set = openFakeSet()
  const policies: unknown[] = []
  set.api.rule(/^DELETE /, ({ path, body = '' }) => {
    const options = parseJson(body)
    const live = path.includes('/configmaps/') ? map('a') : namespace('home')
    const metadata = field(set.api.live(live), 'metadata')
    policies.push(stringField(options, 'propagationPolicy'))
    for (const name of ['uid', 'resourceVersion'])
      assert.equal(stringField(options, 'preconditions', name), stringField(metadata, name))
    return undefined
  })
  const removed = await prune(set, [map('a'), namespace('home')], { prune: ALLOW_ALL })
  assert.deepEqual([prunedIn(removed), policies], [{ a: 'pruned', home: 'pruned' }, ['Foreground', 'Background']])
})

test('a finalizer that is not removed is an error that names it, and blocks the deletions after it', async () => {
  const set = openFakeSet()
  const held = {
    ...reading('settings'),
    metadata: { name: 'web', namespace: 'default', finalizers: ['example.com/never'] },
  }
  const removed = await prune(set, [held, map('settings')], { timeoutMs: 120 })
  assert.deepEqual(prunedIn(removed), { web: 'kept', settings: 'kept' })
  const [first, ...more] = removed.pruned.problems
  assert.deepEqual([first?.code, first?.object, more.length], ['E-PRUNE', 'Deployment default/web', 0])
  assert.match(first?.message ?? '', /example\.com\/never/)
  assert.deepEqual(removed.writes, ['DELETE deployments/web'])
  set.api.finalize(held)
  const again = await set.run([stays])
  assert.deepEqual([prunedIn(again), again.pruned.problems], [{ web: 'already deleted', settings: 'pruned' }, []])
})

test('a deletion waits until the finalizer is removed', async () => {
  const set = openFakeSet()
  const held = map('held', { finalizers: ['example.com/cleanup'] })
  await set.run([stays, held])
  let reads = 0
  set.api.rule(/^GET .*configmaps\/held/, () => {
    reads += set.api.live(held)?.metadata === undefined ? 0 : 1
    if (reads === 4) set.api.finalize(held)
    return undefined
  })
  const removed = await set.run([stays])
  assert.deepEqual([prunedIn(removed), removed.writes], [{ held: 'pruned' }, ['DELETE configmaps/held']])
})

test('an object that a controller writes at the same moment is read again, and deleted', async () => {
  const set = openFakeSet()
  await set.run([stays, map('a')])
  let conflicts = 2
  set.api.rule(/^DELETE /, () => {
    conflicts -= 1
    if (conflicts >= 0) set.api.applyAs('controller', annotated(map('a'), { seen: String(conflicts) }))
    return undefined
  })
  const removed = await set.run([stays])
  assert.deepEqual(prunedIn(removed), { a: 'pruned' })
  assert.equal(removed.writes.filter((write) => write === 'DELETE configmaps/a').length, 3)
})

const labelled = (value: string) => map('a', { labels: { [SET_LABEL]: value } })
const changes: [what: string, change: (set: FakeSet) => void, result: string][] = [
  ['is taken over by another set', ({ api }) => api.applyAs('them', labelled('applyset-other-v1')), 'abandoned'],
  ['loses the label of the set', ({ api }) => api.write(map('a'), 'them'), 'kept'],
  [
    'is protected by an annotation',
    ({ api }) => api.applyAs('them', annotated(map('a'), { 'helm.sh/resource-policy': 'keep' })),
    'kept',
  ],
  [
    'is deleted and created again',
    ({ api, inventory }) => {
      api.remove(map('a'))
      api.write(labelled(inventory.id), 'them')
    },
    'kept',
  ],
  ['is deleted', ({ api }) => api.remove(map('a')), 'pruned'],
]
for (const [what, change, result] of changes)
  test(`${result}: an object that ${what} after the plan was made`, async () => {
    const set = openFakeSet()
    await set.run([stays, map('a')])
    const removed = await set.run([stays], { onEvent: ({ type }) => type === 'prune' && change(set) })
    assert.deepEqual([prunedIn(removed), removed.writes], [{ a: result }, []])
  })

for (const annotation of ['fairlead.dev/prune', 'kustomize.toolkit.fluxcd.io/prune'])
  test(`an object that \`${annotation}\` protects is kept, also after it was in the set again`, async () => {
    const set = openFakeSet()
    const kept = annotated(map('a'), { [annotation]: 'disabled' })
    for (const _ of ['first', 'second']) {
      const removed = await prune(set, [kept])
      assert.deepEqual([prunedIn(removed), removed.writes], [{ a: 'kept' }, []])
    }
  })

test('a Namespace is deleted after the objects in it', async () => {
  const set = openFakeSet()
  const removed = await prune(set, [namespace('home'), configMap('in', 'home')], { prune: ALLOW_ALL })
  assert.deepEqual(removed.writes, ['DELETE configmaps/in', 'DELETE namespaces/home'])
})

test('a Namespace with objects of others is kept, whether they existed at the plan or were created since', async () => {
  const theirs = configMap('theirs', 'home')
  const early = openFakeSet()
  await early.run([stays, namespace('home'), configMap('in', 'home')])
  early.api.write(theirs)
  const planned = await early.run([stays], { prune: ALLOW_ALL })
  assert.deepEqual([prunedIn(planned), planned.writes], [{ in: 'pruned', home: 'kept' }, ['DELETE configmaps/in']])
  const late = openFakeSet()
  await late.run([stays, namespace('home'), configMap('in', 'home')])
  const removed = await late.run([stays], {
    prune: ALLOW_ALL,
    onEvent: ({ type }) => type === 'prune' && late.api.write(theirs),
  })
  assert.deepEqual([prunedIn(removed), removed.writes], [{ in: 'pruned', home: 'kept' }, ['DELETE configmaps/in']])
  assert.match(removed.pruned.problems[0]?.message ?? '', /ConfigMap home\/theirs/)
})

test('a Namespace is kept if an object in it was taken over after the plan was made', async () => {
  const set = openFakeSet()
  const inside = (labels: JsonObject) => configMap('in', 'home', {}, { labels })
  await set.run([stays, namespace('home'), inside({})])
  const removed = await set.run([stays], {
    prune: ALLOW_ALL,
    onEvent: ({ type }) => type === 'prune' && set.api.applyAs('them', inside({ [SET_LABEL]: 'applyset-other-v1' })),
  })
  assert.deepEqual([prunedIn(removed), removed.writes], [{ in: 'abandoned', home: 'kept' }, []])
})

test('a CRD with custom resources of others is kept, and those of the set are deleted', async () => {
  const set = openFakeSet()
  const widget = (name: string) => object('example.com/v1', 'Widget', name, 'default')
  await set.run([stays, crd('example.com', 'widgets', 'Widget'), widget('ours')])
  set.api.write(widget('theirs'))
  const removed = await set.run([stays], { prune: ALLOW_ALL })
  assert.deepEqual(removed.writes, ['DELETE widgets/ours'])
  assert.ok(set.api.live(widget('theirs')) !== undefined)
})

test('a Namespace whose contents cannot all be listed is kept', async () => {
  const set = openFakeSet()
  await set.run([stays, namespace('home')])
  set.api.rule(/^GET \/api\/v1\/namespaces\/home\/secrets/, () => forbidden('list', 'secrets'))
  const removed = await set.run([stays], { prune: ALLOW_ALL })
  assert.deepEqual([prunedIn(removed), removed.writes], [{ home: 'kept' }, []])
})

test('an object whose deletion the server rejects is an error, stays in the inventory, and is deleted by the next run', async () => {
  const set = openFakeSet()
  await set.run([stays, map('a'), map('b')])
  const allow = set.api.rule(/^DELETE .*configmaps\/a/, () => refusal(403, 'admission webhook denied the request'))
  const rejected = await set.run([stays])
  assert.deepEqual(prunedIn(rejected), { a: 'kept', b: 'pruned' })
  assert.deepEqual(
    rejected.pruned.problems.map(({ code, object: name }) => [code, name]),
    [['E-PRUNE', 'ConfigMap default/a']],
  )
  assert.match(rejected.pruned.problems[0]?.message ?? '', /admission webhook denied the request/)
  allow()
  assert.deepEqual(prunedIn(await set.run([stays])), { a: 'pruned' })
})

test('a cancelled run keeps the objects that are not deleted yet, and deletes no more', async () => {
  const set = openFakeSet()
  const held = {
    ...reading('settings'),
    metadata: { name: 'web', namespace: 'default', finalizers: ['example.com/never'] },
  }
  await set.run([stays, held, map('settings')])
  const cancelled = new AbortController()
  set.api.rule(/^DELETE /, () => {
    setTimeout(() => cancelled.abort(new Error('cancelled')), 20)
    return undefined
  })
  const removed = await set.run([stays], { signal: cancelled.signal })
  assert.deepEqual(prunedIn(removed), { web: 'kept', settings: 'kept' })
  assert.deepEqual(removed.writes, ['DELETE deployments/web'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../../src/diagnostics.ts'
import { discoverApis } from '../../../src/kube/discovery.ts'
import { openMemberReader } from '../../../src/kube/readers/set-members.ts'
import { makeInventory, SET_LABEL } from '../../../src/object/inventory.ts'
import { type FakeApi, forbidden, refusal, startFakeApi } from '../../fake-api.ts'
import { configMap, job, namespace } from '../../objects.ts'

const inventory = makeInventory('fairlead', 'set')
const labels = { [SET_LABEL]: inventory.id }
const id = (kind: string, home: string, name: string, group = '') => ({ group, kind, namespace: home, name })

/** A cluster with members in two namespaces, and other objects. */
function cluster(): FakeApi {
  const api = startFakeApi()
  for (const home of ['a', 'b']) {
    api.write(namespace(home))
    api.write(configMap('m', home, {}, { labels }))
    api.write(configMap('other', home))
  }
  api.write({ ...job('j', 'a'), metadata: { name: 'j', namespace: 'a', labels } })
  api.requests.length = 0
  return api
}

async function readerOf(api: FakeApi, withHealth = false) {
  const reader = openMemberReader(inventory, await discoverApis(api.client), api.client, withHealth)
  api.requests.length = 0
  return reader
}

const maps = [id('ConfigMap', 'a', 'm'), id('ConfigMap', 'b', 'm')]

test('members are listed by their label, once per kind, however often they are requested', async () => {
  const api = cluster()
  const read = await readerOf(api)
  const members = await read(maps)
  assert.deepEqual([...members.keys()].sort(), ['/ConfigMap/a/m', '/ConfigMap/b/m'])
  await Promise.all([read(maps), read([...maps, id('Job', 'a', 'j', 'batch')])])
  assert.deepEqual(members.size, 3)
  assert.equal(api.requests.length, 2)
  for (const request of api.requests) assert.match(request, /^GET \/api\S*\/(configmaps|jobs)\?labelSelector=/)
})

test('objects that take time to become ready are read in full if their health is requested', async () => {
  for (const [withHealth, isReady] of [
    [true, true],
    [false, undefined],
  ] as const) {
    const members = await (await readerOf(cluster(), withHealth))([id('Job', 'a', 'j', 'batch'), ...maps])
    assert.equal(members.get('batch/Job/a/j')?.isReady, isReady)
    assert.equal(members.get('/ConfigMap/a/m')?.isReady, undefined)
  }
})

test('a kind that is not served has no members', async () => {
  const api = cluster()
  assert.equal((await (await readerOf(api))([id('Box', 'a', 'b', 'example.net')])).size, 0)
  assert.deepEqual(api.requests, [])
})

test('if lists are forbidden each object is read; one that may not be read is not a member', async () => {
  const api = cluster()
  api.rule(/^GET .*configmaps\?/, () => forbidden('list', 'configmaps'))
  api.rule(/^GET .*\/b\/configmaps\/m/, () => forbidden('get', 'configmaps'))
  const members = await (await readerOf(api))([...maps, id('ConfigMap', 'a', 'gone')])
  assert.deepEqual([...members.keys()], ['/ConfigMap/a/m'])
  assert.equal(api.requests.length, 3 + 3)
})

test('objects whose list fails do not count as absent', async () => {
  const rules: [pattern: RegExp, status: number][] = [
    [/^GET .*configmaps\?/, 500],
    [/^GET .*configmaps\/m/, 503],
  ]
  for (const [pattern, status] of rules) {
    const api = cluster()
    api.rule(pattern, () => refusal(status, 'etcd: admission webhook is away'))
    if (status === 503) api.rule(/^GET .*configmaps\?/, () => forbidden('list', 'configmaps'))
    const read = await readerOf(api)
    await assert.rejects(read(maps), (error) => error instanceof Failure && error.problems[0]?.code === 'E-DISCOVERY')
  }
})

test('a set with unknown member names needs lists', async () => {
  const api = cluster()
  const kind = [id('ConfigMap', 'a', ''), id('ConfigMap', 'b', '')]
  assert.equal((await (await readerOf(api))(kind)).size, 2)
  api.rule(/^GET \/api\/v1\/configmaps\?/, () => forbidden('list', 'configmaps'))
  assert.equal((await (await readerOf(api))(kind)).size, 2)
  api.rule(/^GET .*\/b\/configmaps\?/, () => forbidden('list', 'configmaps'))
  await assert.rejects((await readerOf(api))(kind), /may not list/)
})

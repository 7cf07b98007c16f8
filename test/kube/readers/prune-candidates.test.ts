import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoverApis } from '../../../src/kube/discovery.ts'
import { readCandidates } from '../../../src/kube/readers/prune-candidates.ts'
import { parseLiveObject } from '../../../src/object/live-object.ts'
import { type FakeApi, refusal, startFakeApi } from '../../fake-api.ts'
import { configMap, crd, workload } from '../../objects.ts'

/** The state of the prune candidate with that key, and the requests that were sent. */
async function read(
  api: FakeApi,
  key: string,
  members: Parameters<typeof readCandidates>[1] = new Map(),
  unknown: string[] = [],
) {
  const discovery = { ...(await discoverApis(api.client)), unknown: new Set(unknown) }
  api.requests.length = 0
  const state = (await readCandidates([key], members, api.client, discovery)).get(key)
  return { state, asked: [...api.requests] }
}

const KEY = '/ConfigMap/default/m'

test('a member is not read again; an object that is not a member is read', async () => {
  const api = startFakeApi()
  api.write(configMap('m', 'default'))
  const live = parseLiveObject(api.live(configMap('m', 'default')) ?? null)
  const known = await read(api, KEY, new Map([[KEY, live]]))
  const unknown = await read(api, KEY)
  const path = '/api/v1/namespaces/default/configmaps/m'
  assert.deepEqual(known, { state: { kind: 'live', live, path, holdsData: false }, asked: [] })
  assert.deepEqual(unknown, { state: known.state, asked: [`GET ${path}`] })
})

test('an object that does not exist is gone, and one that cannot be read is unknown', async () => {
  const api = startFakeApi()
  assert.deepEqual((await read(api, KEY)).state, { kind: 'gone' })
  api.rule(/configmaps/, () => refusal(403, 'denied'))
  const { state } = await read(api, KEY)
  assert.match((state?.kind === 'unknown' && state.message) || '', /denied$/)
})

test('a StatefulSet is read in full, because it may delete its PVCs', async () => {
  for (const whenDeleted of ['Delete', 'Retain']) {
    const api = startFakeApi()
    const database = workload('StatefulSet', 'db', {
      namespace: 'default',
      spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted } },
    })
    api.write(database)
    const members = new Map([['apps/StatefulSet/default/db', parseLiveObject(api.live(database) ?? null)]])
    const { state } = await read(api, 'apps/StatefulSet/default/db', members)
    assert.equal(state?.kind === 'live' && state.holdsData, whenDeleted === 'Delete')
  }
})

test('an object of a kind that is not served is gone, unless its CRD exists', async () => {
  const key = 'example.net/Box/default/b'
  const unserved = { ...crd('example.net', 'boxes', 'Box'), spec: { group: 'example.net', versions: [] } }
  const without = await read(startFakeApi(), key)
  assert.deepEqual(without.state, { kind: 'gone' })
  assert.match(without.asked.join(), /^GET \/apis\/apiextensions\.k8s\.io\/v1\/customresourcedefinitions\?limit=500$/)
  const api = startFakeApi()
  api.write(unserved)
  assert.equal((await read(api, key)).state?.kind, 'unknown')
  const silent = startFakeApi()
  silent.rule(/customresourcedefinitions/, () => refusal(403, 'denied'))
  assert.equal((await read(silent, key)).state?.kind, 'unknown')
  const partial = await read(startFakeApi(), key, new Map(), ['metrics.k8s.io/v1'])
  assert.deepEqual([partial.state?.kind, partial.asked], ['unknown', []])
  // A built-in kind that is no longer served has no objects.
  assert.deepEqual(await read(startFakeApi(), 'extensions/Ingress/default/i'), { state: { kind: 'gone' }, asked: [] })
})

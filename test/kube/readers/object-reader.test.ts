import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonObject, stringField } from '../../../src/json.ts'
import { discoverApis } from '../../../src/kube/discovery.ts'
import { openObjectReader } from '../../../src/kube/readers/object-reader.ts'
import { readManifestOptions } from '../../../src/object/annotations/manifest-options.ts'
import { SET_LABEL } from '../../../src/object/inventory.ts'
import { parseLiveObject } from '../../../src/object/live-object.ts'
import { objectKey } from '../../../src/object/object-id.ts'
import type { ResolvedManifest } from '../../../src/object/resolved-manifest.ts'
import { type FakeApi, forbidden, startFakeApi } from '../../fake-api.ts'
import { configMap } from '../../objects.ts'

const label = [SET_LABEL, 'applyset-x-v1'] as const
const labels = { [label[0]]: label[1] }

function manifestOf(api: FakeApi, object: JsonObject): ResolvedManifest {
  const id = { group: '', kind: stringField(object, 'kind') ?? '', namespace: 'default', name: nameOf(object) }
  return {
    id,
    version: 'v1',
    object,
    options: readManifestOptions(object),
    location: { file: 'f' },
    path: api.pathOf(object),
  }
}

const nameOf = (object: JsonObject) => stringField(object, 'metadata', 'name') ?? ''
const maps = (count: number, prefix = 'm') =>
  Array.from({ length: count }, (_, index) => configMap(`${prefix}${index}`, 'default', {}, { labels }))

/** Reads objects one after the other, as members of the set or not; returns the requested paths. */
async function read(
  api: FakeApi,
  wanted: readonly JsonObject[],
  members: readonly JsonObject[] = [],
): Promise<string[]> {
  const manifests = wanted.map((object) => manifestOf(api, object))
  const known = new Map(members.map((each) => [objectKey(manifestOf(api, each).id), parseLiveObject(each)]))
  const options = { api: api.client, discovery: await discoverApis(api.client), label }
  const readObject = openObjectReader(manifests, known, options)
  api.requests.length = 0
  for (const manifest of manifests) {
    const { status, body } = await readObject(manifest)
    assert.deepEqual([status, body], [200, api.live(manifest.object)])
  }
  return api.requests.map((request) => request.replace('GET /api/v1/', ''))
}

function clusterWith(...objects: readonly JsonObject[]): FakeApi {
  const api = startFakeApi()
  for (const each of objects) api.write(each)
  return api
}

test('a few objects are read one by one', async () => {
  const few = maps(19)
  const asked = await read(clusterWith(...few), few)
  assert.deepEqual(
    asked,
    few.map((each) => `namespaces/default/configmaps/${nameOf(each)}`),
  )
})

test('many objects in a namespace are listed after some of them were read one by one', async () => {
  const many = maps(60)
  const asked = await read(clusterWith(...many), many)
  assert.equal(asked.length, 19 + 2)
  assert.deepEqual(asked.slice(19), [
    'namespaces/default/configmaps?limit=1',
    'namespaces/default/configmaps?limit=100',
  ])
})

test('many members are listed by their label, without a size estimate', async () => {
  const many = maps(60)
  const asked = await read(
    clusterWith(
      ...many,
      ...maps(300, 'other').map((each) => ({ ...each, metadata: { name: nameOf(each), namespace: 'default' } })),
    ),
    many,
    many,
  )
  assert.deepEqual(asked.slice(19), [`configmaps?labelSelector=${encodeURIComponent(label.join('='))}&limit=100`])
})

test('a collection with many more objects than manifests is not listed', async () => {
  const many = maps(30)
  const asked = await read(clusterWith(...many, ...maps(40, 'other')), many)
  assert.deepEqual(
    [asked.length, asked.filter((path) => path.includes('?'))],
    [31, ['namespaces/default/configmaps?limit=1']],
  )
  const members = [...many, ...maps(40, 'other')]
  assert.equal((await read(clusterWith(...members), many, members)).length, 30)
})

test('Secrets outside the set are not listed', async () => {
  const secrets = maps(30).map((each) => ({ ...each, kind: 'Secret' }))
  assert.equal((await read(clusterWith(...secrets), secrets)).length, 30)
})

test('objects that may not be listed, or are missing from the list, are read one by one', async () => {
  const many = maps(30)
  const api = clusterWith(...many)
  api.rule(/^GET .*configmaps\?limit=100/, () => forbidden('list', 'configmaps'))
  assert.equal((await read(api, many)).length, 30 + 2)
  const [first, ...rest] = many.map((each, index) =>
    index === 25 ? { ...each, metadata: { name: nameOf(each), namespace: 'default' } } : each,
  )
  assert.ok(first !== undefined)
  assert.equal((await read(clusterWith(first, ...rest), many, many)).length, 19 + 1 + 1)
})

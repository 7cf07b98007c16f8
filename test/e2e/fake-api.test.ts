import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { field, type Json, type JsonObject, listField, serialise, stringField } from '../../src/json.ts'
import { type ApiClient, openClient, PARTIAL_METADATA } from '../../src/kube/client.ts'
import { openKubectl } from '../../src/kube/kubectl.ts'
import { startProxy } from '../../src/kube/kubectl-proxy.ts'
import type { ApiResponse } from '../../src/object/api-status.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { startFakeApi } from '../fake-api.ts'
import { configMap, workload } from '../objects.ts'

let cluster: ControlPlane
let real: ApiClient
let stop: () => Promise<void>
before(async () => {
  cluster = await startControlPlane()
  const environment = { PATH: `${cluster.bin}:/usr/bin:/bin`, HOME: temporaryFolder(), KUBECONFIG: cluster.kubeconfig }
  const { signal } = new AbortController()
  const proxy = await startProxy(openKubectl(environment).with(environment), 'admin', temporaryFolder(), signal)
  real = openClient(proxy, signal)
  stop = proxy.stop
})
after(async () => {
  real.close()
  await stop()
  await cluster.stop()
})

const PATH = '/api/v1/namespaces/default/configmaps/m'
const map = (data: JsonObject, metadata: JsonObject = {}) => configMap('m', 'default', data, metadata)

/** What an answer says that both servers have to agree on. */
function essence({ status, body }: ApiResponse): Json {
  if (status >= 300) {
    const causes = listField(body, 'details', 'causes')
    return {
      status,
      causes: causes.map((cause) => [stringField(cause, 'reason') ?? '', stringField(cause, 'field') ?? '']),
    }
  }
  const managers = listField(body, 'metadata', 'managedFields')
  const entries = managers.map((entry) => [
    stringField(entry, 'manager') ?? '',
    stringField(entry, 'operation') ?? '',
    serialise(field(entry, 'fieldsV1') ?? null)
      .replaceAll('".":{},', '')
      .replaceAll('".":{}', ''),
  ])
  const generation = field(body, 'metadata', 'generation') ?? null
  // Who made the map itself, and owns nothing in it, the fake does not note.
  const owners = entries.filter(([, , fields]) => fields !== '{"f:data":{}}').sort()
  return { status, data: field(body, 'data') ?? null, owners, generation }
}

/** Does the same to a server each time, and returns what it answers. */
async function transcript(client: ApiClient): Promise<Json[]> {
  const session = client.openWriteSession(async () => {})
  const said: Json[] = []
  const says = async (answer: Promise<ApiResponse>) => {
    const got = await answer
    said.push(essence(got))
    return got
  }
  const apply = (object: JsonObject, force: boolean, manager = 'fairlead') =>
    session.send({
      method: 'PATCH',
      path: `${PATH}?fieldManager=${manager}&force=${force}`,
      headers: { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' },
      body: serialise(object),
    })
  await says(client.get(PATH))
  await says(client.dryRunApply(PATH, { object: serialise(map({ a: '1' })), force: false }))
  await says(client.get(PATH))
  await says(session.create(PATH, map({ a: 'made', b: 'made' }), 'kubectl-create'))
  await says(session.create(PATH, map({ a: 'again' }), 'kubectl-create'))
  await says(apply(map({ a: 'ours', c: '3' }), false))
  await says(client.dryRunApply(PATH, { object: serialise(map({ a: 'ours', c: '3' })), force: true }))
  const first = await says(apply(map({ a: 'ours', c: '3' }, { labels: { l: 'x' } }), true))
  await says(apply(map({ a: 'ours', b: 'made', c: '3' }), true))
  const same = await apply(map({ a: 'ours', b: 'made', c: '3' }), true)
  const twice = await apply(map({ a: 'ours', b: 'made', c: '3' }), true)
  said.push(versionOf(same) === versionOf(twice))
  await says(apply(map({ d: '4' }), false, 'other'))
  await says(apply(map({ c: 'theirs' }), false, 'other'))
  await says(apply(map({ a: 'ours' }), true))
  await says(client.dryRunMerge(PATH, { data: { b: null, e: '5' } }))
  await says(
    session.replace(PATH, {
      ...map({ stale: 'x' }),
      metadata: { name: 'm', namespace: 'default', resourceVersion: versionOf(first) },
    }),
  )
  const metadata = await client.get(PATH, PARTIAL_METADATA)
  said.push([stringField(metadata.body, 'kind') ?? '', field(metadata.body, 'data') ?? null])
  const uid = stringField(metadata.body, 'metadata', 'uid') ?? ''
  await says(session.remove(PATH, { uid: 'another' }))
  await says(session.remove(PATH, { uid, resourceVersion: versionOf(first) }))
  // In the foreground it would be gone once the garbage collector has looked.
  said.push((await session.remove(PATH, { uid }, 'Background')).status)
  await says(client.get(PATH))
  return said
}

function versionOf({ body }: ApiResponse): string {
  return stringField(body, 'metadata', 'resourceVersion') ?? ''
}

test('the fake API answers as the real one: applies, conflicts, owners, dry runs, preconditions', async () => {
  const [expected, actual] = [await transcript(real), await transcript(startFakeApi().client)]
  for (const [index, each] of expected.entries()) assert.deepEqual(actual[index], each, `answer ${index}`)
})

test('the fake API counts generations, merges lists by name and rejects immutable fields as the real one', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments/web'
  const web = (spec: JsonObject, image = 'i:1') =>
    serialise(workload('Deployment', 'web', { namespace: 'default', spec, container: { image } }))
  const story = async (client: ApiClient) => {
    const session = client.openWriteSession(async () => {})
    const answers = [
      await session.apply(path, web({}), 'fairlead'),
      await session.apply(path, web({ replicas: 2 }), 'other'),
      await session.apply(path, web({}, 'i:2'), 'fairlead'),
      await client.dryRunApply(path, { object: web({ selector: { matchLabels: { app: 'x' } } }), force: true }),
    ]
    return answers.map(({ status, body }) => ({
      status,
      generation: field(body, 'metadata', 'generation'),
      replicas: field(body, 'spec', 'replicas'),
      images: listField(body, 'spec', 'template', 'spec', 'containers').map((each) => stringField(each, 'image')),
      isImmutable: serialise(body).includes('field is immutable'),
    }))
  }
  assert.deepEqual(await story(startFakeApi().client), await story(real))
})

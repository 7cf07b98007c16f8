import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { field, isObject, type Json, stringField } from '../../src/json.ts'
import { type ApiClient, openClient } from '../../src/kube/client.ts'
import { servedKinds } from '../../src/kube/discovery.ts'
import { openKubectl } from '../../src/kube/kubectl.ts'
import { type ApiProxy, startProxy } from '../../src/kube/kubectl-proxy.ts'
import { isKeyed, KEYED_LISTS, type KeyedListFields } from '../../src/manifests/validation/keyed-lists.ts'
import { invalidNameReason } from '../../src/manifests/validation/names.ts'
import { objectPath } from '../../src/object/api-path.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder } from '../../testbed/repository.ts'

// Compares the rules for names and keyed lists with a real API server.

let cluster: ControlPlane
let proxy: ApiProxy
let api: ApiClient

before(async () => {
  cluster = await startControlPlane()
  const environment = { PATH: `${cluster.bin}:/usr/bin:/bin`, HOME: temporaryFolder() }
  const kubectl = openKubectl(environment).with({ ...environment, KUBECONFIG: cluster.kubeconfig })
  const { signal } = new AbortController()
  proxy = await startProxy(kubectl, 'admin', temporaryFolder(), signal)
  api = openClient(proxy, signal)
})
after(async () => {
  api.close()
  await proxy.stop()
  await cluster.stop()
})

async function get(path: string): Promise<Json> {
  const { status, body } = await api.get(path)
  assert.equal(status, 200, path)
  return body
}

function list(value: Json, ...path: string[]): readonly Json[] {
  const found = field(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The preferred version of every group that the server serves, for instance `apps/v1`. */
async function versions(): Promise<string[]> {
  const groups = list(await get('/apis'), 'groups')
  return ['v1', ...groups.map((group) => stringField(group, 'preferredVersion', 'groupVersion') ?? '')]
}

const names = [
  ...['a-b', 'a.b', 'a:b', 'Ab', 'a_b', 'a b', '1ab', '-a', 'a-', 'a..b', '--all', 'a\nb', 'system:x', 'é'],
  ...[52, 53, 63, 64, 253, 254].map((length) => 'a'.repeat(length)),
]

test('a name is rejected exactly if the server rejects it, for every built-in kind', async () => {
  const served = await servedKinds(await versions(), api)
  let compared = 0
  for (const [key, resource] of served) {
    const [apiVersion, kind] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)]
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    // Kinds that cannot be applied, and those whose names follow from their specs.
    if (
      /Review$|^(Binding|CustomResourceDefinition|APIService|ComponentStatus|IPAddress|ClusterTrustBundle)$/.test(kind)
    )
      continue
    for (const name of names) {
      const object = { apiVersion, kind, metadata: { name } }
      const response = await api.dryRunApply(objectPath(apiVersion, resource, 'default', name), {
        object: JSON.stringify(object),
        force: true,
      })
      const isNameError = list(response.body, 'details', 'causes').some(
        (cause) => stringField(cause, 'field') === 'metadata.name',
      )
      const rule = invalidNameReason({ group, kind, namespace: '', name }, object)
      const context = `${key} ${JSON.stringify(name.slice(0, 70))}: ${JSON.stringify(response.body).slice(0, 300)}`
      if (rule !== undefined) assert.ok(response.status >= 400, context)
      // Servers before about 1.35 accepted such names of StatefulSets, which may still exist.
      const wasValid = kind === 'StatefulSet' && (name.includes('.') || name.length > 63)
      if (isNameError && !wasValid) assert.ok(rule !== undefined, context)
      compared += 1
    }
  }
  assert.ok(compared > 800, String(compared))
})

/** Returns the keyed lists below a schema, each as its path and its keys with their defaults. */
function keyedLists(schemas: Json, schema: Json, path: string, above: readonly Json[]): string[] {
  const reference = stringField(schema, '$ref') ?? stringField(list(schema, 'allOf')[0] ?? null, '$ref')
  if (reference !== undefined) {
    return keyedLists(schemas, field(schemas, reference.split('/').at(-1) ?? '') ?? null, path, above)
  }
  if (above.includes(schema) || !isObject(schema)) return []
  const inside = [...above, schema]
  const items = field(schema, 'items')
  const own = list(schema, 'x-kubernetes-list-map-keys').map((key) => {
    const fallback = field(resolved(schemas, items ?? null), 'properties', String(key), 'default')
    return typeof fallback === 'string' && fallback !== '' ? `${key}=${fallback}` : String(key)
  })
  const properties = Object.entries(field(schema, 'properties') ?? {})
  return [
    ...(own.length > 0 ? [`${path} ${own.join(',')}`] : []),
    ...(items === undefined ? [] : keyedLists(schemas, items, `${path}[]`, inside)),
    ...properties.flatMap(([name, member]) => keyedLists(schemas, member, `${path}.${name}`, inside)),
  ]
}

function resolved(schemas: Json, schema: Json): Json {
  const reference = stringField(schema, '$ref') ?? stringField(list(schema, 'allOf')[0] ?? null, '$ref')
  return reference === undefined ? schema : (field(schemas, reference.split('/').at(-1) ?? '') ?? null)
}

function ourLists(rules: KeyedListFields, path: string): string[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    if (!isKeyed(rule)) return ourLists(rule, `${path}.${name}`)
    const keys = Object.entries(rule.keys).map(([key, fallback]) =>
      fallback === undefined ? key : `${key}=${fallback}`,
    )
    return [`${path}.${name} ${keys.join(',')}`, ...ourLists(rule.entries, `${path}.${name}[]`)]
  })
}

test('the table of keyed lists matches the schemas of the server, for every built-in kind', async () => {
  const published: string[] = []
  for (const apiVersion of await versions()) {
    const document = await get(`/openapi/v3/${apiVersion === 'v1' ? 'api' : 'apis'}/${apiVersion}`)
    const schemas = field(document, 'components', 'schemas') ?? null
    for (const schema of Object.values(schemas ?? {})) {
      for (const kind of list(schema, 'x-kubernetes-group-version-kind')) {
        const isSameVersion =
          apiVersion === [stringField(kind, 'group'), stringField(kind, 'version')].filter(Boolean).join('/')
        if (!isSameVersion || field(schema, 'properties', 'metadata') === undefined) continue
        const key = `${stringField(kind, 'group')}/${stringField(kind, 'kind')}`
        published.push(...keyedLists(schemas, schema, '', []).map((text) => `${key} ${text}`))
      }
    }
  }
  // Without lists that no manifest sets, or that only the server writes, and without the schemas in CRDs.
  const isInManifests = (text: string) =>
    !/metadata\.(ownerReferences|managedFields)|\.status\.|ComponentStatus|x-kubernetes-validations|List /.test(text)
  const ours = Object.entries(KEYED_LISTS).flatMap(([key, rules]) =>
    ourLists(rules, '').map((text) => `${key} ${text}`),
  )
  assert.deepEqual(ours.toSorted(), published.filter(isInManifests).toSorted())
})

test('server-side apply rejects two entries with the same key', async () => {
  const container = { name: 'c', image: 'i', env: [{ name: 'A' }, { name: 'A' }] }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [container] } }
  const { status, body } = await api.dryRunApply('/api/v1/namespaces/default/pods/p', {
    object: JSON.stringify(pod),
    force: true,
  })
  assert.ok(status >= 400)
  assert.match(stringField(body, 'message') ?? '', /duplicate entries for key \[name="A"\]/)
})

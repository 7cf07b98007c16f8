import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readRecord, writeRecord } from '../../src/inventory/store.ts'
import { openClient } from '../../src/kube/client.ts'
import { openKubectl } from '../../src/kube/kubectl.ts'
import { startProxy } from '../../src/kube/kubectl-proxy.ts'
import { makeInventory } from '../../src/object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, type RecordEntry } from '../../src/object/inventory-record.ts'
import { runProgram } from '../../src/process.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { runStep } from '../../testbed/step.ts'
import { corpus, unlessPresent } from '../corpora.ts'
import { reconcileFiles } from './reconcile.ts'
import { errorOf, removedOf, warningOf } from './report.ts'

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
  await cluster.kubectl(['create', 'namespace', 'sets'])
})
after(() => cluster.stop())

const map = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'sets' }, data: { a: 'b' } })

/** kubectl as somebody uses it who prunes by an ApplySet. */
function kubectlApply(set: string, documents: readonly string[]) {
  const env = {
    PATH: `${cluster.bin}:/usr/bin:/bin`,
    KUBECONFIG: cluster.kubeconfig,
    KUBECTL_APPLYSET: 'true',
    KUBERC: 'off',
  }
  const args = ['apply', '--server-side', '-n', 'sets', '--prune', `--applyset=${set}`, '--filename=-']
  return runProgram('kubectl', args, {
    env: { ...env, HOME: temporaryFolder() },
    stdin: documents.join('\n---\n'),
  })
}

function run(set: string, names: readonly string[], inputs: Record<string, string> = {}) {
  const files = { 'all.yaml': names.map(map).join('\n---\n') }
  return reconcileFiles(cluster, files, { name: set, 'inventory-namespace': 'sets', ...inputs })
}

async function mapsOf(prefix: string): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['get', 'configmaps', '-n', 'sets', '-o', 'name'])
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((name) => name.replace('configmap/', ''))
    .filter((name) => name.startsWith(prefix))
}

test('a set of ours is refused by kubectl as another tool’s, and is kubectl’s once that is written on it', async () => {
  assert.equal((await run('ours', ['ours-a', 'ours-b'])).exitCode, 0)
  const refused = await kubectlApply('ours', ['ours-a'].map(map))
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /managed by tooling "fairlead" instead of "kubectl"/)
  assert.deepEqual(await mapsOf('ours'), ['ours-a', 'ours-b'])
  const annotation = 'applyset.kubernetes.io/tooling=kubectl/v1.37.2'
  await cluster.kubectl(['annotate', 'secret', 'ours', '-n', 'sets', '--overwrite', annotation])
  const taken = await kubectlApply('ours', ['ours-a'].map(map))
  assert.equal(taken.code, 0, taken.stderr)
  assert.match(taken.stdout.toString(), /configmap\/ours-b pruned/)
  assert.deepEqual(await mapsOf('ours'), ['ours-a'])
})

test('a set that kubectl made becomes ours, without a deletion in the first run', async () => {
  const made = await kubectlApply('theirs', ['theirs-a', 'theirs-b', 'theirs-c'].map(map))
  assert.equal(made.code, 0, made.stderr)
  const prune = { prune: 'true', 'prune-limit': '100%' }
  const first = await run('theirs', ['theirs-a', 'theirs-new'], prune)
  assert.equal(first.exitCode, 0, first.log)
  assert.equal(warningOf(first, 'AppliedByKubectl').object, 'Secret sets/theirs')
  const kept = removedOf(first, 'ConfigMap sets/theirs-b')
  assert.deepEqual([kept.result, kept.reason], ['kept', 'AppliedByKubectl'])
  assert.deepEqual(await mapsOf('theirs'), ['theirs-a', 'theirs-b', 'theirs-c', 'theirs-new'])
  const second = await run('theirs', ['theirs-a', 'theirs-new'], prune)
  assert.equal(second.outputs.pruned, '2', second.log)
  assert.deepEqual(await mapsOf('theirs'), ['theirs-a', 'theirs-new'])
  const refused = await kubectlApply('theirs', ['theirs-a'].map(map))
  assert.match(refused.stderr, /managed by tooling "fairlead"/)
})

test('a set that kubectl made is not taken over by halves: all its kinds have to be listed', async () => {
  const account = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'half', namespace: 'sets' },
  })
  assert.equal((await kubectlApply('half', [map('half-a'), account])).code, 0)
  const rbac = { apiGroup: 'rbac.authorization.k8s.io' }
  const rules = [
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list', 'create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  ]
  const metadata = { name: 'half', namespace: 'sets' }
  const role = { apiVersion: `${rbac.apiGroup}/v1`, kind: 'Role', metadata, rules }
  const subjects = [{ ...rbac, kind: 'User', name: 'half' }]
  const binding = {
    ...role,
    kind: 'RoleBinding',
    rules: undefined,
    roleRef: { ...rbac, kind: 'Role', name: 'half' },
    subjects,
  }
  await cluster.kubectl(['create', '-f', '-'], `${JSON.stringify(role)}\n---\n${JSON.stringify(binding)}`)
  const kubeconfig = readFileSync(await cluster.kubeconfigFor('half'), 'utf8')
  const result = await run('half', ['half-a'], { kubeconfig })
  assert.equal(result.exitCode, 1)
  const { reason, message } = errorOf(result, 'E-DISCOVERY')
  assert.equal(reason, 'ListForbidden')
  assert.match(message, /\bServiceAccount\b/)
})

test('a set of another tool is left alone', async () => {
  assert.equal((await kubectlApply('foreign', ['foreign-a'].map(map))).code, 0)
  const annotation = 'applyset.kubernetes.io/tooling=example/deployer/v1'
  await cluster.kubectl(['annotate', 'secret', 'foreign', '-n', 'sets', '--overwrite', annotation])
  const result = await run('foreign', ['foreign-a'])
  assert.equal(result.exitCode, 1)
  const { reason, message } = errorOf(result, 'E-GUARD', 'Secret sets/foreign')
  assert.equal(reason, 'OtherTool')
  assert.match(message, /\bexample\/deployer\b/)
})

test('an inventory of 40,000 objects is split, and read back whole, on the real server', async () => {
  const environment = { PATH: `${cluster.bin}:/usr/bin:/bin`, HOME: temporaryFolder(), KUBECONFIG: cluster.kubeconfig }
  const { signal } = new AbortController()
  const proxy = await startProxy(openKubectl(environment).with(environment), 'admin', temporaryFolder(), signal)
  const client = openClient(proxy, signal)
  const api = client.openWriteSession(async () => {})
  try {
    const inventory = makeInventory('sets', 'large')
    const text = () => randomBytes(16).toString('base64url')
    const entry = (): RecordEntry => ({
      ...{ hash: text(), uid: randomUUID(), resourceVersion: '1234567', generation: 1, ownership: text() },
    })
    const record = (count: number): InventoryRecord => ({
      ...EMPTY_RECORD,
      entries: new Map(
        Array.from({ length: count }, (_, index) => [`apps/Deployment/shop/web-${100_000 + index}`, entry()]),
      ),
    })
    const [large, small] = [record(40_000), record(10_000)]
    const first = await writeRecord(inventory, large, await readRecord(inventory, '', true, api), api)
    assert.ok(first !== undefined && first.parts.length > 1)
    const read = await readRecord(inventory, '', true, api)
    assert.deepEqual(read.record, large)
    const second = await writeRecord(inventory, small, read, api)
    assert.deepEqual(second?.parts, [], '10,000 objects fit into one')
    const { stdout } = await cluster.kubectl(['get', 'secrets', '-n', 'sets', '-o', 'name'])
    assert.deepEqual(
      stdout
        .toString()
        .split('\n')
        .filter((name) => name.includes('/large')),
      ['secret/large'],
    )
    assert.equal(await writeRecord(inventory, large, read, api), undefined, 'it was written since it was read')
  } finally {
    client.close()
    await proxy.stop()
  }
})

test('cloudnative-pg: an upgrade, and its removal with what has to be allowed', {
  skip: unlessPresent('cloudnative-pg'),
}, async () => {
  const folder = temporaryFolder()
  const release = (version: string | undefined) => {
    rmSync(join(folder, 'cnpg'), { recursive: true, force: true })
    mkdirSync(join(folder, 'cnpg'))
    if (version !== undefined)
      cpSync(join(corpus('cloudnative-pg'), 'releases', `cnpg-${version}.yaml`), join(folder, 'cnpg', 'cnpg.yaml'))
  }
  const reconcile = (inputs: Record<string, string>) =>
    runStep({
      with: { repository: folder, path: 'cnpg', name: 'cnpg', prune: 'true', ...inputs },
      env: { KUBECONFIG: cluster.kubeconfig },
      path: [cluster.bin],
    })
  const labelled = async () => {
    const kinds =
      'namespaces,crds,clusterroles,clusterrolebindings,deployments,services,configmaps,serviceaccounts,validatingwebhookconfigurations,mutatingwebhookconfigurations'
    const args = ['get', kinds, '-A', '-o', 'name', '-l', `applyset.kubernetes.io/part-of`]
    const { stdout } = await cluster.kubectl(args)
    return stdout
      .toString()
      .split('\n')
      .filter((name) => /cnpg|postgresql/.test(name))
  }
  release('1.29.1')
  const installed = await reconcile({})
  assert.equal(installed.exitCode, 0, installed.log)
  release('1.30.0')
  const upgraded = await reconcile({})
  assert.equal(upgraded.exitCode, 0, upgraded.log)
  assert.ok(Number(upgraded.outputs.updated) > 0, upgraded.log)

  release(undefined)
  const refused = await reconcile({})
  const { reason, location } = errorOf(refused, 'E-SOURCE')
  assert.deepEqual({ reason, location }, { reason: 'NoFiles', location: { file: 'cnpg' } })
  const kept = await reconcile({ 'prune-allow': 'empty-set', 'prune-limit': '100%' })
  assert.equal(kept.exitCode, 1)
  for (const object of ['Namespace cnpg-system', 'CustomResourceDefinition clusters.postgresql.cnpg.io'])
    assert.equal(errorOf(kept, 'E-GUARD', object).reason, 'DeletionNotAllowed')
  assert.deepEqual(
    (await labelled()).filter((name) => !/^(namespace|customresourcedefinition)/.test(name)),
    [],
  )

  const removed = await reconcile({
    'prune-allow': 'empty-set\nNamespace\nCustomResourceDefinition',
    'prune-limit': '100%',
  })
  assert.equal(removed.exitCode, 0, removed.log)
  assert.deepEqual(await labelled(), [])
})

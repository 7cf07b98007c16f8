import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AuditEvent, type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { noteRequests } from './audit.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Runs the step as somebody; also says what the server was asked. */
async function runAs(
  user: string,
  files: Record<string, string>,
  inputs: Record<string, string> = {},
): Promise<StepResult & { events: readonly AuditEvent[] }> {
  const folder = temporaryFolder()
  writeFiles(folder, files)
  const requests = noteRequests(cluster)
  const result = await runStep({
    with: { repository: folder, name: 'identities', ...inputs },
    env: { KUBECONFIG: user === 'admin' ? cluster.kubeconfig : await cluster.kubeconfigFor(user) },
    path: [cluster.bin],
  })
  return { ...result, events: requests().filter((request) => request.user === user) }
}

async function apply(object: object): Promise<void> {
  const exit = await cluster.kubectl(['apply', '--filename=-'], JSON.stringify(object))
  assert.equal(exit.code, 0, exit.stderr)
}

/** Gives a user rights in one namespace. */
async function grant(user: string, namespace: string, rules: object[]): Promise<void> {
  const metadata = { name: user, namespace }
  const rbac = 'rbac.authorization.k8s.io'
  await cluster.kubectl(['create', 'namespace', namespace])
  await apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules })
  const roleRef = { apiGroup: rbac, kind: 'Role', name: user }
  const subjects = [{ apiGroup: rbac, kind: 'User', name: user }]
  await apply({ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects })
}

const map = (name: string, namespace: string, value = '1') =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { a: value } })

const many = (namespace: string, value = '1') => ({
  'a.yaml': Array.from({ length: 30 }, (_, index) => map(`m-${index}`, namespace, value)).join('\n---\n'),
})

test('an identity of one namespace keeps its record there, and a run without changes costs a few requests', async () => {
  // The Role of the README, for ConfigMaps.
  await grant('jo', 'team', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  ])
  const inputs = { namespace: 'team' }
  const first = await runAs('jo', many('team'), inputs)
  assert.equal(first.exitCode, 0, first.log)
  assert.deepEqual([first.outputs.created, first.commands.filter(({ name }) => name === 'warning').length], ['30', 0])
  const second = await runAs('jo', many('team'), inputs)
  assert.equal(second.outputs.result, 'unchanged', second.log)
  const told = second.events.map(({ verb, uri, status }) => `${verb} ${uri} ${status}`).join('\n')
  assert.ok(second.events.length <= 8, told)
  assert.match(told, /list \/api\/v1\/configmaps\?.* 403/)
  assert.match(told, /list \/api\/v1\/namespaces\/team\/configmaps\?.* 200/)
  const third = await runAs('jo', many('team', '2'), inputs)
  assert.equal(third.outputs.updated, '30', third.log)
})

test('an identity that may not list reads its objects one by one', async () => {
  await grant('kim', 'squad', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  ])
  const inputs = { namespace: 'squad' }
  assert.equal((await runAs('kim', many('squad'), inputs)).outputs.created, '30')
  const second = await runAs('kim', many('squad'), inputs)
  assert.equal(second.outputs.result, 'unchanged', second.log)
  assert.doesNotMatch(second.log, /Asking the server/)
  assert.equal((await runAs('kim', many('squad', '2'), inputs)).outputs.updated, '30')
})

test('an identity that may not write down what it does, or not lock, applies nothing, and is told what it misses', async () => {
  const configMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch'] }
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }
  const reading = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
  await grant('lee', 'crew', [configMaps, reading])
  const unlocked = await runAs('lee', many('crew'), { namespace: 'crew' })
  assert.equal(unlocked.exitCode, 1)
  assert.match(unlocked.log, /E-LOCK Lease crew\/identities: The lock of this set cannot be had, .*"lee" cannot create/)
  assert.match(unlocked.log, /Let the identity `get`, `create` and `patch` Secrets, .* in the namespace crew/)
  await grant('lee', 'crew', [configMaps, reading, leases])
  const unwritten = await runAs('lee', many('crew'), { namespace: 'crew' })
  assert.match(unwritten.log, /E-GUARD Secret crew\/identities: The inventory cannot be written/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'm-0', '-n', 'crew'])).code, 1)
})

test('an inventory that may not be read is not written either', async () => {
  const configMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch'] }
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }
  const secrets = (...verbs: string[]) => ({ apiGroups: [''], resources: ['secrets'], verbs })
  await grant('pat', 'blind', [configMaps, leases, secrets('get', 'create', 'patch')])
  assert.equal((await runAs('pat', many('blind'), { namespace: 'blind' })).exitCode, 0)
  await grant('pat', 'blind', [configMaps, leases, secrets('create', 'patch')])
  const refused = await runAs('pat', { 'b.yaml': map('other', 'blind') }, { namespace: 'blind' })
  assert.match(
    refused.log,
    /E-GUARD Secret blind\/identities: The inventory cannot be read, and without it nobody knows/,
  )
  await grant('pat', 'blind', [configMaps, leases, secrets('get', 'create', 'patch')])
  const again = await runAs('pat', { 'b.yaml': map('other', 'blind') }, { namespace: 'blind' })
  assert.equal(again.outputs.kept, '30', again.log)
})

test('an identity that may only read plans by comparison, says so, and applies nothing', async () => {
  await grant('max', 'readers', [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list'] }])
  await runAs('admin', many('readers'), { namespace: 'readers' })
  const files = { ...many('readers'), 'b.yaml': map('new', 'readers') }
  const inputs = { namespace: 'readers', mode: 'plan' }
  await cluster.kubectl([
    'patch',
    'configmap',
    'm-3',
    '-n',
    'readers',
    '--type=merge',
    '--patch={"data":{"a":"drifted"}}',
  ])
  const planned = await runAs('max', files, inputs)
  assert.equal(planned.exitCode, 0, planned.log)
  assert.deepEqual(
    [planned.outputs.created, planned.outputs.drifted, planned.outputs.unchanged],
    ['1', '1', '29'],
    planned.log,
  )
  assert.match(planned.log, /drifted {5}ConfigMap readers\/m-3 .*\n {2}data\.a: "drifted" → "1"/)
  assert.match(planned.log, /compared here, because the identity may not ask the server/)
  const applied = await runAs('max', files, { namespace: 'readers' })
  assert.equal(applied.exitCode, 1)
  assert.match(applied.log, /E-APPLY .*User "max" cannot patch/)
})

test('a Secret of that name that is no inventory is left alone', async () => {
  await cluster.kubectl(['create', 'namespace', 'taken'])
  await cluster.kubectl(['create', 'secret', 'generic', 'identities', '-n', 'taken', '--from-literal=record=mine'])
  const result = await runAs('admin', { 'a.yaml': map('x', 'taken') }, { namespace: 'taken' })
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-GUARD Secret taken\/identities: There is such a Secret already, and it is no inventory/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'x', '-n', 'taken'])).code, 1)
})

test('a record that is spoilt, or of another cluster, proves nothing, and is written anew', async () => {
  const files = many('default')
  const spoil = async (record: string) => {
    const patch = JSON.stringify({ data: { record } })
    await cluster.kubectl(['patch', 'secret', 'identities', '-n', 'fairlead', '--type=merge', `--patch=${patch}`])
  }
  assert.equal((await runAs('admin', files)).exitCode, 0)
  await spoil(Buffer.from('no record').toString('base64'))
  const second = await runAs('admin', files)
  assert.equal(second.outputs.unchanged, '30', second.log)
  assert.match(second.log, /warning Secret fairlead\/identities: Nothing is known about the last run/)
  const third = await runAs('admin', files)
  assert.doesNotMatch(third.log, /warning|Asking the server/)
})

test('a group whose server is away is unknown: it stops those that need it, and nobody else (F114)', async () => {
  const spec = { group: 'away.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 }
  const service = { name: 'nowhere', namespace: 'default' }
  const metadata = { name: 'v1.away.example.com' }
  const object = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata }
  await apply({ ...object, spec: { ...spec, service, insecureSkipTLSVerify: true } })
  const needy = { apiVersion: 'away.example.com/v1', kind: 'Thing', metadata: { name: 't', namespace: 'default' } }
  const bad = () => runAs('admin', { 'a.yaml': map('not-made', 'default'), 'b.yaml': JSON.stringify(needy) })
  // The aggregator needs a moment to find out that nobody answers; until then the kind is one that nobody serves.
  let result = await bad()
  for (let round = 0; !result.log.includes('E-DISCOVERY') && round < 20; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    result = await bad()
  }
  assert.equal(result.exitCode, 1)
  assert.match(result.log, /E-DISCOVERY: The server does not say which kinds it serves in away\.example\.com\/v1/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'not-made'])).code, 1)
  const good = await runAs('admin', { 'a.yaml': map('beside-away', 'default') })
  assert.equal(good.exitCode, 0, good.log)
  await cluster.kubectl(['delete', 'apiservice', metadata.name])
})

test('a comparison sees what Git removes from a list, and says that nobody else has judged it', async () => {
  const rule = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }
  await grant('ada', 'viewers', [rule, { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }])
  const deployment = (...names: string[]) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'viewers' },
      spec: {
        selector: { matchLabels: { app: 'd' } },
        template: {
          metadata: { labels: { app: 'd' } },
          spec: { containers: names.map((name) => ({ name, image: 'example/app:1' })) },
        },
      },
    })
  await runAs('admin', { 'a.json': deployment('c', 'd') }, { namespace: 'viewers' })
  const planned = await runAs('ada', { 'a.json': deployment('c') }, { namespace: 'viewers', mode: 'plan' })
  assert.equal(planned.exitCode, 0, planned.log)
  assert.match(planned.log, /updated {5}Deployment viewers\/d .*\n {2}spec\.template\.spec\.containers\[d\]: removed/)
  assert.match(planned.log, /warning.*1 object compared here.*so this plan has no digest/)
  assert.equal(planned.outputs.digest, '')
})

test('replicas are left alone where nobody can say whether an autoscaler set them', async () => {
  await grant('kay', 'scaled', [
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'create', 'patch'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  ])
  const deployment = JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'scaled' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'example/app:1' }] } },
    },
  })
  const inputs = { namespace: 'scaled' }
  assert.equal((await runAs('kay', { 'a.json': deployment }, inputs)).exitCode, 0)
  await cluster.kubectl(['scale', 'deployment', 'd', '-n', 'scaled', '--replicas=9'])
  const result = await runAs('kay', { 'a.json': deployment }, inputs)
  assert.equal(result.exitCode, 0, result.log)
  assert.match(result.log, /warning: Replicas that somebody has scaled in the namespace scaled are left alone/)
  const live = await cluster.kubectl(['get', 'deployment', 'd', '-n', 'scaled', '-o', 'jsonpath={.spec.replicas}'])
  assert.equal(String(live.stdout), '9')
})

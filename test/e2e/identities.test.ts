import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AuditEvent, type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { noteRequests } from './audit.ts'
import { errorOf, errorsOf, objectOf, setOf, warningOf, warningsOf } from './report.ts'

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
  assert.deepEqual([first.outputs.created, warningsOf(first)], ['30', []])
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
  assert.equal(setOf(second).dryRuns, 0)
  assert.equal((await runAs('kim', many('squad', '2'), inputs)).outputs.updated, '30')
})

test('an identity that may not write down what it does, or not lock, applies nothing, and is told what it misses', async () => {
  const configMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch'] }
  const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }
  const reading = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }
  await grant('lee', 'crew', [configMaps, reading])
  const unlocked = await runAs('lee', many('crew'), { namespace: 'crew' })
  assert.equal(unlocked.exitCode, 1)
  const { reason, message, hint } = errorOf(unlocked, 'E-LOCK', 'Lease crew/identities')
  assert.equal(reason, 'LockUnavailable')
  assert.match(message, /"lee" cannot create/)
  for (const word of ['get', 'create', 'patch', 'update', 'Secrets', 'Leases', 'crew'])
    assert.match(hint ?? '', new RegExp(`\\b${word}\\b`))
  await grant('lee', 'crew', [configMaps, reading, leases])
  const unwritten = await runAs('lee', many('crew'), { namespace: 'crew' })
  assert.equal(errorOf(unwritten, 'E-GUARD', 'Secret crew/identities').reason, 'InventoryNotWritable')
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
  assert.equal(errorOf(refused, 'E-GUARD', 'Secret blind/identities').reason, 'InventoryUnreadable')
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
  const drifted = objectOf(planned, 'ConfigMap readers/m-3')
  assert.equal(drifted.result, 'drifted')
  assert.deepEqual(drifted.diffs, [
    { field: 'data.a', change: 'changed', before: 'drifted', after: '1', isSecret: false },
  ])
  assert.equal(drifted.checkedBy, 'forbidden')
  assert.notEqual(drifted.uncheckedBecause, null)
  const applied = await runAs('max', files, { namespace: 'readers' })
  assert.equal(applied.exitCode, 1)
  for (const name of ['m-3', 'new']) {
    const error = errorOf(applied, 'E-APPLY', `ConfigMap readers/${name}`)
    assert.equal(error.reason, 'PatchForbidden')
    assert.match(error.message, /User "max" cannot patch/)
  }
})

test('a Secret of that name that is no inventory is left alone', async () => {
  await cluster.kubectl(['create', 'namespace', 'taken'])
  await cluster.kubectl(['create', 'secret', 'generic', 'identities', '-n', 'taken', '--from-literal=record=mine'])
  const result = await runAs('admin', { 'a.yaml': map('x', 'taken') }, { namespace: 'taken' })
  assert.equal(result.exitCode, 1)
  assert.equal(errorOf(result, 'E-GUARD', 'Secret taken/identities').reason, 'NotAnInventory')
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
  assert.equal(warningOf(second, 'InventoryInvalid').object, 'Secret fairlead/identities')
  const third = await runAs('admin', files)
  assert.deepEqual([warningsOf(third), setOf(third).dryRuns], [[], 0])
})

test('a group whose server is away is unknown: it stops those that need it, and nobody else', async () => {
  const spec = { group: 'away.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 }
  const service = { name: 'nowhere', namespace: 'default' }
  const metadata = { name: 'v1.away.example.com' }
  const object = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata }
  await apply({ ...object, spec: { ...spec, service, insecureSkipTLSVerify: true } })
  const needy = { apiVersion: 'away.example.com/v1', kind: 'Thing', metadata: { name: 't', namespace: 'default' } }
  const bad = () => runAs('admin', { 'a.yaml': map('not-made', 'default'), 'b.yaml': JSON.stringify(needy) })
  // The aggregator needs a moment to find out that nobody answers; until then the kind is one that nobody serves.
  let result = await bad()
  for (let round = 0; !errorsOf(result).some(({ code }) => code === 'E-DISCOVERY') && round < 20; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    result = await bad()
  }
  assert.equal(result.exitCode, 1)
  const { reason, message } = errorOf(result, 'E-DISCOVERY')
  assert.equal(reason, 'ApiUnavailable')
  assert.match(message, /away\.example\.com\/v1/)
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
  const { result, diffs, checkedBy } = objectOf(planned, 'Deployment viewers/d')
  assert.deepEqual([result, checkedBy], ['updated', 'forbidden'])
  assert.deepEqual(
    diffs.map(({ field, change }) => [field, change]),
    [['spec.template.spec.containers[d]', 'removed']],
  )
  assert.match(warningOf(planned, 'DryRunForbidden').message, /\b1\b/)
  assert.deepEqual([planned.outputs['plan-digest'], setOf(planned).planDigest], ['', ''])
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
  assert.match(warningOf(result, 'AutoscalersUnknown').message, /\bnamespace scaled\b/)
  const live = await cluster.kubectl(['get', 'deployment', 'd', '-n', 'scaled', '-o', 'jsonpath={.spec.replicas}'])
  assert.equal(String(live.stdout), '9')
})

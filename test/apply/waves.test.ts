import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/diagnostics.ts'
import { field, type JsonObject, stringField } from '../../src/json.ts'
import { invalid, managersOf, refusal } from '../fake-api.ts'
import { type FakeSet, openFakeSet, type SetRun } from '../fake-set.ts'
import { readyStatus } from '../fake-store.ts'
import { annotated, configMap, crd, dependingOn, hook, inWave, job, namespace, object, workload } from '../objects.ts'

const map = (name: string, data: JsonObject = {}) => configMap(name, 'default', data)
const deployment = (name: string, spec: JsonObject = {}) => workload('Deployment', name, { namespace: 'default', spec })
const migrate = (image = 'app:1') =>
  job('migrate', 'default', { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } } })

const patchMap = (name: string) => `PATCH configmaps/${name}`

/** The names of the objects that each stream gets. */
function streamsOf({ stream }: SetRun): string[][] {
  return stream.calls.map((paths) => paths.map((path) => path.slice(path.lastIndexOf('/') + 1)))
}

/** Gives the objects with these names the given statuses; all others become ready. */
function withStatus(set: FakeSet, statuses: Readonly<Record<string, JsonObject>>): void {
  set.api.control((written) => statuses[stringField(written, 'metadata', 'name') ?? ''] ?? readyStatus(written))
}

const failed = { conditions: [{ type: 'Failed', status: 'True', message: 'it has reached the backoff limit' }] }
const progressing = { observedGeneration: 1, replicas: 1, updatedReplicas: 0 }

test('one stream applies all objects that need not wait, in dependency order', async () => {
  const run = await openFakeSet().run([
    workload('Deployment', 'web', { namespace: 'home', container: { envFrom: [{ configMapRef: { name: 'env' } }] } }),
    configMap('env', 'home'),
    namespace('home'),
  ])
  assert.deepEqual(streamsOf(run), [['home', 'env', 'web']])
  assert.deepEqual(run.writes, ['PATCH namespaces/home', 'PATCH configmaps/env', 'PATCH deployments/web'])
})

test('the next wave waits for a wave with a workload, but not for one without', async () => {
  const run = await openFakeSet().run([
    inWave(map('last'), 3),
    inWave(map('third'), 2),
    inWave(deployment('second'), 1),
    inWave(map('first'), -1),
  ])
  assert.deepEqual(streamsOf(run), [
    ['first', 'second'],
    ['third', 'last'],
  ])
})

test('if a workload does not become ready, later waves are skipped and the run fails', async () => {
  const set = openFakeSet()
  withStatus(set, { stuck: progressing })
  const run = await set.run([inWave(deployment('stuck'), 0), inWave(map('last'), 1), map('beside')], { timeoutMs: 1 })
  assert.deepEqual(run.results, {
    ...{ 'Deployment default/stuck': 'created', 'ConfigMap default/last': 'skipped' },
    'ConfigMap default/beside': 'created',
  })
  assert.deepEqual(
    run.outcome.problems.map(({ code, object: name }) => [code, name]),
    [['E-HEALTH', 'Deployment default/stuck']],
  )
})

test('concurrent streams keep the order', async () => {
  const set = openFakeSet()
  const maps = Array.from({ length: 9 }, (_, index) =>
    index === 0 ? map('m0') : dependingOn(map(`m${index}`), `/namespaces/default/ConfigMap/m${index - 1}`),
  )
  // A slow response delays the other streams too.
  set.api.rule(/^PATCH .*configmaps\/m[03]\?(?!.*dryRun)/, async () => {
    await sleep(5)
    return undefined
  })
  const run = await set.run(maps.toReversed(), { parallelism: 3 })
  assert.equal(run.stream.calls.length, 3)
  assert.deepEqual(
    run.writes,
    maps.map((_, index) => patchMap(`m${index}`)),
  )
})

test('direct and indirect dependents of a rejected object are skipped, and the rest is applied', async () => {
  const set = openFakeSet()
  set.api.rule(/^PATCH .*configmaps\/broken\?(?!.*dryRun)/, () => invalid('data', 'it is broken'))
  const run = await set.run([
    map('broken'),
    dependingOn(map('skipped'), '/namespaces/default/ConfigMap/broken'),
    dependingOn(map('skipped-too'), '/namespaces/default/ConfigMap/skipped'),
    // A reference to it is no explicit dependency.
    workload('Deployment', 'reader', {
      namespace: 'default',
      container: { envFrom: [{ configMapRef: { name: 'broken' } }] },
    }),
    map('free'),
  ])
  assert.deepEqual(run.results, {
    'ConfigMap default/broken': 'failed',
    'ConfigMap default/skipped': 'skipped',
    'ConfigMap default/skipped-too': 'skipped',
    'Deployment default/reader': 'created',
    'ConfigMap default/free': 'created',
  })
  const rejected = run.outcome.results.find(({ result }) => result === 'failed')
  assert.deepEqual(rejected?.result === 'failed' && [rejected.message, rejected.field], [
    'it is invalid: data: Invalid value: it is broken',
    ['data'],
  ])
  assert.ok(!run.writes.some((write) => write.includes('skipped')))
})

test('a rejection is retried only if an earlier change in the same run may resolve it', async () => {
  const set = openFakeSet()
  let refusals = 1
  set.api.rule(/^PATCH .*pods\/[^?]*\?(?!.*dryRun)/, () => {
    refusals -= 1
    return refusals < 0 ? undefined : refusal(403, 'error looking up service account')
  })
  set.api.rule(/^PATCH .*configmaps\/lonely\?(?!.*dryRun)/, () => refusal(403, 'denied'))
  const spec = { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] }
  const run = await set.run([
    annotated(object('v1', 'Pod', 'pod', 'default', { spec }), { 'fairlead.dev/wait': 'false' }),
    object('v1', 'ServiceAccount', 'robot', 'default'),
    map('lonely'),
  ])
  assert.equal(run.results['Pod default/pod'], 'created')
  assert.equal(run.writes.filter((write) => write === 'PATCH pods/pod').length, 2)
  assert.equal(run.writes.filter((write) => write === patchMap('lonely')).length, 1)
  assert.deepEqual(run.events.filter(({ type }) => type === 'apply-retry').length, 1)
})

test('a CRD is applied before its resources, in a separate stream', async () => {
  const set = openFakeSet()
  const box = object('example.net/v1', 'Box', 'box', 'default', { spec: { size: 1 } })
  const run = await set.run([
    box,
    crd('example.net', 'boxes', 'Box', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  ])
  assert.deepEqual(streamsOf(run), [['boxes.example.net'], ['box']])
  assert.ok(set.api.live(box) !== undefined)
  const accepted = run.events.findIndex(({ type }) => type === 'crd-wait')
  assert.ok(accepted >= 0, 'it did not wait until the resources are accepted')
})

test('hooks run in their phases, later objects wait for them, and a second run does not repeat them', async () => {
  const set = openFakeSet()
  const objects = [hook(job('smoke', 'default'), 'PostSync'), hook(migrate(), 'PreSync'), deployment('web')]
  const first = await set.run(objects)
  assert.deepEqual(streamsOf(first), [['migrate'], ['web'], ['smoke']])
  const second = await set.run(objects)
  assert.deepEqual([second.writes, second.stream.calls], [[], []])
})

test('hooks run again when an object of the set changes, and later objects wait for them again', async () => {
  const set = openFakeSet()
  const objects = (value: string) => [hook(migrate(), 'PreSync'), map('m', { a: value })]
  await set.run(objects('one'))
  const run = await set.run(objects('two'))
  assert.deepEqual(run.results, { 'Job default/migrate': 'recreated', 'ConfigMap default/m': 'updated' })
  assert.deepEqual(run.writes, ['DELETE jobs/migrate', 'PATCH jobs/migrate', patchMap('m')])
  assert.deepEqual(streamsOf(run), [['migrate'], ['m']])
})

test('a hook runs again when an object before it has drifted, even without a change in Git', async () => {
  const set = openFakeSet()
  const objects = [hook(job('smoke', 'default'), 'PostSync'), map('m', { a: 'one' })]
  await set.run(objects)
  set.api.applyAs('other-manager', map('m', { a: 'other' }))
  const run = await set.run(objects)
  assert.deepEqual(run.results, { 'ConfigMap default/m': 'drifted', 'Job default/smoke': 'recreated' })
})

test('if a hook fails, it is kept, later objects are skipped, and it runs again in the next run', async () => {
  const set = openFakeSet()
  withStatus(set, { migrate: failed })
  const objects = [hook(migrate(), 'PreSync'), deployment('web')]
  const first = await set.run(objects)
  assert.deepEqual(first.results, { 'Job default/migrate': 'created', 'Deployment default/web': 'skipped' })
  assert.deepEqual(
    first.outcome.unfinished.map(({ id }) => id.name),
    ['migrate'],
  )
  set.api.control(readyStatus)
  const second = await set.run(objects)
  assert.deepEqual(second.results, { 'Job default/migrate': 'recreated', 'Deployment default/web': 'created' })
  assert.deepEqual(second.writes, ['DELETE jobs/migrate', 'PATCH jobs/migrate', 'PATCH deployments/web'])
})

test('a hook that is skipped is not deleted', async () => {
  const set = openFakeSet()
  const objects = (value: string) => [
    inWave(hook(job('first', 'default'), 'PreSync'), -1),
    hook(migrate(), 'PreSync'),
    map('m', { a: value }),
  ]
  await set.run(objects('one'))
  withStatus(set, { first: failed })
  const run = await set.run(objects('two'))
  assert.deepEqual(run.results['Job default/migrate'], 'skipped')
  assert.deepEqual(run.writes, ['DELETE jobs/first', 'PATCH jobs/first'])
})

const policies: [policy: string, status: JsonObject | undefined, isDeleted: boolean][] = [
  ['HookSucceeded', undefined, true],
  ['HookSucceeded', failed, false],
  ['HookFailed', undefined, false],
  ['HookFailed', failed, true],
  ['HookSucceeded,HookFailed', failed, true],
]
for (const [policy, status, isDeleted] of policies) {
  const end = status === undefined ? 'succeeded' : 'failed'
  test(`a hook that has ${end} is ${isDeleted ? 'deleted' : 'kept'} with delete policy ${policy}`, async () => {
    const set = openFakeSet()
    if (status !== undefined) withStatus(set, { migrate: status })
    const run = await set.run([hook(migrate(), 'PreSync', policy)])
    assert.equal(set.api.live(migrate()) === undefined, isDeleted)
    assert.equal(run.events.filter(({ type }) => type === 'hook-delete').length, isDeleted ? 1 : 0)
  })
}

test('a hook that its delete policy deleted is completed, and runs again when the set changes', async () => {
  const set = openFakeSet()
  const objects = (value: string) => [hook(migrate(), 'PreSync', 'HookSucceeded'), map('m', { a: value })]
  await set.run(objects('one'))
  const second = await set.run(objects('one'))
  assert.deepEqual([second.results['Job default/migrate'], second.writes], ['completed', []])
  const third = await set.run(objects('two'))
  assert.deepEqual(third.writes, ['PATCH jobs/migrate', patchMap('m'), 'DELETE jobs/migrate'])
})

test('a hook of an earlier run that is still running ends before it is recreated', async () => {
  const set = openFakeSet()
  withStatus(set, { migrate: { ready: 1 } })
  const cancelled = new AbortController()
  const isWaiting = ({ type }: { readonly type: string }) => type === 'wait-progress'
  await set.run([hook(migrate('app:1'), 'PreSync')], {
    signal: cancelled.signal,
    onEvent: (event) => isWaiting(event) && cancelled.abort(new Error('cancelled')),
  })
  set.api.control(readyStatus)
  const run = await set.run([hook(migrate('app:2'), 'PreSync')], {
    onEvent: ({ type }) => {
      // Its controller reports that it has ended.
      if (type === 'hook-running')
        set.api.applyAs('job-controller', { ...migrate('app:1'), status: { conditions: [] } })
    },
  })
  assert.ok(run.events.some(({ type }) => type === 'hook-running'))
  assert.deepEqual(run.writes, ['DELETE jobs/migrate', 'PATCH jobs/migrate'])
})

test('an object whose annotation allows recreation is deleted right before it is applied', async () => {
  const set = openFakeSet()
  await set.run([deployment('web')])
  const forced = annotated(deployment('web', { selector: { matchLabels: { app: 'other' } } }), {
    'kustomize.toolkit.fluxcd.io/force': 'enabled',
  })
  const run = await set.run([forced, map('m')])
  assert.deepEqual(run.results['Deployment default/web'], 'recreated')
  assert.deepEqual(run.writes, [patchMap('m'), 'DELETE deployments/web', 'PATCH deployments/web'])
  assert.deepEqual(field(set.api.live(deployment('web')), 'spec', 'selector', 'matchLabels'), { app: 'other' })
})

test('an object whose deletion the server rejects is kept and not recreated', async () => {
  const set = openFakeSet()
  await set.run([deployment('web')])
  set.api.rule(/^DELETE /, () => refusal(403, 'admission webhook denied the request'))
  const forced = annotated(deployment('web', { selector: { matchLabels: { app: 'other' } } }), {
    'kustomize.toolkit.fluxcd.io/force': 'enabled',
  })
  const run = await set.run([forced])
  assert.deepEqual(run.results, { 'Deployment default/web': 'failed' })
  assert.deepEqual(run.writes, ['DELETE deployments/web'])
  assert.ok(set.api.live(deployment('web')) !== undefined)
})

test('the fields of a deployer are migrated before the apply, unless it has written the object since the plan was made', async () => {
  const set = openFakeSet()
  set.api.write(map('m', { a: 'old', dropped: 'x' }))
  const run = await set.run([map('m', { a: 'new' })])
  assert.deepEqual(run.writes, [patchMap('m'), patchMap('m')])
  assert.deepEqual([set.api.live(map('m'))?.data, managersOf(set.api.live(map('m')))], [{ a: 'new' }, ['fairlead']])
  const raced = openFakeSet()
  raced.api.write(map('m', { a: 'old' }))
  const late = await raced.run([map('m', { a: 'new' })], {
    onEvent: ({ type }) => type === 'kubectl-apply' && raced.api.write(map('m', { a: 'old', more: 'x' })),
  })
  assert.deepEqual([late.results, late.writes], [{ 'ConfigMap default/m': 'failed' }, []])
})

test('objects that a cancelled run has not sent are pending', async () => {
  const set = openFakeSet()
  withStatus(set, { stuck: progressing })
  const cancelled = new AbortController()
  const run = await set.run([inWave(deployment('stuck'), 0), inWave(map('last'), 1)], {
    signal: cancelled.signal,
    onEvent: ({ type }) => type === 'wait-progress' && cancelled.abort(new Error('cancelled')),
  })
  assert.deepEqual(run.results, { 'Deployment default/stuck': 'created', 'ConfigMap default/last': 'pending' })
  assert.deepEqual([run.writes, run.outcome.problems], [['PATCH deployments/stuck'], []])
})

test('if the connection breaks, objects without a response are pending, and there is one error', async () => {
  const set = openFakeSet()
  const connectionError = new Failure({
    code: 'E-KUBE-NET',
    message: 'The cluster cannot be reached: connection refused',
  })
  set.api.rule(/^PATCH .*configmaps\/b\?(?!.*dryRun)/, () => connectionError)
  const run = await set.run([map('a'), map('b'), dependingOn(map('c'), '/namespaces/default/ConfigMap/b')])
  assert.deepEqual(run.results, {
    ...{ 'ConfigMap default/a': 'created', 'ConfigMap default/b': 'pending', 'ConfigMap default/c': 'skipped' },
  })
  assert.deepEqual(
    run.outcome.problems.map(({ code, message }) => [code, message]),
    [['E-KUBE-NET', connectionError.message]],
  )
})

test('an object whose kind kubectl does not find fails and blocks no other object', async () => {
  const set = openFakeSet()
  const definition = crd('example.net', 'boxes', 'Box')
  set.api.write(definition, 'other-manager')
  const box = annotated(object('example.net/v1', 'Box', 'box', 'default'), { 'fairlead.dev/wait': 'false' })
  const run = await set.run([box, dependingOn(map('after'), 'example.net/namespaces/default/Box/box')], {
    onEvent: ({ type }) => type === 'kubectl-apply' && set.api.remove(definition),
  })
  assert.deepEqual(run.results, { 'Box.example.net default/box': 'failed', 'ConfigMap default/after': 'created' })
  const [first] = run.outcome.results
  assert.equal(first?.result === 'failed' && first.reason, 'UnknownKind')
  assert.match((first?.result === 'failed' && first.message) || '', /"Box"/)
})

test('a dependency outside the set is waited for; one that does not exist is an error', async () => {
  const set = openFakeSet()
  set.api.write(deployment('elsewhere'), 'kubectl-create')
  const reference = (name: string) => `apps/namespaces/default/Deployment/${name}`
  const run = await set.run([dependingOn(map('user'), reference('elsewhere'))])
  assert.deepEqual(run.results, { 'ConfigMap default/user': 'created' })
  await assert.rejects(set.run([dependingOn(map('user'), reference('nowhere'))]), /Deployment default\/nowhere/)
})

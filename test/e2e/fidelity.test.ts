import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { reconcileFiles } from './reconcile.ts'
import { errorOf, hasStartedKubectl, objectOf, setOf } from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

function run(files: Record<string, object>, inputs: Record<string, string> = {}): Promise<StepResult> {
  const texts = Object.entries(files).map(([file, object]) => [file, JSON.stringify(object)] as const)
  return reconcileFiles(cluster, Object.fromEntries(texts), { name: 'fidelity', ...inputs })
}

async function succeed(files: Record<string, object>, inputs: Record<string, string> = {}): Promise<StepResult> {
  const result = await run(files, inputs)
  assert.equal(result.exitCode, 0, result.log)
  return result
}

async function kubectl(...args: string[]): Promise<string> {
  const exit = await cluster.kubectl(args)
  assert.equal(exit.code, 0, exit.stderr)
  return String(exit.stdout)
}

async function apply(object: object, ...args: string[]): Promise<void> {
  const exit = await cluster.kubectl(['apply', ...args, '--filename=-'], JSON.stringify(object))
  assert.equal(exit.code, 0, exit.stderr)
}

const dataOf = async (name: string) =>
  JSON.parse((await kubectl('get', 'configmap', name, '-o', 'jsonpath={.data}')) || '{}')

const map = (name: string, data: object, metadata: object = {}, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...metadata }, data },
  ...more,
})

const FORCE = { 'kustomize.toolkit.fluxcd.io/force': 'enabled' }

const deployment = (name: string, { replicas = 1, annotations = {}, labels = { app: name } as object } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default', annotations },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'example/app:1' }] } },
  },
})

const job = (name: string, annotations: object, image = 'example/app:1', spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default', annotations },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } }, ...spec },
})

test('what Git removes goes, also where only a comparison could say so before', async () => {
  const definition = (minItems: number) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'fleets.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'fleets', kind: 'Fleet' } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: {
                    boats: {
                      ...{ type: 'array', minItems },
                      ...{ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
                      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
  })
  const fleet = (...names: string[]) => ({
    ...{ apiVersion: 'example.com/v1', kind: 'Fleet', metadata: { name: 'f', namespace: 'default' } },
    spec: { boats: names.map((name) => ({ name })) },
  })
  await succeed({ 'a.json': definition(2), 'b.json': fleet('one', 'two') })
  const second = await succeed({ 'a.json': definition(1), 'b.json': fleet('one') })
  assert.equal(second.outputs.updated, '2', second.log)
  assert.equal(await kubectl('get', 'fleet', 'f', '-o', 'jsonpath={.spec.boats[*].name}'), 'one')
})

test('what is recreated keeps what is left to others', async () => {
  const files = (labels: object) => ({
    'a.json': deployment('anew', {
      replicas: 5,
      annotations: { ...FORCE, 'fairlead.dev/unmanaged': '/spec/replicas' },
      labels,
    }),
  })
  await succeed(files({ app: 'anew' }))
  await kubectl('scale', 'deployment', 'anew', '--replicas=7')
  const result = await succeed(files({ app: 'anew', tier: 'x' }))
  assert.equal(result.outputs.recreated, '1', result.log)
  assert.equal(await kubectl('get', 'deployment', 'anew', '-o', 'jsonpath={.spec.replicas}'), '7')
})

test('nothing is deleted whose successor the server would refuse', async () => {
  await succeed({ 'a.json': deployment('kept', { annotations: FORCE }) })
  const policy = (kind: string, spec: object) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'no-tier' },
    spec,
  })
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
  await apply(
    policy('ValidatingAdmissionPolicy', {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: '!has(object.spec.selector.matchLabels.tier)', message: 'no tiers here' }],
    }),
  )
  await apply(policy('ValidatingAdmissionPolicyBinding', { policyName: 'no-tier', validationActions: ['Deny'] }))
  const uid = () => kubectl('get', 'deployment', 'kept', '-o', 'jsonpath={.metadata.uid}')
  const before = await uid()
  const files = { 'a.json': deployment('kept', { annotations: FORCE, labels: { app: 'kept', tier: 'x' } }) }
  // The policy works some moments after it was made.
  let refused = await run(files, { mode: 'plan' })
  for (let round = 0; refused.exitCode === 0 && round < 20; round += 1) refused = await run(files, { mode: 'plan' })
  const result = await run(files)
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-APPLY', 'Deployment default/kept')
  assert.deepEqual([error.reason, error.location?.file], ['RecreateRejected', 'a.json'])
  assert.match(error.message, /no tiers here/)
  assert.equal(await uid(), before)
  await kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', 'no-tier')
})

test('a field that cannot change is not left to see because something before it changes too', async () => {
  const files = (value: string, annotations: object, image: string) => ({
    'a.json': map('settings', { a: value }),
    'b.json': job('reader', annotations, image, {
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'c', image, envFrom: [{ configMapRef: { name: 'settings' } }] }],
        },
      },
    }),
  })
  await succeed(files('1', {}, 'example/app:1'))
  const refused = await run(files('2', {}, 'example/app:2'))
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-APPLY', 'Job default/reader')
  assert.deepEqual([error.reason, error.location?.file], ['ImmutableField', 'b.json'])
  assert.match(error.message, /immutable/)
  assert.deepEqual(await dataOf('settings'), { a: '1' })
  const recreated = await succeed(files('2', FORCE, 'example/app:2'))
  assert.deepEqual([recreated.outputs.recreated, recreated.outputs.updated], ['1', '1'], recreated.log)
})

test('kubectl takes over nothing by itself: what the plan keeps stays', async () => {
  const merged = (a: string) => map('merged', { a }, { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } })
  await apply(map('merged', { a: 'old', extra: 'x' }))
  const adopted = await succeed({ 'a.json': merged('new') })
  const { result: word, reason } = objectOf(adopted, 'ConfigMap default/merged')
  assert.deepEqual([word, reason], ['adopted', null])
  assert.deepEqual(await dataOf('merged'), { a: 'new', extra: 'x' })

  await succeed({ 'a.json': map('ours', { a: '1' }) })
  await apply(map('ours', { a: '1', byhand: 'x' }))
  await succeed({ 'a.json': map('ours', { a: '2' }) })
  assert.deepEqual(await dataOf('ours'), { a: '2', byhand: 'x' })
})

test('an older entry of some field manager lets nothing invalid through', async () => {
  const autoscaler = (version: string, maxReplicas: number) => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'old', namespace: 'default' },
    spec: { maxReplicas, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nothing' } },
  })
  await succeed({ 'a.json': autoscaler('v2', 2) })
  await apply(autoscaler('v1', 3), '--server-side', '--field-manager=older', '--force-conflicts')
  const result = await run({ 'a.json': autoscaler('v2', -2), 'b.json': map('beside-old', { a: '1' }) })
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-APPLY', 'HorizontalPodAutoscaler default/old')
  assert.deepEqual([error.reason, error.location?.file], ['Rejected', 'a.json'])
  assert.match(error.message, /maxReplicas/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'beside-old'])).code, 1)
})

test('a take-over that the server would refuse is known before anything is written', async () => {
  await apply(map('fixed', { a: '1' }, {}, { immutable: true }))
  const result = await run({ 'a.json': map('fixed', { a: '1' }), 'b.json': map('beside-fixed', { a: '1' }) })
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-APPLY', 'ConfigMap default/fixed')
  assert.deepEqual([error.reason, error.location?.file], ['ImmutableField', 'a.json'])
  assert.match(error.message, /immutable/)
  assert.equal((await cluster.kubectl(['get', 'configmap', 'beside-fixed'])).code, 1)
})

test('replicas are Git’s again when the autoscaler is gone', async () => {
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'leaving', namespace: 'default' },
    spec: { maxReplicas: 9, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'leaving' } },
  }
  await apply(autoscaler)
  const files = { 'a.json': deployment('leaving', { replicas: 3 }) }
  await succeed(files)
  await kubectl('scale', 'deployment', 'leaving', '--replicas=7')
  const left = await succeed(files)
  assert.equal(left.outputs.result, 'unchanged', left.log)
  await kubectl('delete', 'horizontalpodautoscaler', 'leaving')
  assert.equal((await succeed(files)).outputs.drifted, '1')
  assert.equal(await kubectl('get', 'deployment', 'leaving', '-o', 'jsonpath={.spec.replicas}'), '3')
})

test('a hook whose turn did not come runs in the next run, though nothing changes any more', async () => {
  const files = (password: string) => ({
    'a.json': {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'rotated', namespace: 'default' },
      stringData: { password },
    },
    'b.json': {
      ...deployment('gate', { annotations: { 'argocd.argoproj.io/sync-wave': '1' } }),
    },
    'c.json': job('after', { 'argocd.argoproj.io/hook': 'PostSync' }),
  })
  await succeed(files('first-password'))
  const uid = () => kubectl('get', 'job', 'after', '-o', 'jsonpath={.metadata.uid}')
  const before = await uid()
  const folder = temporaryFolder()
  writeFiles(
    folder,
    Object.fromEntries(
      Object.entries(files('second-password')).map(([name, object]) => [name, JSON.stringify(object)]),
    ),
  )
  let isCancelled = false
  const cancelled = await runStep({
    with: { repository: folder, name: 'fidelity' },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
    onOutput: (log, child) => {
      if (isCancelled || !hasStartedKubectl(log)) return
      isCancelled = true
      child.signal('SIGINT')
    },
  })
  assert.equal(cancelled.exitCode, 1, cancelled.log)
  errorOf(cancelled, 'E-CANCEL')
  const next = await succeed(files('second-password'))
  assert.notEqual(await uid(), before, next.log)
  assert.equal((await succeed(files('second-password'))).outputs.result, 'unchanged')
})

test('only what runs to an end and goes by itself is completed, and only when it is gone', async () => {
  const hook = { 'argocd.argoproj.io/hook': 'PreSync', 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded' }
  const files = {
    'a.json': map('no-job', { a: '1' }, { annotations: hook }),
    'b.json': job('paused', {}, 'example/app:1', { ttlSecondsAfterFinished: 60, suspend: true }),
  }
  await succeed(files)
  await kubectl('delete', 'configmap', 'no-job')
  await kubectl('label', 'job', 'paused', 'applyset.kubernetes.io/part-of-')
  const result = await succeed(files)
  assert.deepEqual([result.outputs.completed, result.outputs.drifted], ['0', '2'], result.log)
})

test('copies are tried in a namespace that is there, also where the run’s own is yet to be made', async () => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'to-be-made' } }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { ports: [{ port: 99_999 }] },
  }
  const inputs = { namespace: 'to-be-made', name: 'to-be-made' }
  const result = await run({ 'a.json': namespace, 'b.json': service }, inputs)
  assert.equal(result.exitCode, 1)
  const error = errorOf(result, 'E-APPLY', 'Service to-be-made/s')
  assert.deepEqual([error.reason, error.location?.file], ['Rejected', 'b.json'])
  assert.match(error.message, /99999/)
  assert.equal((await cluster.kubectl(['get', 'namespace', 'to-be-made'])).code, 1)
})

test('what another deployer noted of a Secret is not told', async () => {
  const value = 'kept-by-another-deployer'
  const annotations = {
    'kapp.k14s.io/original': JSON.stringify({ data: { p: Buffer.from(value).toString('base64') } }),
  }
  const secret = (metadata: object) => ({
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'noted', namespace: 'default', ...metadata } },
    stringData: { p: 'the-present-value' },
  })
  await apply(secret({ annotations }), '--server-side', '--field-manager=kapp')
  const result = await succeed({ 'a.json': secret({}) })
  const removed = { field: 'metadata.annotations["kapp.k14s.io/original"]', change: 'removed', isSecret: true }
  const { diffs } = objectOf(result, 'Secret default/noted')
  assert.deepEqual(
    diffs.filter(({ field }) => field === removed.field),
    [removed],
  )
  const told = [result.log, result.summary, result.report].join('\n')
  for (const form of [value, Buffer.from(value).toString('base64')]) assert.ok(!told.includes(form), form)
})

test('a hook that is ignored is not waited for', async () => {
  const annotations = { 'argocd.argoproj.io/hook': 'PostSync', 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' }
  const result = await succeed({ 'a.json': job('switched-off', annotations) })
  assert.equal(result.outputs.ignored, '1')
  assert.deepEqual(setOf(result).notReady, [])
})

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { JsonObject } from '../../src/json.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { commandsNamed, runStep, type StepOptions, type StepResult } from '../../testbed/step.ts'
import { job, object, textOf, workload } from '../objects.ts'
import { noteRequests } from './audit.ts'
import {
  errorOf,
  errorsOf,
  hasEntered,
  hasLogged,
  hasWaitedFor,
  isWaitingFor,
  objectOf,
  placeIn,
  setOf,
  warningsOf,
} from './report.ts'

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Applies objects, and a Namespace for them, as a set that is called like it. */
function run(
  name: string,
  objects: readonly JsonObject[],
  inputs: Record<string, string> = {},
  options: StepOptions = {},
): Promise<StepResult> {
  const folder = temporaryFolder()
  const home = object('v1', 'Namespace', name, '')
  writeFiles(folder, { 'all.yaml': textOf(home, ...objects) })
  return runStep({
    with: { repository: folder, name, timeout: '5m', ...inputs },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
    ...options,
  })
}

const claim = (name: string, namespace: string, storageClassName: string) =>
  object('v1', 'PersistentVolumeClaim', name, namespace, {
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
const service = (name: string, namespace: string, labels: JsonObject = {}): JsonObject => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels } },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
})
const lines = (text: string | undefined) => (text ?? '').split('\n').filter((line) => line !== '')

suite('a run that waits', { concurrency: true }, () => {
  test('is green once all that it applied runs, and waits for nothing that nobody need wait for', async () => {
    const [n, spec] = ['good', { replicas: 2 }]
    const result = await run(n, [
      workload('Deployment', 'slow', { namespace: n, plays: 'slow', spec }),
      workload('Deployment', 'crashes-once', { namespace: n, plays: 'crashes-once' }),
      workload('StatefulSet', 'db', { namespace: n, plays: 'slow', spec: { serviceName: 'db', ...spec } }),
      workload('DaemonSet', 'agent', { namespace: n, plays: 'slow' }),
      workload('Deployment', 'paused', { namespace: n, spec: { paused: true } }),
      workload('Deployment', 'none', { namespace: n, plays: 'crashes', spec: { replicas: 0 } }),
      job('migrate', n),
      job('later', n, { suspend: true }),
      object('batch/v1', 'CronJob', 'nightly', n, {
        spec: {
          schedule: '* * * * *',
          suspend: true,
          jobTemplate: {
            spec: {
              template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'x' }] } },
            },
          },
        },
      }),
      object('storage.k8s.io/v1', 'StorageClass', 'good-later', '', {
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
      claim('unused', n, 'good-later'),
      object('v1', 'PersistentVolume', 'good-disk', '', {
        spec: {
          storageClassName: 'good-by-hand',
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: '/x' },
        },
      }),
      claim('bound', n, 'good-by-hand'),
      service('public', n, { 'testbed.fairlead.dev/plays': 'load-balancer' }),
      object('networking.k8s.io/v1', 'Ingress', 'web', n, {
        spec: { defaultBackend: { service: { name: 'public', port: { number: 80 } } } },
      }),
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'slow', n, {
        spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'slow' } },
      }),
      object('policy/v1', 'PodDisruptionBudget', 'slow', n, {
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'slow' } } },
      }),
    ])
    assert.equal(result.exitCode, 0, result.log)
    assert.equal(result.outputs.unhealthy, '')
    assert.ok(hasEntered(result.log, 'wait'), result.log)
    const waited = { group: '', kind: 'Service', namespace: n, name: 'public' }
    assert.ok(hasWaitedFor(result.log, waited), result.log)
    assert.deepEqual(errorsOf(result), [])
    const { exitCode, outputs } = await run(n, [workload('Deployment', 'slow', { namespace: n, plays: 'slow', spec })])
    assert.equal(exitCode, 0)
    assert.equal(outputs.result, 'unchanged')
  })

  test('is red for what does not get ready, with the Pod, its events and its log, and waits no longer than it need', async () => {
    const n = 'broken'
    await cluster.kubectl(['create', 'namespace', 'broken-full'])
    await cluster.kubectl(['create', 'quota', 'none', '--hard=pods=0', '--namespace=broken-full'])
    const result = await run(n, [
      object('v1', 'Secret', 'db', n, { stringData: { dsn: 'connection to db:5432' } }),
      workload('Deployment', 'fine', { namespace: n }),
      workload('Deployment', 'crashes', { namespace: n, plays: 'crashes' }),
      workload('Deployment', 'hostile', { namespace: n, plays: 'crashes', container: { name: 'hostile' } }),
      workload('StatefulSet', 'no-image', { namespace: n, plays: 'no-image', spec: { serviceName: 'x' } }),
      workload('DaemonSet', 'bad-config', { namespace: n, plays: 'bad-config' }),
      job('fails', n, {}, { 'testbed.fairlead.dev/fails': 'true' }),
      workload('Deployment', 'refused', { namespace: 'broken-full' }),
      workload('StatefulSet', 'refused', { namespace: 'broken-full', spec: { serviceName: 'x' } }),
      workload('Deployment', 'deadline', { namespace: n, plays: 'never-ready', spec: { progressDeadlineSeconds: 5 } }),
    ])
    assert.equal(result.exitCode, 1, result.log)
    assert.deepEqual(lines(result.outputs.unhealthy).toSorted(), [
      'DaemonSet broken/bad-config',
      'Deployment broken-full/refused',
      'Deployment broken/crashes',
      'Deployment broken/deadline',
      'Deployment broken/hostile',
      'Job broken/fails',
      'StatefulSet broken-full/refused',
      'StatefulSet broken/no-image',
    ])
    const says = (name: string, ...parts: RegExp[]) => {
      const { message } = errorOf(result, 'E-HEALTH', name)
      for (const part of parts) assert.match(message, part)
    }
    says(
      'Deployment broken/crashes',
      /\bPod crashes-\S+ .*\bCrashLoopBackOff\b.*`app`.*\b1\b/,
      /Warning BackOff/,
      /\n {2}fatal: no \*\*\*, and that was the run before/,
    )
    says(
      'StatefulSet broken/no-image',
      /\bPod no-image-0 .*\b(ImagePullBackOff|ErrImagePull)\b.*example\.com\/no-image:1/,
    )
    says('DaemonSet broken/bad-config', /\bCreateContainerConfigError\b.*`app`.*: secret "x" not found/)
    says('Job broken/fails', /reached the specified backoff limit/, /`app`.*:\n {2}waiting for the database/)
    says('Deployment broken-full/refused', /exceeded quota: none/)
    says('StatefulSet broken-full/refused', /exceeded quota: none/)
    says('Deployment broken/deadline', /has timed out progressing/, /\bPod deadline-\S+ .*`app`/)
    // What the Pods have said is said again, and nothing of it is done.
    says('Deployment broken/hostile', /\n {2}.*\b20000\b/)
    assert.match(placeIn(errorOf(result, 'E-HEALTH', 'Deployment broken/crashes')), /^all\.yaml:\d+$/)
    assert.match(errorOf(result, 'E-HEALTH', 'StatefulSet broken/no-image').hint ?? '', /imagePullSecrets/)
    assert.ok(!errorsOf(result).some(({ reason }) => reason === 'Timeout'), 'nothing took all its time')
    for (const text of [result.log, result.summary, result.report]) {
      assert.doesNotMatch(text, /connection to db:5432/)
      assert.doesNotMatch(text, /^\s*::(error|stop-commands)::(from a log|t$)/m)
    }
    assert.equal(
      result.commands.some(({ name }) => name === 'stop-commands'),
      false,
    )
    for (const { object } of errorsOf(result))
      assert.ok(result.summary.includes(`<code>${object}</code>`), result.summary)
  })

  test('is red again where nothing changes and it still does not run', async () => {
    const failing = job('fails', 'again', {}, { 'testbed.fairlead.dev/fails': 'true' })
    assert.equal((await run('again', [failing])).exitCode, 1)
    const result = await run('again', [failing])
    assert.equal(result.exitCode, 1)
    assert.equal(result.outputs.unchanged, '2')
    assert.equal(result.outputs.unhealthy, 'Job again/fails')
    assert.match(
      errorOf(result, 'E-HEALTH', 'Job again/fails').message,
      /Job has reached the specified backoff limit.*\bPod fails-\S+ .*`app`.*\b1\b/,
    )
  })

  test('ends when its time is over, and names what it still waited for', async () => {
    const n = 'late'
    const result = await run(
      n,
      [
        service('pending', n),
        claim('pending', n, 'nosuch'),
        workload('Deployment', 'nowhere', { namespace: n, pod: { nodeSelector: { disk: 'none' } } }),
      ],
      { timeout: '8s' },
    )
    assert.equal(result.exitCode, 1)
    assert.deepEqual(lines(result.outputs.unhealthy).toSorted(), [
      'Deployment late/nowhere',
      'PersistentVolumeClaim late/pending',
      'Service late/pending',
    ])
    assert.equal(errorOf(result, 'E-HEALTH', 'Service late/pending').reason, 'Timeout')
    assert.match(
      errorOf(result, 'E-HEALTH', 'PersistentVolumeClaim late/pending').message,
      /Warning ProvisioningFailed.*: storageclass.storage.k8s.io "nosuch" not found/,
    )
    assert.match(
      errorOf(result, 'E-HEALTH', 'Deployment late/nowhere').message,
      /\bPod nowhere-\S+ .*: 0\/1 nodes are available/,
    )
  })

  test('does not wait for what asks for that, nor at all where it is told so', async () => {
    const [n, never] = ['hasty', { namespace: 'hasty', plays: 'never-ready' }]
    const optOuts = ['fairlead.dev/wait=false', 'argocd.argoproj.io/ignore-healthcheck=true'].map((text, index) => {
      const [name = '', value = ''] = text.split('=')
      return workload('Deployment', `d${index}`, { ...never, annotations: { [name]: value } })
    })
    assert.equal((await run(n, optOuts)).exitCode, 0)
    const result = await run(n, [...optOuts, workload('Deployment', 'never', never)], { wait: 'false' })
    assert.equal(result.exitCode, 0)
    assert.ok(!hasEntered(result.log, 'wait'), result.log)
  })

  test('says of what no controller has come to that nobody can tell, and of a kind without a status nothing', async () => {
    const group = 'silent.example.com'
    const definition = (kind: string, subresources: JsonObject): JsonObject => ({
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: { name: `${kind.toLowerCase()}s.${group}` },
      spec: {
        ...{ group, scope: 'Namespaced' },
        names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase() },
        versions: [
          {
            ...{ name: 'v1', served: true, storage: true, subresources },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    })
    const set = [
      definition('Talker', { status: {} }),
      definition('Mute', {}),
      object(`${group}/v1`, 'Talker', 'x', 'silent'),
      object(`${group}/v1`, 'Mute', 'x', 'silent'),
    ]
    const result = await run('silent', set)
    assert.equal(result.exitCode, 0, result.log)
    assert.deepEqual(
      warningsOf(result).map(({ reason, object }) => [reason, object]),
      [['ReadinessUnknown', 'Talker.silent.example.com silent/x']],
    )
    assert.equal(commandsNamed(result, 'warning').length, 1)
    const again = await run('silent', set)
    const { counts, isReady } = setOf(again)
    assert.deepEqual([again.outputs.result, counts.unchanged, isReady], ['unchanged', 5, true], again.log)
  })

  test('refuses an annotation that says neither yes nor no', async () => {
    const result = await run('unclear', [
      workload('Deployment', 'd', { namespace: 'unclear', annotations: { 'fairlead.dev/wait': 'no' } }),
    ])
    assert.equal(result.exitCode, 1)
    const error = errorOf(result, 'E-OBJECT', 'Deployment unclear/d')
    assert.match(placeIn(error), /^all\.yaml:\d+:\d+$/)
    assert.match(error.message, /`fairlead\.dev\/wait`/)
  })

  test('skips a later wave for what does not get ready, and tells as much of it', async () => {
    const n = 'waved'
    const inWave = (wave: string) => ({ 'argocd.argoproj.io/sync-wave': wave })
    const result = await run(
      n,
      [
        workload('Deployment', 'first', { namespace: n, plays: 'crashes', annotations: inWave('0') }),
        workload('Deployment', 'second', { namespace: n, annotations: inWave('1') }),
      ],
      { wait: 'false' },
    )
    assert.equal(result.exitCode, 1)
    assert.equal(result.outputs.unhealthy, 'Deployment waved/first')
    assert.equal(objectOf(result, 'Deployment waved/second').result, 'skipped')
    const { message } = errorOf(result, 'E-HEALTH', 'Deployment waved/first')
    assert.match(message, /\bPod first-\S+ .*\bCrashLoopBackOff\b/)
    assert.match(message, /`app`.*:\n {2}waiting for the database/)
  })

  test('waits for a StatefulSet down to its partition, and for what is updated after it', async () => {
    const n = 'parted'
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
    const set = (image: string) =>
      workload('StatefulSet', 's', {
        namespace: n,
        plays: 'slow',
        container: { image },
        spec: { serviceName: 's', replicas: 2, updateStrategy },
      })
    assert.equal((await run(n, [set('example.com/s:1')])).exitCode, 0)
    const result = await run(n, [set('example.com/s:2')])
    assert.equal(result.exitCode, 0)
    const { stdout } = await cluster.kubectl([
      'get',
      'pods',
      '-n',
      n,
      '-o',
      'jsonpath={.items[*].spec.containers[*].image}',
    ])
    assert.equal(stdout.toString(), 'example.com/s:1 example.com/s:2')
  })

  test('tells less to an identity that may read less, and is as red', async () => {
    const kubeconfig = await cluster.kubeconfigFor('deployer')
    const role = (name: string, rules: readonly JsonObject[]) => [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
      {
        ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name } },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'User', name: 'deployer', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ]
    const verbs = ['get', 'list', 'create', 'patch', 'update']
    const rules = [
      { apiGroups: [''], resources: ['namespaces', 'secrets'], verbs },
      { apiGroups: ['apps'], resources: ['deployments'], verbs },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: [...verbs, 'delete'] },
    ]
    const applied = await cluster.kubectl(['apply', '-f', '-'], textOf(...role('deployer', rules)))
    assert.equal(applied.code, 0, applied.stderr)
    const result = await run(
      'blind',
      [workload('Deployment', 'd', { namespace: 'blind', plays: 'crashes', spec: { progressDeadlineSeconds: 5 } })],
      {},
      { env: { KUBECONFIG: kubeconfig } },
    )
    assert.equal(result.exitCode, 1, result.log)
    // Neither the Pod nor events nor a log.
    const { reason, message } = errorOf(result, 'E-HEALTH', 'Deployment blind/d')
    assert.equal(reason, 'NotReady')
    assert.match(message, /^[^\n]*: ReplicaSet "d-\S+" has timed out progressing\.$/)
  })

  test('is red for what somebody deletes while it waits, and not for what a later run of its set does', async () => {
    const never = (n: string) => workload('Deployment', 'never', { namespace: n, plays: 'never-ready' })
    /** Runs, and does something else as soon as the run waits. */
    const runUntil = async (n: string, meanwhile: () => Promise<{ exitCode: number | null }>) => {
      let other: ReturnType<typeof meanwhile> | undefined
      const onOutput = (log: string) => {
        if (isWaitingFor(log, 1)) other ??= meanwhile()
      }
      const options = { env: { KUBECONFIG: cluster.kubeconfig }, path: [cluster.bin], onOutput }
      const result = await run(n, [never(n)], {}, options)
      assert.equal((await other)?.exitCode, 0)
      return result
    }
    const deleted = await runUntil('deleted', async () => {
      return { exitCode: (await cluster.kubectl(['delete', 'deployment', 'never', '-n', 'deleted'])).code }
    })
    assert.equal(deleted.exitCode, 1)
    assert.equal(errorOf(deleted, 'E-HEALTH', 'Deployment deleted/never').reason, 'Deleted')
    const superseded = await runUntil('superseded', () => run('superseded', [], { prune: 'true' }))
    assert.equal(superseded.exitCode, 0, superseded.log)
    assert.equal(superseded.outputs.unhealthy, '')
    assert.deepEqual(
      warningsOf(superseded).map(({ reason, object }) => [reason, object]),
      [['DeletedByLaterRun', 'Deployment superseded/never']],
    )
    assert.equal(setOf(superseded).isReady, false)
    // The later run keeps it: whoever deletes it then is somebody else.
    const kept = await runUntil('kept', async () => {
      const later = await run('kept', [never('kept'), object('v1', 'ConfigMap', 'more', 'kept')], { wait: 'false' })
      await cluster.kubectl(['delete', 'deployment', 'never', '-n', 'kept'])
      return later
    })
    assert.equal(kept.exitCode, 1)
    assert.equal(errorOf(kept, 'E-HEALTH', 'Deployment kept/never').reason, 'Deleted')
  })

  test('lets go of its lock and writes its report when it is cancelled while it waits', async () => {
    const n = 'cancelled'
    const never = workload('Deployment', 'never', { namespace: n, plays: 'never-ready' })
    assert.equal((await run(n, [never, object('v1', 'ConfigMap', 'old', n)], { wait: 'false' })).exitCode, 0)
    let isSent = false
    // What waits before it deletes holds the lock.
    const result = await run(
      n,
      [never],
      { prune: 'true' },
      {
        env: { KUBECONFIG: cluster.kubeconfig },
        path: [cluster.bin],
        onOutput: (log, child) => {
          if (isSent || !isWaitingFor(log, 1)) return
          isSent = true
          child.signal('SIGINT')
        },
      },
    )
    assert.equal(isSent, true)
    assert.equal(result.exitCode, 1)
    errorOf(result, 'E-CANCEL')
    assert.equal(result.outputs.unhealthy, 'Deployment cancelled/never')
    const [unready, ...more] = setOf(result).notReady
    assert.deepEqual([unready?.object, unready?.status, more], ['Deployment cancelled/never', 'Progressing', []])
    assert.match(result.summary, /^\| <code>Deployment cancelled\/never<\/code> \| Progressing \|/m)
    const holder = ['-o', 'jsonpath={.spec.holderIdentity}']
    assert.equal((await cluster.kubectl(['get', 'lease', n, '-n', 'fairlead', ...holder])).stdout.toString(), '')
    assert.equal((await cluster.kubectl(['get', 'configmap', 'old', '-n', n])).code, 0)
    assert.deepEqual(result.leftovers, [])
  })
})

test('a thousand Deployments get ready in a number of requests that kinds and time bound', async () => {
  const user = 'counting'
  const kubeconfig = await cluster.kubeconfigFor(user, ['system:masters'])
  const deployments = Array.from({ length: 1_000 }, (_, index) =>
    workload('Deployment', `d${index}`, { namespace: 'many' }),
  )
  const result = await run('many', deployments, {}, { env: { KUBECONFIG: kubeconfig } })
  assert.equal(result.exitCode, 0, result.log.slice(-2_000))
  const own = cluster.audit().filter((event) => event.user === user)
  const last = own.findLastIndex(({ verb, uri }) => verb === 'patch' && uri.includes('/deployments/'))
  const waiting = own.slice(last + 1).filter(({ verb }) => verb === 'list' || verb === 'get')
  // Pages of 500 at each look, and now and then the Pods and the ReplicaSets of the namespace.
  assert.ok(waiting.length < 200, `${waiting.length} requests`)
  console.log(`# 1,000 Deployments: ${waiting.length} requests`)

  const unchanged = async (wait: string) => {
    const requests = noteRequests(cluster)
    const again = await run('many', deployments, { wait }, { env: { KUBECONFIG: kubeconfig }, path: [cluster.bin] })
    assert.equal(again.outputs.result, 'unchanged', again.log.slice(-2_000))
    return { ...again, requests: requests().filter((event) => event.user === user).length }
  }
  // The list that the plan is made of tells as well what is ready.
  const waited = await unchanged('true')
  const end = { type: 'wait-finished', total: 1_000, unready: 0, isReady: true, someDeleted: false } as const
  assert.ok(hasLogged(waited.log, end), waited.log.slice(-2_000))
  assert.equal(setOf(waited).isReady, true)
  assert.equal(waited.requests, (await unchanged('false')).requests)
})

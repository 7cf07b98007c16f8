import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { binaries } from '../../testbed/binaries.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { download } from '../../testbed/download.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { versions } from '../../testbed/versions.ts'

test('two control planes at once know nothing of each other, and leave nothing behind', async () => {
  const [one, two] = await Promise.all([startControlPlane(), startControlPlane()])
  await one.kubectl(['create', 'namespace', 'only-in-one'])
  assert.equal((await one.kubectl(['get', 'namespace', 'only-in-one'])).code, 0)
  assert.equal((await two.kubectl(['get', 'namespace', 'only-in-one'])).code, 1)
  const foreign = await two.kubectl(['--server', one.server, 'get', 'namespaces'])
  assert.match(foreign.stderr, /certificate/)
  await Promise.all([one.stop(), two.stop()])
  for (const cluster of [one, two]) {
    assert.ok(!existsSync(dirname(cluster.kubeconfig)))
    await assert.rejects(fetch(cluster.server), 'the API server still answers')
  }
})

test('Pods become Ready, Jobs succeed, and another user may do what RBAC says', async () => {
  const cluster = await startControlPlane()
  try {
    await cluster.kubectl(['create', 'deployment', 'web', '--image=nginx'])
    await cluster.kubectl(['create', 'job', 'once', '--image=busybox'])
    for (const condition of ['deployment/web:Available', 'job/once:Complete']) {
      const [what = '', name] = condition.split(':')
      const exit = await cluster.kubectl(['wait', what, `--for=condition=${name}`, '--timeout=60s'])
      assert.equal(exit.code, 0, exit.stderr)
    }
    const kubeconfig = await cluster.kubeconfigFor('reader', ['readers'])
    const as = (...args: string[]) => cluster.kubectl(['--kubeconfig', kubeconfig, ...args])
    assert.match((await as('get', 'pods')).stderr, /User "reader" cannot list/)
    await cluster.kubectl(['create', 'clusterrolebinding', 'readers', '--clusterrole=view', '--group=readers'])
    assert.equal((await as('get', 'pods')).code, 0)
  } finally {
    await cluster.stop()
  }
})

test('the audit log tells what was asked of the API server, and nothing that it asks of itself', async () => {
  const cluster = await startControlPlane()
  try {
    await cluster.kubectl(['--kubeconfig', cluster.kubeconfig, 'get', 'namespaces'])
    await cluster.kubectl(['--kubeconfig', cluster.kubeconfig, 'create', 'namespace', 'told'])
    const told = cluster.audit().filter(({ user, uri }) => user === 'admin' && uri.startsWith('/api/v1/namespaces?'))
    assert.deepEqual(
      told.map(({ verb }) => verb),
      ['list', 'create'],
    )
    // To start, it makes some hundred objects as this user; later it renews its lease every ten seconds.
    assert.deepEqual(
      cluster.audit().filter(({ user }) => user === 'system:apiserver'),
      [],
    )
  } finally {
    await cluster.stop()
  }
})

test('KUBEBUILDER_ASSETS is used if it is complete, and only then', async () => {
  const complete = await binaries(() => {})
  const folder = temporaryFolder()
  const before = process.env.KUBEBUILDER_ASSETS
  process.env.KUBEBUILDER_ASSETS = folder
  try {
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeFileSync(join(folder, name), '')
    assert.equal(await binaries(() => {}), complete)
    for (const name of ['kube-controller-manager', 'kube-scheduler', 'kwok']) writeFileSync(join(folder, name), '')
    assert.equal(await binaries(() => {}), folder)
  } finally {
    if (before === undefined) delete process.env.KUBEBUILDER_ASSETS
    else process.env.KUBEBUILDER_ASSETS = before
  }
})

/** Serves these paths as a release server would; returns its address and a function that stops it. */
async function serve(files: Readonly<Record<string, Buffer | string>>) {
  const server = createServer((request, response) => {
    const file = files[request.url ?? '']
    response.writeHead(file === undefined ? 404 : 200).end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}`, stop: () => server.close() }
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

test('programs come from official releases where those can be reached, and only with the right checksum', {
  skip: process.platform !== 'linux',
}, async () => {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch
  const path = `/${versions.kubernetes}/bin/linux/${arch}/kubectl`
  const stem = `etcd-${versions.etcd}-linux-${arch}`
  const archive = tarball(`${stem}/etcd`, 'an etcd')
  const server = await serve({
    [path]: 'a kubectl',
    [`${path}.sha256`]: sha256('a kubectl'),
    [`/${versions.etcd}/${stem}.tar.gz`]: archive,
    [`/${versions.etcd}/SHA256SUMS`]: `${sha256(archive)}  ${stem}.tar.gz\n`,
    [path.replace('kubectl', 'kube-apiserver')]: 'tampered with',
    [`${path.replace('kubectl', 'kube-apiserver')}.sha256`]: sha256('a kube-apiserver'),
  })
  process.env.FAIRLEAD_TESTBED_RELEASES = server.url
  try {
    const folder = temporaryFolder()
    assert.equal(await download('kubectl', folder, () => {}), true)
    assert.equal(readFileSync(join(folder, 'kubectl'), 'utf8'), 'a kubectl')
    assert.equal(await download('etcd', folder, () => {}), true)
    assert.equal(readFileSync(join(folder, 'etcd'), 'utf8'), 'an etcd')
    await assert.rejects(
      download('kube-apiserver', folder, () => {}),
      /SHA-256/,
    )
    assert.ok(!existsSync(join(folder, 'kube-apiserver')))
    assert.equal(await download('kube-scheduler', folder, () => {}), false)
  } finally {
    delete process.env.FAIRLEAD_TESTBED_RELEASES
    server.stop()
  }
})

/** A gzipped tar archive of one small file. */
function tarball(name: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(`0000755\0${'0000000\0'.repeat(2)}`, 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`, 124)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(512)
  body.write(content)
  return gzipSync(Buffer.concat([header, body, Buffer.alloc(1024)]))
}

suite('how workloads fail', { concurrency: true }, () => {
  let cluster: ControlPlane
  before(async () => {
    cluster = await startControlPlane()
  })
  after(() => cluster.stop())

  async function create(...objects: object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects }
    const exit = await cluster.kubectl(['create', '-f', '-'], JSON.stringify(list))
    assert.equal(exit.code, 0, exit.stderr)
  }

  /** Waits until what kubectl prints matches; after a minute the assertion fails with what it printed last. */
  async function shows(pattern: RegExp, ...args: string[]): Promise<void> {
    for (const deadline = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 300))) {
      const printed = String((await cluster.kubectl(args)).stdout)
      if (pattern.test(printed)) return
      if (Date.now() > deadline) assert.match(printed, pattern)
    }
  }

  const showsEvent = (name: string, pattern: RegExp) =>
    shows(pattern, 'events', '--for', name, '--no-headers', '--all-namespaces')
  const showsState = (pod: string, pattern: RegExp) =>
    shows(pattern, 'get', 'pod', pod, '-o=jsonpath={.status.phase} {.status.containerStatuses[0]}')
  const showsReady = (pod: string, pattern: RegExp) =>
    shows(pattern, 'get', 'pod', pod, '-o=jsonpath={.status.conditions[?(@.type=="Ready")]}')

  const play = (plays: string) => ({ 'testbed.fairlead.dev/plays': plays })
  const spec = (...containers: string[]) => ({
    containers: containers.map((name) => ({ name, image: 'example/app:1' })),
  })
  const pod = (name: string, plays: string) =>
    create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: play(plays) }, spec: spec('app') })

  test('a Pod that plays slow runs unready at first and becomes Ready', async () => {
    await pod('slow', 'slow')
    await showsReady('slow', /ContainersNotReady.*"status":"False"/)
    await showsState('slow', /^Running .*"ready":true/)
    await showsReady('slow', /^(?!.*reason).*"status":"True"/)
  })

  test('a Job whose Pod plays slow succeeds once the Pod is Ready', async () => {
    const template = { metadata: { labels: play('slow') }, spec: { ...spec('app'), restartPolicy: 'Never' } }
    await create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'slow' }, spec: { template } })
    await shows(/Complete +1\/1/, 'get', 'job', 'slow')
  })

  test('a Pod that plays never-ready runs, and an event says that its probe fails', async () => {
    await pod('never-ready', 'never-ready')
    await showsEvent('pod/never-ready', /Warning +Unhealthy .*Readiness probe failed/)
    await showsState('never-ready', /^Running .*"ready":false.*"running"/)
    await showsReady('never-ready', /containers with unready status: \[app\].*ContainersNotReady/)
  })

  test('a Pod that plays crashes restarts some times and is left in a crash loop', async () => {
    await pod('crashes', 'crashes')
    await showsState('crashes', /^Running .*"exitCode":1.*"restartCount":3.*back-off 10s restarting .*CrashLoopBackOff/)
    await showsEvent('pod/crashes', /Warning +BackOff .*Back-off restarting failed container app in pod crashes_/)
    await showsReady('crashes', /ContainersNotReady/)
  })

  test('a Pod that plays crashes-once crashes like one that will not recover, and becomes Ready', async () => {
    await pod('crashes-once', 'crashes-once')
    await showsEvent('pod/crashes-once', /Warning +BackOff/)
    await showsState('crashes-once', /^Running .*"exitCode":1.*"ready":true.*"restartCount":2.*"running"/)
    await showsReady('crashes-once', /"status":"True"/)
  })

  test('a Pod that plays no-image waits for an image that cannot be pulled', async () => {
    await pod('no-image', 'no-image')
    await showsState('no-image', /^Pending .*Back-off pulling image \\"example\/app:1\\".*"ImagePullBackOff"/)
    await showsEvent('pod/no-image', /Warning +Failed .*Failed to pull image "example\/app:1"/)
    await showsEvent('pod/no-image', /Warning +BackOff .*Back-off pulling image "example\/app:1"/)
  })

  test('a Pod that plays bad-config waits for a Secret', async () => {
    await pod('bad-config', 'bad-config')
    await showsState('bad-config', /^Pending .*secret \\"x\\" not found.*CreateContainerConfigError/)
    await showsEvent('pod/bad-config', /Warning +Failed .*Error: secret "x" not found/)
  })

  test('the scheduler says why a Pod fits on no Node', async () => {
    const nowhere = { ...spec('app'), nodeSelector: { disk: 'none-has-it' } }
    await create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nowhere' }, spec: nowhere })
    await shows(/"Unschedulable".*"False".*"PodScheduled"/, 'get', 'pod', 'nowhere', '-o=jsonpath={.status.conditions}')
    await showsEvent('pod/nowhere', /Warning +FailedScheduling .*0\/1 nodes are available/)
  })

  test('a quota that leaves no room for Pods is told by every kind of workload', async () => {
    const none = { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { pods: '0' } } }
    await create(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } },
      { ...none, metadata: { name: 'none', namespace: 'full' } },
    )
    const workload = (apiVersion: string, kind: string, more: object) => {
      const labels = { app: kind.toLowerCase() }
      const template = { metadata: { labels }, spec: { ...spec('app'), ...more } }
      const selector = kind === 'Job' ? {} : { selector: { matchLabels: labels } }
      const metadata = { name: 'full', namespace: 'full' }
      return { apiVersion, kind, metadata, spec: { template, ...selector } }
    }
    await create(
      workload('batch/v1', 'Job', { restartPolicy: 'Never' }),
      ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => workload('apps/v1', kind, {})),
    )
    const conditions = '-o=jsonpath={.status.conditions[?(@.type=="ReplicaFailure")]}'
    await shows(/exceeded quota.*FailedCreate/, 'get', 'deployment', 'full', '-n=full', conditions)
    for (const kind of ['statefulset', 'daemonset', 'job'])
      await showsEvent(`${kind}/full`, /Warning +FailedCreate .*exceeded quota/)
  })

  test('a Service of the type LoadBalancer has an address where its label says so, and stays pending elsewhere', async () => {
    const service = (name: string, labels: object) => {
      const ports = [{ port: 80 }]
      return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { type: 'LoadBalancer', ports } }
    }
    await create(service('pending', {}), service('balanced', play('load-balancer')))
    await shows(/^192\.0\.2\.10$/, 'get', 'service', 'balanced', '-o=jsonpath={.status.loadBalancer.ingress[0].ip}')
    await shows(/<pending>/, 'get', 'service', 'pending')
  })

  test('a claim is bound to a volume that fits, and stays pending without one or without a consumer', async () => {
    const size = { storage: '1Gi' }
    const accessModes = ['ReadWriteOnce']
    const claim = (storageClassName: string) => {
      const metadata = { name: storageClassName }
      const spec = { accessModes, storageClassName, resources: { requests: size } }
      return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }
    }
    const volume = { accessModes, storageClassName: 'by-hand', capacity: size, hostPath: { path: '/nowhere' } }
    await create(
      { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'by-hand' }, spec: volume },
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'waits' },
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      ...['by-hand', 'waits', 'unheard-of'].map(claim),
    )
    await shows(/Bound +by-hand/, 'get', 'pvc', 'by-hand')
    await showsEvent('pvc/waits', /Normal +WaitForFirstConsumer/)
    await showsEvent('pvc/unheard-of', /Warning +ProvisioningFailed .*"unheard-of" not found/)
    for (const name of ['waits', 'unheard-of']) await shows(/Pending/, 'get', 'pvc', name)
  })

  test('nobody but the test writes the status of a HorizontalPodAutoscaler', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' }
    const autoscaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'scaler' } }
    await create({ ...autoscaler, spec: { maxReplicas: 2, scaleTargetRef } })
    const condition = { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }
    const patch = JSON.stringify({ status: { desiredReplicas: 1, conditions: [condition] } })
    await cluster.kubectl(['patch', 'hpa', 'scaler', '--subresource=status', '--type=merge', '-p', patch])
    await shows(/FailedGetResourceMetric/, 'get', 'hpa', 'scaler', '-o=jsonpath={.status.conditions}')
  })

  test('containers have logs, by their names, and so have those that ran before', async () => {
    const containers = spec('app', 'quiet', 'hostile')
    await create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'talks' }, spec: containers })
    await showsReady('talks', /"status":"True"/)
    const log = async (...args: string[]) => String((await cluster.kubectl(['logs', 'talks', '-c', ...args])).stdout)
    assert.equal((await log('app')).split('\n').length, 41)
    assert.equal(await log('app', '--tail=2'), 'waiting for the database (39)\nfatal: no connection to db:5432\n')
    assert.match(await log('app', '--tail=1', '--previous'), /the run before$/m)
    assert.equal(await log('quiet', '--tail=5'), '')
    assert.match(await log('hostile'), /^::error::/)
  })
})

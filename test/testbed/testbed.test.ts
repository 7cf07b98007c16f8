import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { binaries } from '../../testbed/binaries.ts'
import { startControlPlane } from '../../testbed/controlplane.ts'
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

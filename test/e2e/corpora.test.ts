import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { runStep } from '../../testbed/step.ts'
import { corpus, unlessPresent } from '../corpora.ts'

const seed = 'seed-config/ch01/basic-gitops-operator-config'
const prometheus = 'kube-prometheus/manifests'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** The step, with a kubectl on PATH that notes each of its command lines in a file. It does not wait: no operator runs here. */
async function reconcile(folder: string, wait = 'false') {
  const bin = temporaryFolder()
  const calls = join(bin, 'calls')
  writeFileSync(calls, '')
  writeFileSync(join(bin, 'kubectl'), `#!/bin/sh\necho "$@" >>'${calls}'\nexec '${cluster.bin}/kubectl' "$@"\n`)
  chmodSync(join(bin, 'kubectl'), 0o755)
  const result = await runStep({
    with: { repository: folder, parallelism: '1', wait },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [bin],
  })
  const applies = readFileSync(calls, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('apply '))
  return { ...result, applies: applies.length }
}

async function resourceVersions(folder: string): Promise<string[]> {
  const columns =
    'jsonpath={range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}'
  const exit = await cluster.kubectl(['get', '--recursive', '--filename', folder, '--output', columns])
  assert.equal(exit.code, 0, exit.stderr)
  return exit.stdout.toString().trim().split('\n')
}

test('plain kubectl fails on the seed repository, whose Deployment sorts before its Namespace', {
  skip: unlessPresent(seed),
}, async () => {
  const exit = await cluster.kubectl(['apply', '--filename', corpus(seed)])
  assert.equal(exit.code, 1)
  assert.match(exit.stderr, /namespaces "nginx" not found/)
  await cluster.kubectl(['delete', 'namespace', 'nginx', '--wait'])
})

test('one run brings the seed repository to life', { skip: unlessPresent(seed) }, async () => {
  const result = await reconcile(corpus(seed), 'true')
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, '2')
  const columns = ['-o', 'jsonpath={.status.availableReplicas}']
  const available = await cluster.kubectl(['get', 'deployment/nginx', '-n', 'nginx', ...columns])
  assert.equal(available.stdout.toString(), '1')
})

test('one run applies all 131 objects of kube-prometheus to a cluster without them', {
  skip: unlessPresent(prometheus),
}, async () => {
  const result = await reconcile(corpus(prometheus))
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual(
    { objects: result.outputs.objects, created: result.outputs.created, failed: result.outputs.failed },
    { objects: '131', created: '131', failed: '0' },
  )
  assert.equal(result.applies, 2)
  assert.equal((await resourceVersions(corpus(prometheus))).length, 131)
})

test('plain kubectl cannot apply kube-prometheus, however often it is run', {
  skip: unlessPresent(prometheus),
}, async () => {
  const other = await startControlPlane()
  try {
    const plain = () => other.kubectl(['apply', '--recursive', '--filename', corpus(prometheus)])
    await plain()
    const second = await plain()
    assert.equal(second.code, 1)
    assert.match(second.stderr, /metadata\.annotations: Too long/)
  } finally {
    await other.stop()
  }
})

test('a second run changes no object, and needs no kubectl apply', { skip: unlessPresent(prometheus) }, async () => {
  // Controllers write status for a while after the first run.
  for (
    let last: string[] = [], now = [''];
    last.join() !== now.join();
    last = now, now = await resourceVersions(corpus(prometheus))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
  const before = await resourceVersions(corpus(prometheus))
  const result = await reconcile(corpus(prometheus))
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.result, 'unchanged')
  assert.equal(result.outputs.unchanged, '131')
  assert.equal(result.applies, 0)
  assert.deepEqual(await resourceVersions(corpus(prometheus)), before)
})

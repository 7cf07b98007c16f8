import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { limitConcurrency } from '../../src/concurrency.ts'
import { unpackHead } from '../../src/inventory/record.ts'
import { makeInventory } from '../../src/object/inventory.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { startFaultProxy } from '../../testbed/faultproxy.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { prepareStep, runStep } from '../../testbed/step.ts'

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Cases beside each other: most of their time they wait for a lock to end. */
const MOST_CASES = 10

const json = (object: object) => JSON.stringify(object)
const map = (namespace: string, name: string, value: string) =>
  json({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value } })
const role = (namespace: string) =>
  json({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r', namespace }, rules: [] })
const secret = (namespace: string) =>
  json({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace }, stringData: { password: 'unknown' } })
const deployment = (namespace: string, replicas: number) =>
  json({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace } },
    spec: {
      ...{ replicas, selector: { matchLabels: { a: 'b' } } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
const home = (name: string) => json({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

/** Two commits of a set: the second one changes, makes and removes objects. */
const COMMITS = [
  (name: string) => [
    home(name),
    map(name, 'keeps', '1'),
    map(name, 'changes', '1'),
    map(name, 'goes', '1'),
    role(name),
  ],
  (name: string) => [
    ...[home(name), map(name, 'keeps', '1'), map(name, 'changes', '2'), map(name, 'comes', '1')],
    ...[secret(name), deployment(name, 1)],
  ],
] as const

/** The step on one of the commits, as the set `name` with an inventory in a namespace of its own. */
function step(name: string, commit: 0 | 1, kubeconfig?: string) {
  const repository = temporaryFolder()
  writeFiles(repository, { 'all.yaml': COMMITS[commit](name).join('\n---\n') })
  const prune = { prune: 'true', 'inventory-namespace': `${name}-home` }
  return {
    with: { repository, name, ...prune, ...(kubeconfig === undefined ? {} : { kubeconfig }) },
    env: { KUBECONFIG: cluster.kubeconfig },
    path: [cluster.bin],
  }
}

/**
 * Runs the second commit through a proxy that lets a number of requests pass. The process is killed once the last of them was
 * answered, before it hears of that. Returns how many requests there were.
 */
async function runAndKill(name: string, prefix: number): Promise<number> {
  let count = 0
  let kill = () => {}
  const proxy = await startFaultProxy(cluster.kubeconfig, (incoming, _, pass) => {
    count += 1
    if (count < prefix) return false
    if (count === prefix)
      pass(incoming, (answer) => {
        answer.resume()
        kill()
      })
    return true
  })
  const { main, env, end } = prepareStep(step(name, 1, proxy.kubeconfig))
  const child = spawn(process.execPath, [main], { env, stdio: 'ignore' })
  kill = () => void child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  await proxy.stop()
  await end({ exitCode: null, log: '' }, 'lost')
  return count
}

/** What a set came to: its objects, without what is different every time, and what its inventory has. */
async function stateOf(name: string): Promise<unknown> {
  const kinds = 'configmaps,secrets,roles,deployments'
  const objects = await cluster.kubectl(['get', kinds, '-n', name, '-o', 'json'])
  const items: readonly { kind: string; metadata: { name: string; labels: object }; data: object; spec: object }[] =
    JSON.parse(objects.stdout.toString()).items
  const parent = await cluster.kubectl(['get', 'secret', name, '-n', `${name}-home`, '-o', 'jsonpath={.data.record}'])
  const { id } = makeInventory(`${name}-home`, name)
  const record = unpackHead(Buffer.from(parent.stdout.toString(), 'base64'), id)?.record
  assert.ok(record !== undefined, `${name} has no inventory`)
  const state = {
    objects: items
      .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
      .map(({ kind, metadata, data, spec }) => [kind, metadata.name, metadata.labels, data, spec]),
    // An entry without a uid would be one that nobody has seen.
    inventory: [...record.entries].map(([key, { hash, uid }]) => [key, hash !== '' && uid !== '']),
  }
  return JSON.parse(JSON.stringify(state).replaceAll(id, 'ID').replaceAll(name, 'NAME'))
}

for (const from of ['nothing', 'the commit before'] as const) {
  test(`a run that is killed after any of its requests, and another one, come from ${from} to the same end`, async () => {
    const set = async (name: string) => {
      if (from === 'nothing') return name
      const result = await runStep(step(name, 0))
      assert.equal(result.exitCode, 0, result.log)
      return name
    }
    const prefix = from === 'nothing' ? 'made' : 'changed'
    const whole = await set(`${prefix}-whole`)
    const total = await runAndKill(whole, Number.POSITIVE_INFINITY)
    const expected = await stateOf(whole)
    assert.equal(JSON.stringify(expected).includes('goes'), false, 'nothing was deleted')
    const turn = limitConcurrency(MOST_CASES)
    await Promise.all(
      Array.from({ length: total }, (_, index) =>
        turn(async () => {
          const name = await set(`${prefix}-${index + 1}`)
          await runAndKill(name, index + 1)
          const result = await runStep(step(name, 1))
          assert.equal(result.exitCode, 0, `after ${index + 1} requests:\n${result.log}`)
          assert.deepEqual(await stateOf(name), expected, `after ${index + 1} requests:\n${result.log}`)
        }),
      ),
    )
    console.log(`# ${total} prefixes were tried, from ${from}`)
  })
}

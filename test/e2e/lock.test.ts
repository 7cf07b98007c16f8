import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEvent, type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { type Fault, startFaultProxy } from '../../testbed/faultproxy.ts'
import { commit, git, makeRepository, temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { prepareStep, runStep, type StepResult } from '../../testbed/step.ts'
import { startGitServer } from '../gitserver.ts'
import { isApply, isWriteOf } from './audit.ts'
import { errorOf, hasLogged, removedOf } from './report.ts'

/** As long as a lease holds, in milliseconds. */
const LEASE = 30_000

let cluster: ControlPlane
before(async () => {
  cluster = await startControlPlane()
})
after(async () => {
  for (const slow of started) await slow.stop()
  await cluster.stop()
})

/** A kubeconfig of somebody who may do everything, and whom the audit log tells from others. */
const kubeconfigOf = (user: string) => cluster.kubeconfigFor(user, ['system:masters'])

/** A folder with many ConfigMaps in a namespace, which all say `value`. */
function folderOf(namespace: string, value: string): string {
  const folder = temporaryFolder()
  const maps = Array.from({ length: 40 }, (_, index) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `m-${String(index).padStart(2, '0')}`, namespace } },
    data: { value },
  }))
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  writeFiles(folder, { 'all.yaml': [home, ...maps].map((object) => JSON.stringify(object)).join('\n---\n') })
  return folder
}

/** Runs whose proxies are open. */
const started: Slow[] = []

interface Slow {
  readonly user: string
  readonly with: Record<string, string>
  readonly env: Record<string, string>
  readonly path: string[]
  stop(): Promise<void>
}

/** A run of the set `name` that applies one object after the other, each after half a second; `fault` may do more. */
async function slowRun(name: string, fault: Fault = () => false): Promise<Slow> {
  const user = `${name}-first`
  const proxy = await startFaultProxy(await kubeconfigOf(user), (incoming, outgoing, pass) => {
    if (fault(incoming, outgoing, pass)) return true
    if (!isApply({ verb: String(incoming.method).toLowerCase(), uri: incoming.url ?? '' })) return false
    setTimeout(() => {
      pass(incoming, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
    }, 500)
    return true
  })
  const repository = folderOf(name, 'first')
  const inputs = { repository, name, parallelism: '1', kubeconfig: proxy.kubeconfig }
  const slow = { user, with: inputs, env: {}, path: [cluster.bin], stop: proxy.stop }
  started.push(slow)
  return slow
}

/** Another run of the set, by somebody else. */
async function otherRun(name: string, inputs: Record<string, string> = {}): Promise<StepResult> {
  return runStep({
    with: { repository: folderOf(name, 'second'), name, ...inputs },
    env: { KUBECONFIG: await kubeconfigOf(`${name}-second`) },
    path: [cluster.bin],
  })
}

/** Settles once a user has applied a number of objects. */
async function untilApplied(user: string, count: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    if (cluster.audit().filter((event) => event.user === user && isApply(event)).length >= count) return
    assert.ok(tries < 600, `${user} applies nothing`)
    await sleep(100)
  }
}

/** Asserts that the first run wrote nothing after the second one's first write. */
function assertHandedOver(name: string): void {
  const events = cluster.audit()
  const of = (user: string): AuditEvent[] => events.filter((event) => event.user === user && isWriteOf(name, event))
  const [first] = of(`${name}-second`)
  assert.ok(first !== undefined, 'the second run wrote nothing')
  const late = of(`${name}-first`).filter(({ time }) => time > first.time)
  assert.deepEqual(late, [])
}

async function holderOf(name: string): Promise<string> {
  const args = ['get', 'lease', name, '-n', 'fairlead', '-o', 'jsonpath={.spec.holderIdentity}']
  return (await cluster.kubectl(args)).stdout.toString()
}

/** Starts a step whose runner may be lost: nothing runs after it. */
function startLost(slow: Slow) {
  const step = prepareStep(slow)
  const child = spawn(process.execPath, [step.main], { env: step.env, stdio: 'ignore' })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, ended, end: () => step.end({ exitCode: null, log: '' }, 'lost') }
}

test('one writer at a time', { concurrency: true }, async (t) => {
  const tests = [
    t.test(
      'a lock that a living run holds is waited for, and then the run gives up and has written nothing',
      async () => {
        const slow = await slowRun('held')
        const running = runStep(slow)
        await untilApplied(slow.user, 2)
        const holder = await holderOf('held')
        const result = await otherRun('held', { 'lock-timeout': '3s' })
        assert.equal(result.exitCode, 1)
        assert.notEqual(holder, '')
        assert.ok(hasLogged(result.log, { type: 'lock-wait', holder }), result.log)
        const { reason, message } = errorOf(result, 'E-LOCK', 'Lease fairlead/held')
        assert.equal(reason, 'LockTimeout')
        assert.ok(message.includes(holder), message)
        assert.deepEqual(
          cluster.audit().filter((event) => event.user === 'held-second' && isWriteOf('held', event)),
          [],
        )
        assert.equal((await running).exitCode, 0)
        assert.equal(await holderOf('held'), '')
        await slow.stop()
      },
    ),

    t.test('a run that stood still for twice the lease writes nothing after its successor', async () => {
      const slow = await slowRun('stopped')
      const lost = startLost(slow)
      await untilApplied(slow.user, 3)
      const holder = await holderOf('stopped')
      lost.child.kill('SIGSTOP')
      const stopped = Date.now()
      const successor = await otherRun('stopped')
      assert.equal(successor.exitCode, 0, successor.log)
      assert.notEqual(holder, '')
      assert.ok(hasLogged(successor.log, { type: 'lock-taken-over', holder }), successor.log)
      assert.ok(Date.now() - stopped > LEASE, 'the lock was taken over too early')
      await sleep(Math.max(0, 2 * LEASE - (Date.now() - stopped)))
      lost.child.kill('SIGCONT')
      assert.equal(await lost.ended, 1)
      await sleep(1_000)
      assertHandedOver('stopped')
      await lost.end()
    }),

    t.test('a run of which only kubectl is left writes nothing any more; its lock ends by itself', async () => {
      const slow = await slowRun('killed')
      const lost = startLost(slow)
      await untilApplied(slow.user, 3)
      lost.child.kill('SIGKILL')
      const killed = Date.now()
      const successor = await otherRun('killed')
      assert.equal(successor.exitCode, 0, successor.log)
      await sleep(Math.max(0, 2 * LEASE - (Date.now() - killed)))
      assertHandedOver('killed')
      await lost.end()
      await slow.stop()
    }),

    t.test('a run that the server does not hear any more stops before its lock ends', async () => {
      let isCut = false
      const slow = await slowRun('cut', () => isCut)
      const running = runStep(slow)
      await untilApplied(slow.user, 3)
      isCut = true
      const result = await running
      assert.equal(errorOf(result, 'E-LOCK', 'Lease fairlead/cut').reason, 'LockNotRenewed')
      await slow.stop()
      const successor = await otherRun('cut')
      assert.equal(successor.exitCode, 0, successor.log)
      assertHandedOver('cut')
    }),

    t.test('a lock that somebody deletes is lost, and the count of the inventory never falls', async () => {
      const slow = await slowRun('deleted')
      const running = runStep(slow)
      await untilApplied(slow.user, 3)
      await cluster.kubectl(['delete', 'lease', 'deleted', '-n', 'fairlead'])
      const result = await running
      assert.equal(result.exitCode, 1)
      assert.equal(errorOf(result, 'E-LOCK', 'Lease fairlead/deleted').reason, 'LockDeleted')
      assert.ok(Number(result.outputs.created) < 40, result.log)
      const successor = await otherRun('deleted')
      assert.equal(successor.exitCode, 0, successor.log)
      assertHandedOver('deleted')
    }),

    t.test('a cancelled run lets go of the lock within the time that the runner gives it', async () => {
      const slow = await slowRun('cancelled')
      let cancelled = 0
      let applying: Promise<void> | undefined
      const result = await runStep({
        ...slow,
        onOutput: (_, child) => {
          applying ??= untilApplied(slow.user, 1).then(() => {
            cancelled = Date.now()
            child.signal('SIGINT')
          })
        },
      })
      await applying
      assert.ok(Date.now() - cancelled < 7_500, 'it took too long')
      assert.ok(errorOf(result, 'E-CANCEL'))
      assert.equal(result.state.lock, '')
      assert.equal(await holderOf('cancelled'), '')
      const successor = await otherRun('cancelled', { 'lock-timeout': '1s' })
      assert.equal(successor.exitCode, 0, successor.log)
    }),

    t.test('the post step lets go of the lock of a step that was killed, once and only once', async () => {
      const slow = await slowRun('posted')
      let applying: Promise<void> | undefined
      const result = await runStep({
        ...slow,
        onOutput: (_, child) => {
          applying ??= untilApplied(slow.user, 1).then(() => child.signal('SIGKILL'))
        },
      })
      await applying
      assert.match(result.state.lock ?? '', /"name":"posted"/)
      assert.equal(await holderOf('posted'), '')
      const successor = await otherRun('posted', { 'lock-timeout': '1s' })
      assert.equal(successor.exitCode, 0, successor.log)
    }),
  ]
  await Promise.all(tests)
})

test('a Lease of somebody else is left alone', async () => {
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'default' },
  }
  await cluster.kubectl(['create', '-f', '-'], JSON.stringify({ ...lease, spec: { holderIdentity: '' } }))
  const result = await otherRun('operator', { 'inventory-namespace': 'default' })
  assert.equal(result.exitCode, 1)
  assert.equal(errorOf(result, 'E-LOCK', 'Lease default/operator').reason, 'NotALock')
})

test('what happens to an object while a run waits for the lock counts: kept, unlabelled or taken over, it is not deleted', async () => {
  const map = (name: string) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })
  const run = (
    name: string,
    names: readonly string[],
    inputs: Record<string, string> = {},
    onOutput = (_: string) => {},
  ) => {
    const repository = temporaryFolder()
    writeFiles(repository, { 'all.yaml': names.map(map).join('\n---\n') })
    return runStep({
      with: { repository, name, ...inputs },
      env: { KUBECONFIG: cluster.kubeconfig },
      path: [cluster.bin],
      onOutput,
    })
  }
  const names = ['wait-stays', 'wait-kept', 'wait-unlabelled', 'wait-taken', 'wait-goes']
  assert.equal((await run('waiting', names)).exitCode, 0)
  const holder = (name: string) => JSON.stringify({ spec: { holderIdentity: name } })
  const patch = (name: string) => ['patch', 'lease', 'waiting', '-n', 'fairlead', '--type=merge', '-p', holder(name)]
  await cluster.kubectl(patch('somebody'))
  let meanwhile: Promise<void> | undefined
  const result = await run('waiting', ['wait-stays'], { prune: 'true', 'prune-limit': '100%' }, (log) => {
    if (!hasLogged(log, { type: 'lock-wait', holder: 'somebody' })) return
    meanwhile ??= (async () => {
      await cluster.kubectl(['annotate', 'configmap', 'wait-kept', 'fairlead.dev/prune=keep'])
      await cluster.kubectl(['label', 'configmap', 'wait-unlabelled', 'applyset.kubernetes.io/part-of-'])
      const taken = await run('taker', ['wait-taken'], { 'adopt-from': 'fairlead/waiting' })
      assert.equal(taken.exitCode, 0, taken.log)
      await cluster.kubectl(patch(''))
    })()
  })
  await meanwhile
  assert.equal(result.exitCode, 0, result.log)
  assert.deepEqual([result.outputs.pruned, result.outputs.kept], ['1', '2'], result.log)
  const results = ['kept', 'unlabelled', 'taken', 'goes'].map((name) => {
    const { result: word, reason } = removedOf(result, `ConfigMap default/wait-${name}`)
    return [word, reason]
  })
  assert.deepEqual(results, [
    ['kept', 'PruneAnnotation'],
    ['kept', 'LabelMissing'],
    ['abandoned', 'OtherOwner'],
    ['pruned', null],
  ])
  const { stdout } = await cluster.kubectl(['get', 'configmaps', '-o', 'name'])
  const left = stdout.toString().match(/wait-\w+/g)
  assert.deepEqual(left, ['wait-kept', 'wait-stays', 'wait-taken', 'wait-unlabelled'])
})

test('of twenty runs that race for one lock one writes at a time, and the newest commit wins', async () => {
  const root = temporaryFolder()
  const repository = join(root, 'example/config')
  const map = (name: string, value: string) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { value } })
  const files = (index: number) => ({
    'deploy/one.yaml': map('race-one', `commit ${index}`),
    'deploy/two.yaml': map('race-two', `commit ${index}`),
  })
  const commits = [makeRepository(repository, files(0))]
  for (let index = 1; index < 20; index += 1) commits.push(commit(repository, files(index)))
  git(repository, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  git(repository, 'config', 'uploadpack.allowFilter', 'true')
  const server = await startGitServer(root)
  const results = await Promise.all(
    commits.map(async (sha, index) =>
      runStep({
        with: { path: 'deploy', name: 'race' },
        env: {
          ...{ KUBECONFIG: await kubeconfigOf(`race-${index}`), GITHUB_SERVER_URL: server.url, GITHUB_SHA: sha },
          ...{ GITHUB_REF: 'refs/heads/main', GITHUB_RUN_ID: String(index) },
        },
        path: [cluster.bin],
      }),
    ),
  )
  await server.stop()
  const writers = cluster
    .audit()
    .filter((event) => isApply(event) && event.uri.includes('/configmaps/race-'))
    .map(({ user }) => user)
  const turns = writers.filter((user, index) => user !== writers[index - 1])
  assert.equal(turns.length, new Set(turns).size, `they took turns: ${writers.join(' ')}`)
  const order = turns.map((user) => Number(user.slice('race-'.length)))
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
    'an older commit was applied after a newer one',
  )
  assert.equal(order.at(-1), 19)
  for (const [index, result] of results.entries()) {
    const isApplied = order.includes(index)
    assert.equal(result.exitCode, isApplied ? 0 : 1, result.log)
    if (!isApplied) assert.equal(errorOf(result, 'E-GUARD').reason, 'NotNewestCommit')
  }
  const { stdout } = await cluster.kubectl([
    'get',
    'configmaps',
    'race-one',
    'race-two',
    '-o',
    'jsonpath={.items[*].data.value}',
  ])
  assert.equal(stdout.toString(), 'commit 19 commit 19')
  console.log(`# ${order.length} of 20 runs wrote, in this order: ${order.join(' ')}`)
})

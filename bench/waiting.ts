// What a run says of workloads that get ready, or do not, and how soon; what waiting costs; and how soon a cancelled run ends.
// Writes what it finds into docs/explanation/health.md.
//   node bench/waiting.ts
import { join } from 'node:path'
import { limitConcurrency } from '../src/concurrency.ts'
import { errorsOf, hasEntered } from '../test/e2e/report.ts'
import { object, textOf, workload } from '../test/objects.ts'
import { type ControlPlane, startControlPlane } from '../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../testbed/repository.ts'
import { runStep, type StepResult } from '../testbed/step.ts'
import { writeBlock } from './block.ts'
import { median } from './child.ts'
import { writeMix } from './mix.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** Scenarios at once: they sleep most of the time. */
const AT_ONCE = 6
const ROUNDS = 5

/** A step, with when each phase of it began and when it ended, in milliseconds. */
async function timed(
  cluster: ControlPlane,
  inputs: Readonly<Record<string, string>>,
  kubeconfig = cluster.kubeconfig,
  onWait: (signal: (name: NodeJS.Signals) => void) => void = () => {},
): Promise<{ readonly result: StepResult; readonly waited: number; readonly took: number }> {
  const started = performance.now()
  let waiting = Number.POSITIVE_INFINITY
  const result = await runStep({
    with: inputs,
    env: { KUBECONFIG: kubeconfig },
    path: [cluster.bin],
    onOutput: (log, child) => {
      if (waiting !== Number.POSITIVE_INFINITY || !hasEntered(log, 'wait')) return
      waiting = performance.now()
      onWait(child.signal)
    },
  })
  const ended = performance.now()
  return { result, waited: Math.max(0, ended - waiting), took: ended - started }
}

async function play(scenario: Scenario, index: number, cluster: ControlPlane): Promise<string> {
  const namespace = `s${index}`
  const { title, objects, isRed = false, inputs = {}, before = () => [], meanwhile } = scenario
  await cluster.kubectl(['create', 'namespace', namespace])
  for (const args of before(namespace)) await cluster.kubectl(args)
  const repository = temporaryFolder()
  writeFiles(repository, { 'all.yaml': textOf(...objects(namespace)) })
  const act = () => void (meanwhile !== undefined && cluster.kubectl(meanwhile(namespace)))
  const { result, waited } = await timed(cluster, { repository, name: namespace, ...inputs }, undefined, act)
  if ((result.exitCode !== 0) !== isRed) throw new Error(`${title}: the run is not as it has to be.\n${result.log}`)
  const said = errorsOf(result)
    .map(({ message }) => message.split('\n')[0] ?? '')
    .join(' ')
  const cells = [title, result.exitCode === 0 ? 'green' : 'red', `${(waited / 1000).toFixed(0)} s`, said]
  console.log(cells.join(' | '))
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(namespace, 'shop')).join(' | ')} |`
}

/** What a thousand Deployments that become ready cost. */
async function thousand(cluster: ControlPlane): Promise<string> {
  const user = 'thousand'
  const kubeconfig = await cluster.kubeconfigFor(user, ['system:masters'])
  const repository = temporaryFolder()
  const deployments = Array.from({ length: 1_000 }, (_, index) =>
    workload('Deployment', `d${index}`, { namespace: user }),
  )
  writeFiles(repository, { 'all.yaml': textOf(object('v1', 'Namespace', user, ''), ...deployments) })
  const { result, waited } = await timed(cluster, { repository, name: user }, kubeconfig)
  if (result.exitCode !== 0) throw new Error(result.log)
  const own = cluster.audit().filter((event) => event.user === user)
  const last = own.findLastIndex(({ verb, uri }) => verb === 'patch' && uri.includes('/deployments/'))
  const requests = own.slice(last + 1).filter(({ verb }) => verb === 'list' || verb === 'get').length
  return `1,000 Deployments that become ready: ${requests} requests while it waits for ${(waited / 1000).toFixed(0)} s.`
}

/** What waiting adds to a run of ten thousand objects without changes. */
async function unchanged(cluster: ControlPlane): Promise<string> {
  const { folder } = writeMix(join(temporaryFolder(), 'mix'), 10_000)
  const first = await timed(cluster, { repository: folder, name: 'mix' })
  if (first.result.exitCode !== 0) throw new Error(first.result.log)
  const kubeconfigOf = (wait: string) => cluster.kubeconfigFor(`mix-${wait}`, ['system:masters'])
  const kubeconfigs = { false: await kubeconfigOf('false'), true: await kubeconfigOf('true') }
  const times: Record<keyof typeof kubeconfigs, number[]> = { false: [], true: [] }
  // In turns, so that both meet the same machine.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const wait of ['false', 'true'] as const) {
      const { result, took } = await timed(cluster, { repository: folder, name: 'mix', wait }, kubeconfigs[wait])
      if (result.outputs.result !== 'unchanged') throw new Error(result.log)
      times[wait].push(took)
    }
  }
  const [without, waiting] = Object.entries(times).map(([wait, taken]) => {
    const requests = cluster.audit().filter(({ user }) => user === `mix-${wait}`).length / ROUNDS
    return `${(median(taken) / 1000).toFixed(2)} s and ${requests} requests`
  })
  return `10,000 objects without a change, of which 2,600 are Deployments: ${without} with \`wait: false\`, ${waiting} with waiting.`
}

/** How soon a run ends that is cancelled while it waits. */
async function cancelled(cluster: ControlPlane): Promise<string> {
  const repository = temporaryFolder()
  const never = workload('Deployment', 'never', { namespace: 'cancelled', plays: 'never-ready' })
  writeFiles(repository, { 'all.yaml': textOf(object('v1', 'Namespace', 'cancelled', ''), never) })
  let sent = 0
  const inputs = { repository, name: 'cancelled' }
  await timed(cluster, inputs, undefined, (signal) => {
    setTimeout(() => {
      sent = performance.now()
      signal('SIGINT')
    }, 3_000)
  })
  return `Cancelled while it waits, a run has ended, its report written and its post step run, after ${(performance.now() - sent).toFixed(0)} ms; the runner gives it 7,500.`
}

const cluster = await startControlPlane()
try {
  const turn = limitConcurrency(AT_ONCE)
  const rows = await Promise.all(SCENARIOS.map((scenario, index) => turn(() => play(scenario, index, cluster))))
  const costs = [await thousand(cluster), await unchanged(cluster), await cancelled(cluster)]
  for (const cost of costs) console.log(cost)
  const head = '| what | the run is | after | and says |\n|--|--|--|--|'
  writeBlock('health.md', 'waiting', `${head}\n${rows.join('\n')}\n\n${costs.map((cost) => `- ${cost}`).join('\n')}\n`)
} finally {
  await cluster.stop()
}

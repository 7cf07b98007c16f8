// What owning costs a run on a local control plane: the lock, the inventory and the question for the newest commit.
//   node bench/ownership.ts
import { join } from 'node:path'
import { PHASE_TITLES } from '../src/report/text.ts'
import { startControlPlane } from '../testbed/controlplane.ts'
import { startFaultProxy } from '../testbed/faultproxy.ts'
import { commit, makeRepository, temporaryFolder } from '../testbed/repository.ts'
import { runStep } from '../testbed/step.ts'
import { median } from './child.ts'

const OBJECTS = 100
const ROUNDS = 15

const files = (changed: number) => ({
  'all.yaml': Array.from({ length: OBJECTS }, (_, index) =>
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `m-${index}`, namespace: 'default' } },
      data: { value: String(index === 0 ? changed : 0) },
    }),
  ).join('\n---\n'),
})

const cluster = await startControlPlane()
/** When each request for the lock or the inventory began and ended, in milliseconds. */
let spent: { readonly what: string; readonly from: number; readonly to: number }[] = []
const proxy = await startFaultProxy(cluster.kubeconfig, ({ method, url = '' }, outgoing) => {
  if (!/\/(leases|secrets)(\/|$|\?)/.test(url)) return false
  const from = performance.now()
  const what = `${method} ${url.includes('/leases') ? 'lock' : 'inventory'}`
  outgoing.once('close', () => spent.push({ what, from, to: performance.now() }))
  return false
})
try {
  const repository = join(temporaryFolder(), 'config')
  makeRepository(repository, files(0))
  const run = async () => {
    spent = []
    const marks = new Map<string, number>()
    const result = await runStep({
      with: { repository, name: 'ownership', kubeconfig: proxy.kubeconfig },
      path: [cluster.bin],
      onOutput: (log) => {
        for (const [, name = ''] of log.matchAll(/^::group::(.*)$/gm))
          if (!marks.has(name)) marks.set(name, performance.now())
      },
    })
    if (result.exitCode !== 0) throw new Error(result.log)
    const [lock, apply] = [marks.get(PHASE_TITLES.lock), marks.get(PHASE_TITLES.apply)]
    if (lock === undefined || apply === undefined) return { requests: spent.length, time: 0 }
    // Before the apply all that is done is for owning; after it what is written down, and the lock let go of.
    const after = spent.filter(({ from }) => from > apply).reduce((sum, { from, to }) => sum + to - from, 0)
    return { requests: spent.length, time: apply - lock + after }
  }
  await run()
  const measure = async (what: string, before: (round: number) => void) => {
    const runs: Awaited<ReturnType<typeof run>>[] = []
    for (let round = 1; round <= ROUNDS; round += 1) {
      before(round)
      runs.push(await run())
    }
    const [requests, time] = [median(runs.map((each) => each.requests)), median(runs.map((each) => each.time))]
    console.log(`${what}: ${requests} requests, ${time.toFixed(0)} ms (median of ${ROUNDS})`)
    console.log(`  ${spent.map((each) => each.what).join(', ')}`)
  }
  await measure('a run without changes', () => {})
  await measure('a run with one change, at the next commit', (round) => commit(repository, files(round)))
} finally {
  await proxy.stop()
  await cluster.stop()
}

// Fairlead side by side with other deployers, each on control planes of its own, near and far:
//   npm run bench:deployers                        everything, into docs/performance.md
//   npm run bench:deployers -- fairlead kubectl    these only, printed
//   npm run bench:deployers -- --objects=100       a mix of 100 and of 1,000 objects, to try things out
import { parseArgs } from 'node:util'
import { bars } from './bars.ts'
import { type Sizes, Trial } from './cases.ts'
import { allDeployers } from './deployer.ts'
import type { Measurement, Result } from './measurement.ts'
import { report, writePage } from './page.ts'
import { duration, seconds, titleOf } from './table.ts'

const FULL = 1_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { objects: { type: 'string', default: String(FULL) } },
})
const small = Number(values.objects)
if (!(small > 0) || small % 50 !== 0) throw new Error('--objects takes a multiple of 50.')
const sizes: Sizes = { small, large: 10 * small }
const say = (line: string) => void process.stderr.write(`${line}\n`)

function tell({ deployer, case: name, roundTrip, result }: Measurement): void {
  say(`${deployer}, ${titleOf(name, sizes).toLowerCase()}, ${roundTrip} ms: ${outcome(result)}`)
}

function outcome(result: Result): string {
  switch (result.state) {
    case 'measured': {
      const { wall, cpu, memory, requests, rounds } = result
      return `${seconds(wall)}, ${seconds(cpu)} CPU, ${memory.toFixed(0)} MiB, ${requests} requests (${rounds} runs)`
    }
    case 'estimated':
      return `not run, would take about ${duration(result.wall)}`
    case 'failed':
      return `failed: ${result.reason}`
    case 'absent':
      return 'nothing'
  }
}

// Leaving removes the files, and no program of a control plane outlives this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const deployers = await allDeployers(positionals, say)
const measurements: Measurement[] = []
for (const deployer of deployers) measurements.push(...(await new Trial(deployer, sizes, tell).run()))
process.stdout.write(`${report(measurements, deployers, sizes)}\n`)
if (small === FULL) {
  const results = bars(measurements)
  for (const { demand, found, isReached } of results) {
    process.stdout.write(`${isReached ? '✔' : '✘'} ${demand}: ${found ?? 'not measured'}\n`)
  }
  process.exitCode = results.every(({ isReached }) => isReached) ? 0 : 1
}
if (small === FULL && positionals.length === 0) writePage(measurements, deployers, sizes)

// Fairlead side by side with other deployers, each on control planes of its own, near and far:
//   npm run bench:deployers                             everything, into docs/explanation/performance.md
//   npm run bench:deployers -- fairlead kubectl         these only, printed
//   npm run bench:deployers -- --objects=100            a mix of 100 and of 1,000 objects, to try things out
//   npm run bench:deployers -- --results=FILE [NAME]    goes on where an earlier run with this file was ended; measures
//                                                       again what is named; the page follows once everything is there,
//                                                       or with --page from what is
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bars } from './bars.ts'
import { hasPrometheus, type Sizes, Trial } from './cases.ts'
import { DEPLOYERS, type Deployer, deployersCalled } from './deployer.ts'
import type { Measurement, Result } from './measurement.ts'
import { report, writePage } from './page.ts'
import { duration, seconds, titleOf } from './table.ts'

const FULL = 1_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    objects: { type: 'string', default: String(FULL) },
    results: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
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

/** What an earlier run left in the file, but for the deployers that are to be measured again. */
function kept(): Measurement[] {
  if (values.results === undefined || !existsSync(values.results)) return []
  const earlier: { readonly small: number; readonly measurements: readonly Measurement[] } = JSON.parse(
    readFileSync(values.results, 'utf8'),
  )
  if (earlier.small !== small) throw new Error(`${values.results} is about ${earlier.small} objects, not ${small}.`)
  return earlier.measurements.filter(({ deployer }) => !named.some(({ key }) => key === deployer))
}

const named = positionals.flatMap((name) => deployersCalled(name))
const measurements = kept()
const isMeasured = ({ key }: Deployer) => measurements.some(({ deployer }) => deployer === key)
const wanted = DEPLOYERS.filter((one) => (named.length === 0 ? !isMeasured(one) : named.includes(one)))
if (!hasPrometheus) say('The manifests of kube-prometheus are not in shared/corpora beside the project: left out.')
for (const deployer of wanted) {
  await deployer.install?.(say)
  measurements.push(...(await new Trial(deployer, sizes, tell).run()))
  if (values.results !== undefined) writeFileSync(values.results, JSON.stringify({ small, measurements }, undefined, 2))
}
const measured = DEPLOYERS.filter(isMeasured)
process.stdout.write(`${report(measurements, measured, sizes)}\n`)
if (small === FULL) {
  const results = bars(measurements)
  for (const { demand, found, isReached } of results) {
    const mark = found === undefined ? '–' : isReached ? '✔' : '✘'
    process.stdout.write(`${mark} ${demand}: ${found ?? 'not measured'}\n`)
  }
  const isWhole = measured.length === DEPLOYERS.length
  process.exitCode = results.some(({ found, isReached }) => !isReached && (isWhole || found !== undefined)) ? 1 : 0
  if (isWhole || values.page) writePage(measurements, measured, sizes)
}

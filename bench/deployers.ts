// Compares Fairlead with other deployers, each on its own control planes, at several network round trips:
//   npm run bench:deployers                             all deployers; writes docs/explanation/performance.md
//   npm run bench:deployers -- fairlead kubectl         only these; prints the result
//   npm run bench:deployers -- --objects=100            mixes of 100 and 1,000 objects, for a quick try
//   npm run bench:deployers -- --results=FILE [NAME]    continues an earlier run with this file; measures the
//                                                       named deployers again; writes the page once all results
//                                                       exist, or with --page from the existing ones
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
if (!(small > 0) || small % 50 !== 0) throw new Error('--objects must be a multiple of 50.')
const sizes: Sizes = { small, large: 10 * small }
const say = (line: string) => void process.stderr.write(`${line}\n`)

function logMeasurement({ deployer, case: name, roundTrip, result }: Measurement): void {
  say(`${deployer}, ${titleOf(name, sizes).toLowerCase()}, ${roundTrip} ms: ${outcome(result)}`)
}

function outcome(result: Result): string {
  switch (result.state) {
    case 'measured': {
      const { wall, cpu, memory, requests, rounds } = result
      return `${seconds(wall)}, ${seconds(cpu)} CPU, ${memory.toFixed(0)} MiB, ${requests} requests (${rounds} runs)`
    }
    case 'estimated':
      return `not run, estimated at ${duration(result.wall)}`
    case 'failed':
      return `failed: ${result.reason}`
    case 'absent':
      return 'no result'
  }
}

// On exit, all files are removed and all control planes stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** The measurements of an earlier run, without the deployers to measure again. */
function loadMeasurements(): Measurement[] {
  if (values.results === undefined || !existsSync(values.results)) return []
  const earlier: { readonly small: number; readonly measurements: readonly Measurement[] } = JSON.parse(
    readFileSync(values.results, 'utf8'),
  )
  if (earlier.small !== small)
    throw new Error(`${values.results} has results for ${earlier.small} objects, not ${small}.`)
  return earlier.measurements.filter(({ deployer }) => !named.some(({ key }) => key === deployer))
}

const named = positionals.flatMap((name) => deployersCalled(name))
const measurements = loadMeasurements()
const isMeasured = ({ key }: Deployer) => measurements.some(({ deployer }) => deployer === key)
const wanted = DEPLOYERS.filter((one) => (named.length === 0 ? !isMeasured(one) : named.includes(one)))
if (!hasPrometheus) say('Skipping kube-prometheus: its manifests are not in shared/corpora.')
for (const deployer of wanted) {
  await deployer.install?.(say)
  measurements.push(...(await new Trial(deployer, sizes, logMeasurement).run()))
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

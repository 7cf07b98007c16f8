import type { Sizes } from './cases.ts'
import { type Case, type Measurement, type Result, ROUND_TRIPS, type Run, resultOf } from './measurement.ts'

/** The properties of a deployer that tables and plots use. */
export interface Described {
  readonly key: string
  readonly name: string
  readonly about: string
}

/** The title of a case. */
export function titleOf(name: Case, { small, large }: Sizes): string {
  const titles: Readonly<Record<Case, string>> = {
    first: `First apply of ${count(small)} objects`,
    'no-op': `No change in ${count(small)} objects`,
    'large no-op': `No change in ${count(large)} objects`,
    'large change': `One change in ${count(large)} objects`,
    'prometheus first': 'First apply of kube-prometheus',
    'prometheus no-op': 'No change in kube-prometheus',
  }
  return titles[name]
}

/** A Markdown table of one case with a row for each deployer with a result, followed by the failures. */
export function table(measurements: readonly Measurement[], name: Case, deployers: readonly Described[]): string {
  const rows = deployers.filter(({ key }) => measurements.some((one) => one.deployer === key && one.case === name))
  const isFirst = name === 'first'
  const distances = ROUND_TRIPS.map((roundTrip) => `${roundTrip} ms`)
  const headings = ['', ...distances, ...(isFirst ? ['of which writing'] : []), 'CPU', 'memory', 'requests']
  const lines = rows.map((deployer) => {
    const [here, ...further] = ROUND_TRIPS.map((one) => resultOf(measurements, deployer.key, name, one))
    const cells = [here, ...further].map((result) => wallCell(result))
    const of = (value: (run: Run) => string) => (here?.state === 'measured' ? value(here) : '–')
    return [
      deployer.name,
      ...cells,
      ...(isFirst ? [of(({ writing }) => seconds(writing))] : []),
      of(({ cpu }) => seconds(cpu)),
      of(({ memory }) => `${memory.toFixed(0)} MiB`),
      of(({ requests }) => count(requests)),
    ]
  })
  const rule = headings.map((_, index) => (index === 0 ? '--' : '--:'))
  return (
    [headings, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n') +
    failures(measurements, name, rows)
  )
}

function failures(measurements: readonly Measurement[], name: Case, deployers: readonly Described[]): string {
  const lines = deployers.flatMap(({ key, name: called }) => {
    const results = ROUND_TRIPS.map((roundTrip) => resultOf(measurements, key, name, roundTrip))
    const failed = results.find((result) => result.state === 'failed')
    return failed === undefined ? [] : [`\n- ${called} failed: ${failed.reason.replaceAll(/[|<>`]/g, ' ')}`]
  })
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

function wallCell(result: Result | undefined): string {
  if (result?.state === 'measured') return seconds(result.wall)
  if (result?.state === 'estimated') return `not run (~${duration(result.wall)})`
  return result?.state === 'failed' ? 'failed' : '–'
}

/** A time in milliseconds as seconds, with three significant digits. */
export function seconds(milliseconds: number): string {
  const value = milliseconds / 1_000
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`
}

/** A time in milliseconds as rounded seconds, minutes or hours. */
export function duration(milliseconds: number): string {
  const minutes = milliseconds / 60_000
  if (minutes < 1.5) return `${(60 * minutes).toFixed(0)} s`
  return minutes < 90 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(1)} h`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { versions } from '../testbed/versions.ts'
import { writeBlock } from './block.ts'
import type { Sizes } from './cases.ts'
import { CASES, type Measurement } from './measurement.ts'
import { DARK, LIGHT, plot } from './plot.ts'
import { type Described, table, titleOf } from './table.ts'

const docs = join(import.meta.dirname, '../docs/explanation')

/** All measurements as Markdown: the environment, then a table for each case. */
export function report(measurements: readonly Measurement[], deployers: readonly Described[], sizes: Sizes): string {
  const tables = measuredCases(measurements).map(
    (name) => `### ${titleOf(name, sizes)}\n\n${table(measurements, name, deployers)}`,
  )
  const machine = `${availableParallelism()} cores for the deployer and the control plane together`
  const programs = `Kubernetes ${versions.kubernetes}, etcd ${versions.etcd}, Node ${process.versions.node}`
  const list = deployers.map(({ name, about }) => `- **${name}**: ${about}`).join('\n')
  return `${machine}; ${programs}.\n\n${list}\n\n${tables.join('\n\n')}\n`
}

/** Writes the report and its plots into docs/explanation/performance.md, between two markers. */
export function writePage(measurements: readonly Measurement[], deployers: readonly Described[], sizes: Sizes): void {
  const cases = measuredCases(measurements)
  for (const [name, theme] of Object.entries({ light: LIGHT, dark: DARK })) {
    writeFileSync(join(docs, `performance-${name}.svg`), plot(measurements, cases, deployers, sizes, theme))
  }
  const picture = `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="performance-dark.svg">
  <img alt="Wall time of each deployer in each case, on a logarithmic axis" src="performance-light.svg">
</picture>`
  writeBlock('performance.md', 'bench', `${picture}\n\n${report(measurements, deployers, sizes)}`)
}

function measuredCases(measurements: readonly Measurement[]) {
  return CASES.filter((name) => measurements.some((one) => one.case === name))
}

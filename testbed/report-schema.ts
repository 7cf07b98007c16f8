import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Schema, Validator } from '@cfworker/json-schema'

const file = join(import.meta.dirname, '../docs/reference/report.schema.json')
const validator = new Validator(JSON.parse(readFileSync(file, 'utf8')) as Schema, '2020-12', false)

/** The violations of docs/reference/report.schema.json in a report, each with its path. */
export function violationsOf(report: string): string[] {
  return validator
    .validate(JSON.parse(report))
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
}

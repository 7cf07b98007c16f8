import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Schema, Validator } from '@cfworker/json-schema'

const file = join(import.meta.dirname, '../docs/reference/report.schema.json')
const validator = new Validator(JSON.parse(readFileSync(file, 'utf8')) as Schema, '2020-12', false)

/** What a report does not have as docs/reference/report.schema.json has it, each with its place; none where all is as documented. */
export function violationsOf(report: string): string[] {
  return validator
    .validate(JSON.parse(report))
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`)
}

import { type Json, serialise } from '../json.ts'
import type { Redactor } from './redactor.ts'
import type { RunReport } from './run-report.ts'

/** A report as redacted JSON for other programs, as docs/reference/report.md describes it. */
export function renderJson(report: RunReport, redactor: Redactor): string {
  return serialise(redacted(report, redactor))
}

function redacted(value: unknown, redactor: Redactor): Json {
  if (typeof value === 'string') return redactor.redact(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (Array.isArray(value)) return value.map((member: unknown) => redacted(member, redactor))
  if (typeof value !== 'object' || value === null) return null
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [redactor.redact(name), redacted(member, redactor)]))
}

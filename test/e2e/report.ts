import assert from 'node:assert/strict'
import { formatLocation } from '../../src/diagnostics.ts'
import type { Phase, RunEvent } from '../../src/engine/events.ts'
import type { ObjectId } from '../../src/object/object-id.ts'
import type {
  DiagnosticReport,
  ObjectReport,
  RemovedObjectReport,
  RunReport,
  SetReport,
} from '../../src/report/run-report.ts'
import { eventLines, PHASE_TITLES } from '../../src/report/text.ts'
import { violationsOf } from '../../testbed/report-schema.ts'
import type { StepResult } from '../../testbed/step.ts'

/** The report that a step left as JSON. */
export function reportOf(result: StepResult): RunReport {
  assert.notEqual(result.report, '', result.log)
  assert.deepEqual(violationsOf(result.report), [])
  return JSON.parse(result.report)
}

/** The report of the only set of a step. */
export function setOf(result: StepResult): SetReport {
  const [set, ...more] = reportOf(result).sets
  assert.ok(set !== undefined && more.length === 0, result.log)
  return set
}

/** Every error of a step, those of the run first. */
export function errorsOf(result: StepResult): DiagnosticReport[] {
  return diagnosticsOf(result, 'error')
}

/** Every warning of a step. */
export function warningsOf(result: StepResult): DiagnosticReport[] {
  return diagnosticsOf(result, 'warning')
}

function diagnosticsOf(result: StepResult, severity: DiagnosticReport['severity']): DiagnosticReport[] {
  const { diagnostics, sets } = reportOf(result)
  return [...diagnostics, ...sets.flatMap((set) => set.diagnostics)].filter((each) => each.severity === severity)
}

/** The one error with this code, and of this object where one is given; fails where there is none, or more than one. */
export function errorOf(result: StepResult, code: string, object?: string): DiagnosticReport {
  const found = errorsOf(result).filter(
    (each) => each.code === code && (object === undefined || each.object === object),
  )
  const [error] = found
  assert.ok(error !== undefined && found.length === 1, `${found.length} of ${code} ${object ?? ''}:\n${result.log}`)
  return error
}

/** Where a diagnostic is, as FILE:LINE, with a column that is not the first. */
export function placeIn(diagnostic: Pick<DiagnosticReport, 'location'>): string {
  return formatLocation(diagnostic.location ?? undefined)
}

/** What the report has of an object that is not unchanged, by the name by which messages call it. */
export function objectOf(result: StepResult, object: string): ObjectReport {
  const found = setOf(result).objects.find((each) => each.object === object)
  assert.ok(found !== undefined, `no ${object}:\n${result.log}`)
  return found
}

/** What the report has of an object that was removed from Git. */
export function removedOf(result: StepResult, object: string): RemovedObjectReport {
  const found = setOf(result).removed.find((each) => each.object === object)
  assert.ok(found !== undefined, `no ${object}:\n${result.log}`)
  return found
}

/** Whether a run has entered a phase, by what it has logged so far. */
export function hasEntered(log: string, phase: Phase): boolean {
  return log.includes(`::group::${PHASE_TITLES[phase]}\n`)
}

/** Whether a run waits for so many objects to become ready, by what it has logged so far. */
export function isWaitingFor(log: string, total: number): boolean {
  const [line = ''] = eventLines({ type: 'wait-progress', objects: [], total })
  return log.includes(line)
}

/** Whether a run names an object among those that it waits for, by what it has logged so far. */
export function hasWaitedFor(log: string, id: ObjectId): boolean {
  const [, line = ''] = eventLines({ type: 'wait-progress', objects: [{ id, message: '' }], total: 1 })
  return line !== '' && log.includes(`\n${line}`)
}

/** Whether a run has started `kubectl apply`, for however many objects, by what it has logged so far. */
export function hasStartedKubectl(log: string): boolean {
  const [line = ''] = eventLines({ type: 'kubectl-apply', objects: 1, processes: 1 })
  const [words = ''] = line.split('1')
  return words !== '' && log.includes(words)
}

/** The one warning with this reason; fails where there is none, or more than one. */
export function warningOf(result: StepResult, reason: string): DiagnosticReport {
  const found = warningsOf(result).filter((each) => each.reason === reason)
  const [warning] = found
  assert.ok(warning !== undefined && found.length === 1, `${found.length} of ${reason}:\n${result.log}`)
  return warning
}

/** Whether a run has logged an event of which the log tells, by what it has logged so far. */
export function hasLogged(log: string, event: RunEvent): boolean {
  const lines = eventLines(event)
  assert.ok(lines.length > 0, `the log does not tell of ${event.type}`)
  return lines.every((line) => log.includes(line))
}

/** Each error of a step as `CODE PLACE OBJECT`, as far as it has them. */
export function errorSubjects(result: StepResult): string[] {
  return errorsOf(result).map((error) => [error.code, placeIn(error), error.object].filter(Boolean).join(' '))
}

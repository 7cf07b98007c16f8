import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderJson } from '../../src/report/json-report.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { violationsOf } from '../../testbed/report-schema.ts'
import { everyEvent, reportOf } from './events.ts'

const json = renderJson(reportOf(...everyEvent()), makeRedactor())

test('the report of a run with every event matches the schema', () => {
  assert.deepEqual(violationsOf(json), [])
})

test('the report of a run without events matches the schema', () => {
  assert.deepEqual(violationsOf(renderJson(reportOf(), makeRedactor())), [])
})

test('the schema rejects missing and undocumented fields', () => {
  const report = JSON.parse(json)
  const { summary: _, ...rest } = report
  assert.notDeepEqual(violationsOf(JSON.stringify(rest)), [])
  assert.notDeepEqual(violationsOf(JSON.stringify({ ...report, more: 1 })), [])
  const [set] = report.sets
  assert.notDeepEqual(violationsOf(JSON.stringify({ ...report, sets: [{ ...set, dryRuns: 'many' }] })), [])
})

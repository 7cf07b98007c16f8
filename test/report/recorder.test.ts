import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../src/engine/events.ts'
import { inputStyle } from '../../src/hint.ts'
import { renderSummary } from '../../src/report/markdown.ts'
import { openRecorder } from '../../src/report/recorder.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { applyResult, INVENTORY, reportOf } from './events.ts'

const commit: RunEvent = { type: 'commit', commit: 'abcdef1234567890' }
const results = (...all: ReturnType<typeof applyResult>[]): RunEvent => ({ type: 'results', results: all })

const cases: [string, RunEvent[], string, string][] = [
  [
    'all objects created',
    [commit, results(applyResult('a', 'created'), applyResult('b', 'created'))],
    ...['changed', 'Applied 2 objects at abcdef123456: 2 created.'],
  ],
  [
    'all objects unchanged',
    [results(applyResult('a', 'unchanged'))],
    'unchanged',
    'Nothing to do: 1 object unchanged.',
  ],
  [
    'one object rejected',
    [results(applyResult('a', 'updated'), applyResult('b', 'failed'))],
    ...['failed', 'Failed: 1 of 2 objects could not be applied: 1 updated, 1 failed.'],
  ],
  [
    'an error before the apply',
    [{ type: 'failed', errors: [{ code: 'E-INPUT', message: 'No `kubeconfig`' }] }],
    ...['failed', 'Failed: No `kubeconfig`. Nothing was applied.'],
  ],
  [
    'one object pending without an error',
    [results(applyResult('a', 'unchanged'), applyResult('b', 'pending'))],
    ...['failed', 'Failed: 1 of 2 objects could not be applied: 1 unchanged, 1 pending.'],
  ],
  [
    'cancelled during the apply',
    [
      results(applyResult('a', 'created'), applyResult('b', 'pending')),
      { type: 'failed', errors: [{ code: 'E-CANCEL', message: 'The run was cancelled.' }] },
    ],
    ...['failed', 'Failed: The run was cancelled. 1 created, 1 pending.'],
  ],
] as [string, RunEvent[], string, string][]
for (const [what, events, result, summary] of cases) {
  test(`the result of a run: ${what}`, () => {
    const report = reportOf(...events)
    assert.equal(report.summary, summary)
    assert.equal(report.result, result)
  })
}

test('an error outside any set fails the run, and is reported once', () => {
  const recorder = openRecorder(inputStyle)
  recorder.record({ type: 'failed', errors: [{ code: 'E-KUBE-NET', message: 'The cluster cannot be reached.' }] })
  const report = recorder.report()
  assert.deepEqual(report.sets, [])
  assert.equal(report.diagnostics.length, 1)
  assert.equal(report.summary, 'Failed: The cluster cannot be reached. Nothing was applied.')
})

test('a run that is cancelled says so in its summary, together with the state of its set', () => {
  const recorder = openRecorder(inputStyle)
  recorder.record(results(applyResult('a', 'created'), applyResult('b', 'pending')), INVENTORY)
  recorder.record({ type: 'failed', errors: [{ code: 'E-CANCEL', message: 'The run was cancelled.' }] })
  const report = recorder.report()
  assert.equal(report.summary, 'Failed: The run was cancelled. 1 created, 1 pending.')
  assert.equal(report.sets[0]?.summary, 'Failed: 1 of 2 objects could not be applied: 1 created, 1 pending.')
})

test('the summary of a run with several sets names each of them, and errors only where they belong', () => {
  const recorder = openRecorder(inputStyle)
  recorder.record({ type: 'failed', errors: [{ code: 'E-HEALTH', message: 'It is not ready.' }] }, INVENTORY)
  recorder.record(results(applyResult('b', 'created')), { ...INVENTORY, name: 'web' })
  assert.equal(
    recorder.report().summary,
    'shop: Failed: It is not ready. Nothing was applied. web: Applied 1 object: 1 created.',
  )
})

test('an object that has only a warning is still listed as not ready', () => {
  const id = { group: '', kind: 'Pod', namespace: 'shop', name: 'web' }
  const unready: RunEvent = {
    type: 'unready',
    objects: [{ id, status: 'Progressing', reason: 'it has not started yet' }],
  }
  const warning: RunEvent = { type: 'warnings', warnings: [{ message: 'Old API.', object: 'Pod shop/web' }] }
  const error: RunEvent = { type: 'failed', errors: [{ code: 'E-HEALTH', message: 'No.', object: 'Pod shop/web' }] }
  const redactor = makeRedactor()
  assert.match(renderSummary(reportOf(unready, warning), redactor), /#### Not ready yet/)
  assert.doesNotMatch(renderSummary(reportOf(unready, error), redactor), /#### Not ready yet/)
})

test('each set has its own report, and the run fails if one set fails', () => {
  const recorder = openRecorder(inputStyle)
  recorder.record(results(applyResult('a', 'created')), INVENTORY)
  recorder.record(results(applyResult('b', 'failed')), { ...INVENTORY, name: 'web' })
  const report = recorder.report()
  assert.deepEqual(
    report.sets.map(({ name, result }) => [name, result]),
    [
      ['shop', 'changed'],
      ['web', 'failed'],
    ],
  )
  assert.equal(report.result, 'failed')
})

test('a report can be serialised as JSON', () => {
  const report = reportOf(commit, results(applyResult('a', 'created'), applyResult('b', 'failed')))
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderSummary } from '../../src/report/markdown.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { applyResult, reportOf } from './events.ts'

test('a summary of any size stays within GitHub’s limit, and counts the rows that it omits', () => {
  const results = Array.from({ length: 20_000 }, (_, index) =>
    applyResult(`${'long-name-'.repeat(8)}${index}`, index % 2 === 0 ? 'created' : 'failed'),
  )
  const markdown = renderSummary(reportOf({ type: 'results', results }), makeRedactor())
  assert.ok(Buffer.byteLength(markdown) < 1_048_576)
  assert.match(markdown, /<details><summary>Errors \(10000\)<\/summary>/)
  assert.match(markdown, /\.\.\. and \d+ more/)
})

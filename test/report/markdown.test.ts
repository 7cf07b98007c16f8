import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApplyResult } from '../../src/apply/apply-result.ts'
import { DEFAULT_OPTIONS } from '../../src/object/annotations/manifest-options.ts'
import { renderSummary } from '../../src/report/markdown.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { type RunReport, resultOf, summaryLine } from '../../src/report/run-report.ts'

const redactor = makeRedactor()

function outcome(name: string, result: 'created' | 'updated' | 'unchanged' | 'failed' | 'pending'): ApplyResult {
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name }
  const location = { file: `deploy/${name}.yaml`, line: 1 }
  const manifest = { id, version: 'v1', object: {}, options: DEFAULT_OPTIONS, location, path: name }
  return result === 'failed' ? { manifest, result, message: `the server says no to ${name}` } : { manifest, result }
}

const report = (some: Partial<RunReport>): RunReport => ({
  skipped: [],
  warnings: [],
  results: [],
  problems: [],
  ...some,
})

const verdicts: [string, RunReport, string, string][] = [
  [
    'everything new',
    report({ commit: 'abcdef1234567890', results: [outcome('a', 'created'), outcome('b', 'created')] }),
    'changed',
    'Applied 2 objects at abcdef123456: 2 created.',
  ],
  ['nothing new', report({ results: [outcome('a', 'unchanged')] }), 'unchanged', 'Nothing to do: 1 object unchanged.'],
  [
    'one refused',
    report({ results: [outcome('a', 'updated'), outcome('b', 'failed')] }),
    'failed',
    'Failed: 1 of 2 objects could not be applied: 1 updated, 1 failed.',
  ],
  [
    'stopped before anything',
    report({ problems: [{ code: 'E-INPUT', message: 'No `kubeconfig`' }] }),
    'failed',
    'Failed: No `kubeconfig`. Nothing was applied.',
  ],
  [
    'something pending for no known reason',
    report({ results: [outcome('a', 'unchanged'), outcome('b', 'pending')] }),
    'failed',
    'Failed: 1 of 2 objects could not be applied: 1 unchanged, 1 pending.',
  ],
  [
    'stopped half-way',
    report({
      results: [outcome('a', 'created'), outcome('b', 'pending')],
      problems: [{ code: 'E-CANCEL', message: 'The run was cancelled.' }],
    }),
    'failed',
    'Failed: The run was cancelled. 1 created, 1 pending.',
  ],
]
for (const [what, given, result, sentence] of verdicts) {
  test(`verdict: ${what}`, () => {
    assert.equal(summaryLine(given), sentence)
    assert.equal(resultOf(given), result)
  })
}

test('the summary has the verdict first, then counts, what failed, what changed, what was passed over', () => {
  const markdown = renderSummary(
    report({
      results: [outcome('a', 'created'), outcome('b', 'failed'), outcome('c', 'unchanged')],
      skipped: [{ location: { file: 'values.yaml' }, reason: 'it has neither apiVersion nor kind' }],
    }),
    redactor,
  )
  const sortForApply = [
    '### ❌ Failed',
    '| Objects |',
    '| 3 | 1 | 0 | 1 | 1 |',
    '#### What failed',
    'ConfigMap shop/b',
    '#### What changed',
    'ConfigMap shop/a',
    '#### Not taken',
  ]
  assert.deepEqual(
    sortForApply.map((text) => markdown.indexOf(text)).toSorted((a, b) => a - b),
    sortForApply.map((text) => markdown.indexOf(text)),
  )
  assert.ok(!sortForApply.some((text) => !markdown.includes(text)), markdown)
  assert.ok(!markdown.includes('shop/c'))
})

test('F093: a summary of any size stays under GitHub’s limit, and counts what it leaves out', () => {
  const results = Array.from({ length: 20_000 }, (_, index) =>
    outcome(`${'long-name-'.repeat(8)}${index}`, index % 2 === 0 ? 'created' : 'failed'),
  )
  const markdown = renderSummary(report({ results }), redactor)
  assert.ok(Buffer.byteLength(markdown) < 1_048_576)
  assert.match(markdown, /<details><summary>What failed \(10000\)<\/summary>/)
  assert.match(markdown, /\.\.\. and \d+ more/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCases } from '../../bench/argocd.ts'
import { judgementOf } from '../../bench/differences.ts'
import { differences } from '../../bench/health.ts'
import { unlessPresent } from '../corpora.ts'

/** The least share of Argo CD's cases in which we have to agree: by all rules, and without those for single kinds. */
const BARS = { all: 0.95, conventions: 0.8 }

const skip = unlessPresent('argocd-health')

test("in at least 95 % of Argo CD's cases we agree, and in at least 80 % without a rule for the kind", { skip }, () => {
  const { cases } = readCases()
  assert.ok(cases.length > 600, `there are ${cases.length} cases only`)
  const wrong = differences(cases)
  const list = wrong.map(({ file, expected, ours }) => `${file}: ${expected}, we say ${ours.status}: ${ours.reason}`)
  assert.ok(wrong.length <= cases.length * (1 - BARS.all), list.join('\n'))
  const alone = differences(cases, () => [])
  assert.ok(alone.length <= cases.length * (1 - BARS.conventions), `${alone.length} of ${cases.length} differ`)
})

test('somebody has judged every case in which we differ', { skip }, () => {
  const { cases } = readCases()
  assert.deepEqual(
    differences(cases).filter(({ file }) => judgementOf(file) === undefined),
    [],
  )
})

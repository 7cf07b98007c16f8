import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCases } from '../../bench/argocd.ts'
import { judgementOf } from '../../bench/differences.ts'
import { differences } from '../../bench/health.ts'
import { unlessPresent } from '../corpora.ts'

/** The minimum share of Argo CD's cases in which Fairlead must agree: with all rules, and by the conventions alone. */
const MIN_SHARES = { all: 0.95, conventions: 0.8 }

const skip = unlessPresent('argocd-health')

test("Fairlead agrees with at least 95 % of Argo CD's cases, and with at least 80 % by the conventions alone", {
  skip,
}, () => {
  const { cases } = readCases()
  assert.ok(cases.length > 600, `only ${cases.length} cases`)
  const wrong = differences(cases)
  const list = wrong.map(({ file, expected, ours }) => `${file}: ${expected}, Fairlead: ${ours.status}: ${ours.reason}`)
  assert.ok(wrong.length <= cases.length * (1 - MIN_SHARES.all), list.join('\n'))
  const byConventions = differences(cases, () => [])
  assert.ok(
    byConventions.length <= cases.length * (1 - MIN_SHARES.conventions),
    `${byConventions.length} of ${cases.length} differ`,
  )
})

test('every case in which Fairlead differs has an explanation', { skip }, () => {
  const { cases } = readCases()
  assert.deepEqual(
    differences(cases).filter(({ file }) => judgementOf(file) === undefined),
    [],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHint, hint, inputStyle, option } from '../src/hint.ts'

test('options in a hint are formatted in the style of the entry point, by default as inputs of the action', () => {
  const raise = hint`Allow it with ${option('prune-limit', 12)}, or see ${option('prune-allow')}.`
  assert.equal(formatHint(raise), 'Allow it with `prune-limit: 12`, or see `prune-allow`.')
  assert.equal(formatHint(raise, inputStyle), formatHint(raise))
  const flags = formatHint(raise, ({ option, value }) => `--${option}${value === undefined ? '' : `=${value}`}`)
  assert.equal(flags, 'Allow it with --prune-limit=12, or see --prune-allow.')
})

test('a hint with options is serialisable data, and a hint without options is a string', () => {
  const inner = hint`, or leave it out with ${option('exclude', 'charts/')}`
  const whole = hint`Render ${2} charts${inner}.`
  assert.deepEqual(whole, ['Render 2 charts, or leave it out with ', { option: 'exclude', value: 'charts/' }, '.'])
  assert.deepEqual(JSON.parse(JSON.stringify(whole)), whole)
  assert.equal(hint`Run ${'it'} again${hint`.`}`, 'Run it again.')
})

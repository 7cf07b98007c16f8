import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flagStyle, formatHint, hint, inputStyle, option } from '../src/hint.ts'

test('an option of a hint is an input in a workflow, and a flag on a command line', () => {
  const raise = hint`Allow it with ${option('prune-limit', 12)}, or see ${option('prune-allow')}.`
  assert.equal(formatHint(raise), 'Allow it with `prune-limit: 12`, or see `prune-allow`.')
  assert.equal(formatHint(raise, inputStyle), formatHint(raise))
  assert.equal(formatHint(raise, flagStyle), 'Allow it with `--prune-limit=12`, or see `--prune-allow`.')
})

test('a value that a shell would split or expand is quoted on a command line', () => {
  const style = (value: string) => formatHint(hint`${option('x', value)}`, flagStyle)
  assert.equal(style('deploy/prod'), '`--x=deploy/prod`')
  assert.equal(style('25 50%'), "`--x='25 50%'`")
  assert.equal(style("it's $HOME"), "`--x='it'\\''s $HOME'`")
})

test('a hint is data that survives JSON, and is a plain text where it names no option', () => {
  const inner = hint`, or leave it out with ${option('exclude', 'charts/')}`
  const whole = hint`Render ${2} charts${inner}.`
  assert.deepEqual(whole, ['Render 2 charts, or leave it out with ', { option: 'exclude', value: 'charts/' }, '.'])
  assert.deepEqual(JSON.parse(JSON.stringify(whole)), whole)
  assert.equal(hint`Run ${'it'} again${hint`.`}`, 'Run it again.')
})

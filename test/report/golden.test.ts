import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderJson } from '../../src/report/json-report.ts'
import { renderSummary } from '../../src/report/markdown.ts'
import { makeRedactor } from '../../src/report/redactor.ts'
import { eventLines, PHASE_TITLES, reportedErrorText } from '../../src/report/text.ts'
import { parseCommands } from '../../testbed/step.ts'
import { everyEvent, reportOf } from './events.ts'

// One golden file per renderer. To update them: FAIRLEAD_GOLDEN=write npm test -- test/report/golden.test.ts
const folder = join(import.meta.dirname, 'golden')

/** Compares a text with its golden file, or writes the file. */
function compare(name: string, text: string): void {
  const file = join(folder, name)
  if (process.env.FAIRLEAD_GOLDEN === 'write') writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

const redactor = makeRedactor()
redactor.addSecrets(['correct-horse'])

test('the log of every event', () => {
  const events = everyEvent().map((event) => `[${event.type}]\n${eventLines(event).join('\n')}`)
  const errors = reportOf(...everyEvent())
    .sets.flatMap((set) => set.diagnostics)
    .filter(({ severity }) => severity === 'error')
  const titles = Object.values(PHASE_TITLES).join('\n')
  compare('log.txt', `${redactor.redact([titles, ...events, ...errors.map(reportedErrorText)].join('\n'))}\n`)
})

test('the job summary of a run with every event', () => {
  compare('summary.md', renderSummary(reportOf(...everyEvent()), redactor))
})

test('the JSON report of a run with every event', () => {
  const json = renderJson(reportOf(...everyEvent()), redactor)
  compare('report.json', `${JSON.stringify(JSON.parse(json), undefined, 2)}\n`)
})

test('no renderer prints a secret or a workflow command', () => {
  for (const name of ['log.txt', 'summary.md', 'report.json']) {
    const text = readFileSync(join(folder, name), 'utf8')
    assert.ok(!text.includes('correct-horse'), name)
    assert.deepEqual(parseCommands(text), [], name)
  }
})

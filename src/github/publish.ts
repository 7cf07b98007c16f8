import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import { renderJson } from '../report/json-report.ts'
import { renderSummary } from '../report/markdown.ts'
import type { Redactor } from '../report/redactor.ts'
import type { RunReport } from '../report/run-report.ts'
import { reportedErrorText } from '../report/text.ts'
import { annotate } from './annotations.ts'
import type { Log } from './log.ts'
import { outputsOf, setOutput } from './outputs.ts'

/**
 * Publishes the report of a run: errors in the log, annotations, the report as JSON in the folder `temp`, outputs, the job summary,
 * and at last the run in one sentence. A file of the runner that cannot be written must not turn a good run into a failed one.
 */
export async function publish(
  report: RunReport,
  redactor: Redactor,
  log: Log,
  temp: string | undefined,
): Promise<void> {
  const attempt = async (what: string, write: () => unknown) => {
    try {
      await write()
    } catch (error) {
      log.write(`${what} could not be written: ${error instanceof Error ? error.message : error}`)
    }
  }
  const diagnostics = [...report.diagnostics, ...report.sets.flatMap((set) => set.diagnostics)]
  for (const each of diagnostics) if (each.severity === 'error') log.write(reportedErrorText(each))
  annotate(report, redactor)
  let path = ''
  if (temp !== undefined)
    await attempt('The report', () => {
      path = join(mkdtempSync(join(temp, 'fairlead-report-')), 'report.json')
      writeFileSync(path, renderJson(report, redactor))
    })
  for (const [name, value] of Object.entries({ ...outputsOf(report, redactor), report: path }))
    await attempt(`The output \`${name}\``, () => setOutput(name, value))
  await attempt('The job summary', () => core.summary.addRaw(renderSummary(report, redactor)).write())
  log.write(report.summary)
}

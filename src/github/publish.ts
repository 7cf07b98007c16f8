import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import type { Config } from '../engine/config.ts'
import { renderJson } from '../report/json-report.ts'
import { renderSummary } from '../report/markdown.ts'
import type { Redactor } from '../report/redactor.ts'
import { diagnosticsWith, type RunReport } from '../report/run-report.ts'
import { reportedErrorText } from '../report/text.ts'
import { annotate } from './annotations.ts'
import type { Log } from './log.ts'
import { outputsOf, setOutput } from './outputs.ts'

/** Where a report is published. */
export interface PublishOptions {
  readonly redactor: Redactor
  readonly log: Log
  /** Undefined if the options could not be read; then there is no JSON report. */
  readonly config: Config | undefined
}

/**
 * Publishes the report of a run: errors in the log, annotations, the JSON report, outputs, the job summary and, at the end of
 * the log, the result in one sentence. A file that cannot be written does not fail the run.
 */
export async function publish(report: RunReport, { redactor, log, config }: PublishOptions): Promise<void> {
  const attempt = async (name: string, write: () => unknown) => {
    try {
      await write()
    } catch (error) {
      log.write(`Cannot write ${name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  for (const error of diagnosticsWith(report, 'error')) log.write(reportedErrorText(error))
  annotate(report, redactor)
  let path = ''
  if (config !== undefined)
    await attempt('the report', () => {
      path = join(mkdtempSync(join(config.tempDir, 'fairlead-report-')), 'report.json')
      writeFileSync(path, renderJson(report, redactor))
    })
  for (const [name, value] of Object.entries({ ...outputsOf(report, redactor), report: path }))
    await attempt(`the output \`${name}\``, () => setOutput(name, value))
  await attempt('the job summary', () => core.summary.addRaw(renderSummary(report, redactor)).write())
  log.write(report.summary)
}

import { mkdtempSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import * as core from '@actions/core'
import type { ApplyResult } from '../apply/apply-result.ts'
import { type Diagnostic, formatMessage, placeOf, type Warning } from '../diagnostics.ts'
import { formatHint, inputStyle, type OptionStyle } from '../hint.ts'
import { serialise } from '../json.ts'
import { formatId } from '../object/manifest.ts'
import { CHANGES } from '../plan/object-plan.ts'
import { toJson } from './json-report.ts'
import { renderSummary } from './markdown.ts'
import { makeRedactor, type Redactor } from './redactor.ts'
import {
  changesIn,
  count,
  countPruned,
  errorsIn,
  outcomesOf,
  problemText,
  pruneDecisionsOf,
  type RunReport,
  type RunResult,
  resultOf,
  summaryLine,
  warningText,
} from './run-report.ts'

/** Where a run tells what it does and what came of it. Everything passes the gate. */
export interface Report {
  /** Runs a phase of the story inside a group of the log. */
  phase<T>(title: string, work: () => Promise<T> | T): Promise<T>
  /** Writes lines to the log. */
  log(text: string): void
  /** Writes lines to the log where the job runs with debug logging. */
  debug(lines: () => Iterable<string>): void
  /** Records what a run can go on with, and its reader should know. */
  warn(warnings: readonly Warning[]): void
  /** Keeps texts out of every output of ours from now on. */
  addSecrets(secrets: Iterable<string>): void
  /** Also has the runner mask them, for the rest of the job. */
  mask(secrets: Iterable<string>): void
  /** Records what a run found out; what is recorded is reported even if the run fails later. */
  note(report: Partial<RunReport>): void
  /**
   * Writes the verdict, annotations, summary, outputs, and the report as JSON into the folder `temp`, where there is one.
   * Returns the result.
   */
  finish(problems: readonly Diagnostic[], temp: string | undefined): Promise<RunResult>
}

/** GitHub shows ten error annotations of a step and ten warnings; the last one says how many there are beside. */
const ANNOTATIONS = 10
/** GitHub cuts an annotation's message here, in characters. */
const ANNOTATION_LENGTH = 4_000

/**
 * Opens the report of a run in a workflow step (or on a terminal, where the runner's files are missing). `style` is how
 * hints write options.
 */
export function openReport(style: OptionStyle = inputStyle): Report {
  const redactor = makeRedactor()
  let report: RunReport = { skipped: [], warnings: [], results: [], problems: [] }
  const log = (text: string) => core.info(redactor.redact(text))

  return {
    log,
    debug: (lines) => {
      if (core.isDebug()) for (const line of lines()) core.debug(redactor.redact(line))
    },
    warn: (warnings) => {
      for (const warning of warnings) log(warningText(warning, style))
      report = { ...report, warnings: [...report.warnings, ...warnings] }
    },
    addSecrets: redactor.addSecrets,
    mask: (secrets) => {
      const all = [...secrets]
      redactor.addSecrets(all)
      // The runner masks line by line and without a least length, so only what is one long line is handed to it.
      for (const secret of all) if (secret.length >= 6 && !/\s/.test(secret)) core.setSecret(secret)
    },
    note: (added) => {
      report = { ...report, ...added }
    },
    phase: async (title, work) => {
      core.startGroup(title)
      try {
        return await work()
      } finally {
        core.endGroup()
      }
    },
    finish: async (problems, temp) => {
      report = { ...report, problems }
      for (const problem of errorsIn(report)) log(problemText(problem, style))
      annotate(report, redactor, style)
      // A runner whose files cannot be written must not turn a good run into a failed one.
      const attempt = async (what: string, write: () => unknown) => {
        try {
          await write()
        } catch (error) {
          log(`${what} could not be written: ${error instanceof Error ? error.message : error}`)
        }
      }
      let path = ''
      if (temp !== undefined)
        await attempt('The report', () => {
          path = join(mkdtempSync(join(temp, 'fairlead-report-')), 'report.json')
          writeFileSync(path, serialise(toJson(report, redactor, style)))
        })
      for (const [name, value] of Object.entries({ ...outputs(report, redactor), report: path }))
        await attempt(`The output \`${name}\``, () => core.setOutput(name, value))
      await attempt('The job summary', () => core.summary.addRaw(renderSummary(report, redactor, style)).write())
      log(summaryLine(report))
      return resultOf(report)
    },
  }
}

/** A line for the log about one outcome. */
export function resultLine(applyResult: ApplyResult): string {
  const { manifest, result } = applyResult
  const reason = 'message' in applyResult ? `: ${applyResult.message}` : ''
  return `${result.padEnd(11)} ${formatId(manifest.id)}  (${placeOf(manifest.location)})${reason}`
}

/** Writes annotations for what failed and for what is worth a warning. */
function annotate(report: RunReport, redactor: Redactor, style: OptionStyle): void {
  const root = report.workspacePath ?? ''
  const warnings = report.warnings.map((warning) => ({ code: 'Warning', ...warning }))
  const kinds = [
    { show: core.error, list: annotations(errorsIn(report), 'errors', root, style) },
    { show: core.warning, list: annotations(warnings, 'warnings', root, style) },
  ]
  for (const { show, list } of kinds) {
    for (const { title, message, file, line, column } of list) {
      // Cut after the gate: half a secret is not recognised.
      show(redactor.redact(message).slice(0, ANNOTATION_LENGTH), {
        title: redactor.redact(title),
        ...(file === undefined ? {} : { file: redactor.redact(file) }),
        ...(line === undefined ? {} : { startLine: line }),
        ...(column === undefined ? {} : { startColumn: column }),
      })
    }
  }
}

interface Annotation {
  readonly title: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

function annotations(
  problems: readonly (Warning & { readonly code: string })[],
  what: 'errors' | 'warnings',
  root: string,
  style: OptionStyle,
): Annotation[] {
  const shown = problems.length > ANNOTATIONS ? problems.slice(0, ANNOTATIONS - 1) : problems
  const list = shown.map((problem): Annotation => {
    const { file, line, column = 1 } = problem.location ?? {}
    return {
      title: [problem.code, problem.object ?? ''].join(' ').trim(),
      message: [formatMessage(problem), formatHint(problem.hint ?? '', style)].join('\n').trim(),
      ...(file === undefined ? {} : { file: posix.join(root, file) }),
      ...(line === undefined ? {} : { line }),
      ...(column === 1 ? {} : { column }),
    }
  })
  const more = problems.length - shown.length
  if (more > 0)
    list.push({
      title: `More ${what}`,
      message: `There are ${more} more ${what}: see the summary or the log of this step.`,
    })
  return list
}

function outputs(report: RunReport, redactor: Redactor): Record<string, string | number | boolean> {
  const results = outcomesOf(report)
  const counts = count(results)
  const unmanagedFields = countPruned(pruneDecisionsOf(report))
  const told = OUTPUTS.map((word) => [word, counts[word]] as const)
  return {
    ...{
      result: resultOf(report),
      changes: changesIn(report) > 0,
      commit: report.commit ?? '',
      digest: report.digest ?? '',
    },
    ...{
      objects: results.length,
      ...Object.fromEntries(told),
      pruned: unmanagedFields.pruned,
      kept: unmanagedFields.kept,
    },
    unhealthy: (report.unhealthy ?? []).map(({ id }) => redactor.redact(formatId(id))).join('\n'),
  }
}

/** The words that are outputs of the action. */
const OUTPUTS = [...CHANGES, 'completed', 'unchanged', 'ignored', 'terminating', 'failed'] as const

import { mkdtempSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import * as core from '@actions/core'
import type { Outcome } from '../apply/apply-result.ts'
import { type Problem, placeOf, type Warning, whatHappened } from '../diagnostics.ts'
import { serialise } from '../json.ts'
import { describe } from '../object/manifest.ts'
import { CHANGES } from '../plan/object-plan.ts'
import { documentOf } from './json-report.ts'
import {
  changesIn,
  count,
  countLeaving,
  departuresOf,
  type Facts,
  failures,
  outcomesOf,
  problemText,
  type Result,
  resultOf,
  verdict,
  warningText,
} from './run-report.ts'
import { type Gate, makeGate } from './redactor.ts'
import { renderSummary } from './markdown.ts'

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
  protect(secrets: Iterable<string>): void
  /** Also has the runner mask them, for the rest of the job. */
  mask(secrets: Iterable<string>): void
  /** Records what a run found out; what is recorded is reported even if the run fails later. */
  note(facts: Partial<Facts>): void
  /**
   * Writes the verdict, annotations, summary, outputs, and the report as JSON into the folder `temp`, where there is one.
   * Returns the result.
   */
  finish(problems: readonly Problem[], temp: string | undefined): Promise<Result>
}

/** GitHub shows ten error annotations of a step and ten warnings; the last one says how many there are beside. */
const ANNOTATIONS = 10
/** GitHub cuts an annotation's message here, in characters. */
const ANNOTATION_LENGTH = 4_000

/** Opens the report of a run in a workflow step (or on a terminal, where the runner's files are missing). */
export function openReport(): Report {
  const gate = makeGate()
  let facts: Facts = { skipped: [], warnings: [], outcomes: [], problems: [] }
  const log = (text: string) => core.info(gate.plain(text))

  return {
    log,
    debug: (lines) => {
      if (core.isDebug()) for (const line of lines()) core.debug(gate.plain(line))
    },
    warn: (warnings) => {
      for (const warning of warnings) log(warningText(warning))
      facts = { ...facts, warnings: [...facts.warnings, ...warnings] }
    },
    protect: gate.protect,
    mask: (secrets) => {
      const all = [...secrets]
      gate.protect(all)
      // The runner masks line by line and without a least length, so only what is one long line is handed to it.
      for (const secret of all) if (secret.length >= 6 && !/\s/.test(secret)) core.setSecret(secret)
    },
    note: (added) => {
      facts = { ...facts, ...added }
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
      facts = { ...facts, problems }
      for (const problem of failures(facts)) log(problemText(problem))
      annotate(facts, gate)
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
          writeFileSync(path, serialise(documentOf(facts, gate)))
        })
      for (const [name, value] of Object.entries({ ...outputs(facts, gate), report: path }))
        await attempt(`The output \`${name}\``, () => core.setOutput(name, value))
      await attempt('The job summary', () => core.summary.addRaw(renderSummary(facts, gate)).write())
      log(verdict(facts))
      return resultOf(facts)
    },
  }
}

/** A line for the log about one outcome. */
export function outcomeLine(outcome: Outcome): string {
  const { manifest, result } = outcome
  const reason = 'reason' in outcome ? `: ${outcome.reason}` : ''
  return `${result.padEnd(11)} ${describe(manifest.id)}  (${placeOf(manifest.location)})${reason}`
}

/** Writes annotations for what failed and for what is worth a warning. */
function annotate(facts: Facts, gate: Gate): void {
  const root = facts.workspacePath ?? ''
  const warnings = facts.warnings.map((warning) => ({ class: 'Warning', ...warning }))
  const kinds = [
    { show: core.error, list: annotations(failures(facts), 'errors', root) },
    { show: core.warning, list: annotations(warnings, 'warnings', root) },
  ]
  for (const { show, list } of kinds) {
    for (const { title, message, file, line, column } of list) {
      // Cut after the gate: half a secret is not recognised.
      show(gate.plain(message).slice(0, ANNOTATION_LENGTH), {
        title: gate.plain(title),
        ...(file === undefined ? {} : { file: gate.plain(file) }),
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
  problems: readonly (Warning & { readonly class: string })[],
  what: 'errors' | 'warnings',
  root: string,
): Annotation[] {
  const shown = problems.length > ANNOTATIONS ? problems.slice(0, ANNOTATIONS - 1) : problems
  const list = shown.map((problem): Annotation => {
    const { file, line, column = 1 } = problem.location ?? {}
    return {
      title: [problem.class, problem.object ?? ''].join(' ').trim(),
      message: [whatHappened(problem), problem.next ?? ''].join('\n').trim(),
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

function outputs(facts: Facts, gate: Gate): Record<string, string | number | boolean> {
  const outcomes = outcomesOf(facts)
  const counts = count(outcomes)
  const left = countLeaving(departuresOf(facts))
  const told = OUTPUTS.map((word) => [word, counts[word]] as const)
  return {
    ...{
      result: resultOf(facts),
      changes: changesIn(facts) > 0,
      commit: facts.commit ?? '',
      digest: facts.digest ?? '',
    },
    ...{ objects: outcomes.length, ...Object.fromEntries(told), pruned: left.pruned, kept: left.kept },
    unhealthy: (facts.unhealthy ?? []).map(({ id }) => gate.plain(describe(id))).join('\n'),
  }
}

/** The words that are outputs of the action. */
const OUTPUTS = [...CHANGES, 'done', 'unchanged', 'skipped', 'terminating', 'failed'] as const

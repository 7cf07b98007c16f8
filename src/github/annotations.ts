import { posix } from 'node:path'
import * as core from '@actions/core'
import { formatMessage } from '../diagnostics.ts'
import type { Redactor } from '../report/redactor.ts'
import { type DiagnosticReport, diagnosticsWith, type RunReport } from '../report/run-report.ts'

/** The maximum number of error annotations, and of warnings, that GitHub shows for a step. */
const MAX_ANNOTATIONS = 10
/** The length at which GitHub truncates the message of an annotation. */
const MAX_MESSAGE_CHARACTERS = 4_000

/**
 * Annotates the files of errors and warnings. If there are too many, the last annotation has the number of the others.
 */
export function annotate(report: RunReport, redactor: Redactor): void {
  const root = report.workspacePath ?? ''
  for (const [severity, show] of [
    ['error', core.error],
    ['warning', core.warning],
  ] as const) {
    const list = annotations(diagnosticsWith(report, severity), severity, root)
    for (const { title, message, file, line, column } of list) {
      // Truncated after redaction, because half a secret is not recognised.
      show(redactor.redact(message).slice(0, MAX_MESSAGE_CHARACTERS), {
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

function annotations(diagnostics: readonly DiagnosticReport[], severity: string, root: string): Annotation[] {
  const isTruncated = diagnostics.length > MAX_ANNOTATIONS
  const shown = isTruncated ? diagnostics.slice(0, MAX_ANNOTATIONS - 1) : diagnostics
  const list = shown.map((diagnostic) => annotation(diagnostic, root))
  if (!isTruncated) return list
  const others = `${diagnostics.length - shown.length} more ${severity}s`
  return [
    ...list,
    { title: `More ${severity}s`, message: `There are ${others}. See the summary or the log of this step.` },
  ]
}

function annotation(diagnostic: DiagnosticReport, root: string): Annotation {
  const { code, object, hint, location } = diagnostic
  const { file, line, column = 1 } = location ?? {}
  return {
    title: [code ?? 'Warning', object ?? ''].join(' ').trim(),
    message: [formatMessage(diagnostic), hint ?? ''].join('\n').trim(),
    ...(file === undefined ? {} : { file: posix.join(root, file) }),
    ...(line === undefined ? {} : { line }),
    ...(column === 1 ? {} : { column }),
  }
}

import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { type Place, placesIn } from '../yaml/place.ts'
import { yamlDiagnostic } from '../yaml/to-diagnostic.ts'
import type { YamlIssue } from '../yaml/yaml-issue.ts'
import { TEMPLATE_HINT, TEMPLATE_MESSAGE, TEMPLATE_REASON } from './validation/template.ts'

/**
 * Returns the issues of a manifest file as diagnostics (E-PARSE), in the same order. Of the issues that an unrendered
 * template causes, only the first is kept.
 */
export function parseProblems(issues: readonly YamlIssue[], file: string, content: string): Diagnostic[] {
  if (issues.length === 0) return []
  const placeOf = placesIn(content)
  const lines = content.split('\n')
  const [template, ...consequences] = issues.filter((issue) => isUnrendered(issue, placeOf(issue.offset), lines))
  const isNotKubernetes = !/\b(apiVersion|kind)\b/.test(content)
  const excludeHint = isNotKubernetes
    ? hint` If the file is not for Kubernetes, exclude it with ${option('exclude')}.`
    : ''
  const withHint = (issue: YamlIssue): YamlIssue =>
    issue === template
      ? { ...issue, reason: TEMPLATE_REASON, message: `${TEMPLATE_MESSAGE} ${issue.message}`, hint: TEMPLATE_HINT }
      : { ...issue, hint: hint`${issue.hint}${excludeHint}` }
  return issues
    .filter((issue) => !consequences.includes(issue))
    .map((issue) => yamlDiagnostic(withHint(issue), file, placeOf))
}

/** The longest line that is searched for template markup, in characters. */
const MAX_TEMPLATE_LINE_LENGTH = 2_000

/** Whether template markup causes an issue, rather than being part of a text beside it. */
function isUnrendered({ isFatal = false }: YamlIssue, place: Place, lines: readonly string[]): boolean {
  const line = lines[place.line - 1] ?? ''
  if (line.length > MAX_TEMPLATE_LINE_LENGTH) return false
  const unquoted = isFatal ? line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '') : ''
  return /\{[{%]/.test(unquoted) || /\{[{%]/.test(line.slice(Math.max(place.column - 3, 0), place.column + 2))
}

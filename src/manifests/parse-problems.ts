import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { type Place, placesIn } from '../yaml/place.ts'
import { yamlDiagnostic } from '../yaml/to-diagnostic.ts'
import type { YamlIssue } from '../yaml/yaml-issue.ts'
import { TEMPLATE_HINT, TEMPLATE_MESSAGE } from './validation/template.ts'

/**
 * Returns the issues of a manifest file as diagnostics (E-PARSE), in their order. Of those that stem from an unrendered
 * template only the first is kept, since the others follow from it.
 */
export function parseProblems(issues: readonly YamlIssue[], file: string, content: string): Diagnostic[] {
  if (issues.length === 0) return []
  const placeOf = placesIn(content)
  const lines = content.split('\n')
  const [template, ...consequences] = issues.filter((issue) => isUnrendered(issue, placeOf(issue.offset), lines))
  const isForeign = !/\b(apiVersion|kind)\b/.test(content)
  const excludeHint = isForeign ? hint` If it holds no Kubernetes object, leave it out with ${option('exclude')}.` : ''
  const withHint = (issue: YamlIssue): YamlIssue =>
    issue === template
      ? { ...issue, message: `${TEMPLATE_MESSAGE} ${issue.message}`, hint: TEMPLATE_HINT }
      : { ...issue, hint: hint`${issue.hint}${excludeHint}` }
  return issues
    .filter((issue) => !consequences.includes(issue))
    .map((issue) => yamlDiagnostic(withHint(issue), file, placeOf))
}

/** The longest line that is searched for the brackets of a template, in characters. */
const MAX_TEMPLATE_LINE_LENGTH = 2_000

/** Whether an issue is about the brackets of a template engine, rather than about a text that holds some. */
function isUnrendered({ isFatal = false }: YamlIssue, place: Place, lines: readonly string[]): boolean {
  const line = lines[place.line - 1] ?? ''
  if (line.length > MAX_TEMPLATE_LINE_LENGTH) return false
  const bare = isFatal ? line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '') : ''
  return /\{[{%]/.test(bare) || /\{[{%]/.test(line.slice(Math.max(place.column - 3, 0), place.column + 2))
}

import { formatLocation, formatMessage } from '../diagnostics.ts'
import { CHANGES } from '../plan/object-plan.ts'
import { renderMermaid } from './diagram.ts'
import { planDetails } from './plan-details.ts'
import type { Redactor } from './redactor.ts'
import { RESULT_WORDS, type ResultWord } from './results.ts'
import {
  type DiagnosticReport,
  diagnosticsWith,
  type OrderReport,
  type RunReport,
  type SetReport,
} from './run-report.ts'

/** The maximum size of a summary, in bytes: GitHub drops one of more than 1 MiB. */
const MAX_SUMMARY_BYTES = 900_000
/** The maximum length of the heading, in characters. */
const MAX_HEADING_CHARACTERS = 800
/** Tables with more rows are folded. */
const FOLD_FROM_ROWS = 20
/** At most this many fields of an object are in the summary; the log has more. */
const MAX_FIELDS = 8

/**
 * The job summary as Markdown: the result, the counts, what failed, what was skipped or is pending, what changed, warnings, skipped
 * files, and in which order the objects are applied.
 */
export function renderSummary(report: RunReport, redactor: Redactor): string {
  const sets = report.sets.map((set) => countsTable(set)).filter((text) => text !== '')
  const diagrams = report.sets.map(({ order }) => diagramOf(order, redactor)).filter((text) => text !== '')
  const blocks = [heading(report, redactor), ...sets]
  let budget = MAX_SUMMARY_BYTES - [...blocks, ...diagrams].join('').length
  const sections = [
    failed(report, redactor),
    ...report.sets.flatMap((set) => SECTIONS.map((makeSection) => makeSection(set, redactor))),
    warnings(report, redactor),
    ...report.sets.flatMap((set) => LAST_SECTIONS.map((makeSection) => makeSection(set, redactor))),
  ]
  for (const section of sections) {
    if (section.rows.length === 0) continue
    const { text, used } = table(section, budget)
    blocks.push(text)
    budget -= used
  }
  return `${[...blocks, ...diagrams].join('\n\n')}\n`
}

interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly isFolded?: boolean
  /** The total number of rows, and where the rest is. */
  readonly total?: number
  readonly rest?: string
}

function heading(report: RunReport, redactor: Redactor): string {
  const sign = { unchanged: '✅', changed: '✅', planned: '📝', failed: '❌' }[report.result]
  const facts: readonly (readonly [name: string, value: string | null])[] = [
    ['Repository', report.repository],
    ['Commit', report.commit],
    ['Context', report.context],
    ...report.sets.map((set) => ['Plan', set.planDigest] as const),
  ]
  const context = facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`${name} ${code(value, redactor)}`],
  )
  return [
    `### ${sign} ${redactor.html(report.summary, MAX_HEADING_CHARACTERS)}`,
    ...(context.length > 0 ? [context.join(' · ')] : []),
  ].join('\n\n')
}

function countsTable({ counts }: SetReport): string {
  if (counts.objects === 0) return ''
  const words = RESULT_WORDS.filter((word) => counts[word] > 0 || ALWAYS_COUNTED.includes(word))
  return [
    `| Objects | ${words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join(' | ')} |`,
    `| --: |${' --: |'.repeat(words.length)}`,
    `| ${[counts.objects, ...words.map((word) => counts[word])].join(' | ')} |`,
  ].join('\n')
}

/** Results whose count is shown even if it is zero. */
const ALWAYS_COUNTED: readonly ResultWord[] = ['created', 'updated', 'unchanged', 'failed']

function failed(report: RunReport, redactor: Redactor): Section {
  const rows = diagnosticsWith(report, 'error').map((error) => [
    code(error.object ?? error.code ?? '', redactor),
    ...placeAndText(error, '\n', redactor),
  ])
  return { title: 'Errors', columns: ['Object', 'File', 'Message'], rows }
}

function warnings(report: RunReport, redactor: Redactor): Section {
  const rows = diagnosticsWith(report, 'warning').map((warning) => [
    warning.object === null ? '' : code(warning.object, redactor),
    ...placeAndText(warning, ' ', redactor),
  ])
  return { title: 'Warnings', columns: ['Object', 'File', 'Message'], rows }
}

function placeAndText(diagnostic: DiagnosticReport, between: string, redactor: Redactor): [string, string] {
  const { location, hint } = diagnostic
  const text = [formatMessage(diagnostic), ...(hint === null ? [] : [hint])].join(between)
  return [location === null ? '' : code(formatLocation(location), redactor), redactor.html(text)]
}

/** The objects that the run still waited for when it ended; those that it gave up on are errors. */
function notReady({ notReady: objects, diagnostics }: SetReport, redactor: Redactor): Section {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const inErrors = new Set(errors.map(({ object }) => object))
  const rows = objects
    .filter(({ object }) => !inErrors.has(object))
    .map(({ object, status, message }) => [code(object, redactor), status, redactor.html(message)])
  return { title: 'Not ready yet', columns: ['Object', 'Health', 'Reason'], rows }
}

function skipped({ objects }: SetReport, redactor: Redactor): Section {
  const rows = objects
    .filter(({ result }) => result === 'skipped')
    .map(({ object, location, message }) => [
      ...[code(object, redactor), code(formatLocation(location), redactor)],
      redactor.html(message ?? ''),
    ])
  return { title: 'Skipped, because a dependency failed', columns: ['Object', 'File', 'Reason'], rows }
}

function pending({ objects }: SetReport, redactor: Redactor): Section {
  const rows = objects
    .filter(({ result }) => result === 'pending')
    .map(({ object, location }) => [code(object, redactor), code(formatLocation(location), redactor)])
  return { title: 'Pending', columns: ['Object', 'File'], rows }
}

/** The results whose objects are listed in detail. */
const DETAILED: readonly ResultWord[] = [...CHANGES, 'completed', 'ignored', 'terminating']

function changes({ objects, mode }: SetReport, redactor: Redactor): Section {
  const rows = objects
    .filter(({ result }) => DETAILED.includes(result))
    .map((object) => [
      ...[object.result, code(object.object, redactor), code(formatLocation(object.location), redactor)],
      planDetails(object, MAX_FIELDS)
        .map((line) => redactor.html(line))
        .join('<br>'),
    ])
  return {
    title: mode === 'plan' ? 'Planned changes' : 'Changes',
    columns: ['Change', 'Object', 'File', 'Details'],
    rows,
  }
}

function removed({ removed: objects }: SetReport, redactor: Redactor): Section {
  const rows = objects.map(({ object, result, message }) => [
    code(object, redactor),
    result,
    redactor.html(message ?? ''),
  ])
  return { title: 'Removed from Git', columns: ['Object', 'Result', 'Reason'], rows }
}

function skippedFiles({ skippedFiles: files }: SetReport, redactor: Redactor): Section {
  const rows = files.map(({ location, message }) => [code(formatLocation(location), redactor), redactor.html(message)])
  return { title: 'Files without manifests', columns: ['File', 'Reason'], rows }
}

function dropped({ order }: SetReport, redactor: Redactor): Section {
  const rows = (order?.dropped ?? []).map(({ reason, because }) => [
    redactor.html(reason),
    because.map((each) => redactor.html(each)).join('<br>'),
  ])
  return { title: 'Dependencies that could not be kept', columns: ['Dependency', 'Contradicted by'], rows }
}

function applyOrder({ order }: SetReport, redactor: Redactor): Section {
  const rows = (order?.objects ?? []).map(({ object, reasons }) => [
    code(object, redactor),
    reasons.map((reason) => redactor.html(reason)).join('<br>'),
  ])
  return {
    ...{ title: 'Apply order', columns: ['Object', 'Reasons'], rows, isFolded: true, total: order?.total ?? 0 },
    rest: 'a run with debug logging lists all of them',
  }
}

const SECTIONS = [notReady, skipped, pending, changes, removed] as const
const LAST_SECTIONS = [skippedFiles, dropped, applyOrder] as const

function diagramOf(order: OrderReport | null, redactor: Redactor): string {
  if (order?.diagram == null) return ''
  const title = `Apply order as a diagram, ${order.diagram.by} by ${order.diagram.by}`
  const fence = '```'
  const diagram = renderMermaid(order.diagram, redactor)
  return [`<details><summary>${title}</summary>`, '', `${fence}mermaid`, diagram, fence, '', '</details>'].join('\n')
}

/** A table of at most a number of bytes; rows that do not fit are counted. */
function table(section: Section, budget: number): { readonly text: string; readonly used: number } {
  const { title, columns, rows, isFolded = rows.length > FOLD_FROM_ROWS, total = rows.length } = section
  const lines: string[] = []
  let used = 500 // the lines around the rows
  for (const row of rows) {
    const line = `| ${row.join(' | ')} |`
    used += Buffer.byteLength(line) + 1
    if (used > budget) break
    lines.push(line)
  }
  const more = total - lines.length
  const body = [`| ${columns.join(' | ')} |`, `|${' -- |'.repeat(columns.length)}`, ...lines]
  if (more > 0) body.push('', `... and ${more} more; ${section.rest ?? 'the log lists all of them'}.`)
  const text = isFolded
    ? [`<details><summary>${title} (${total})</summary>`, '', ...body, '', '</details>'].join('\n')
    : [`#### ${title}`, '', ...body].join('\n')
  return { text, used }
}

function code(text: string, redactor: Redactor): string {
  return `<code>${redactor.html(text)}</code>`
}

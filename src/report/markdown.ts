import type { ApplyResult } from '../apply/apply-result.ts'
import { formatMessage, placeOf, type Warning } from '../diagnostics.ts'
import { indicesIn } from '../graph/apply-order.ts'
import { contradictsAnnotation } from '../graph/cycles.ts'
import { edgeReason, makeExplainer } from '../graph/explanations.ts'
import type { Edge } from '../graph/graph.ts'
import { formatHint, inputStyle, type OptionStyle } from '../hint.ts'
import { formatId } from '../object/manifest.ts'
import { CHANGES } from '../plan/object-plan.ts'
import { drawDiagram } from './diagram.ts'
import type { Redactor } from './redactor.ts'
import {
  count,
  errorsIn,
  outcomesOf,
  pruneDecisionsOf,
  RESULT_WORDS,
  type RunReport,
  resultOf,
  summaryLine,
} from './run-report.ts'
import { planDetails } from './text.ts'

/** GitHub drops a summary of more than 1 MiB as a whole; we stop well before, in bytes. */
const MAX_SUMMARY_BYTES = 900_000
/** Longer tables are folded away. */
const FOLD_FROM_ROWS = 20

/** More objects than that have their place explained in the debug log alone. */
const MAX_EXPLAINED = 200

/**
 * The job summary as Markdown: the verdict, the counts, what failed, what was held back or not reached, what changed,
 * warnings, what was passed over, and in which order the objects are applied.
 */
export function renderSummary(report: RunReport, redactor: Redactor, style: OptionStyle = inputStyle): string {
  const blocks = [heading(report, redactor), counts(report)]
  const diagram = pictureOf(report, redactor)
  let budget = MAX_SUMMARY_BYTES - blocks.join('').length - diagram.length
  for (const makeSection of [
    failed,
    unready,
    held,
    notReached,
    changes,
    leaving,
    warnings,
    skipped,
    unmanagedFields,
    orderRows,
  ]) {
    const section = makeSection(report, redactor, style)
    if (section.rows.length === 0) continue
    const { text, used } = table(section, budget)
    blocks.push(text)
    budget -= used
  }
  if (diagram !== '') blocks.push(diagram)
  return `${blocks.join('\n\n')}\n`
}

interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly isFolded?: boolean
  /** How many rows there would be, and where the rest of them is. */
  readonly total?: number
  readonly rest?: string
}

function heading(report: RunReport, redactor: Redactor): string {
  const sign = { unchanged: '✅', changed: '✅', planned: '📝', failed: '❌' }[resultOf(report)]
  const lines = [`### ${sign} ${redactor.html(summaryLine(report))}`]
  const context = [
    report.repository === undefined ? '' : `Repository ${code(report.repository, redactor)}`,
    report.commit === undefined ? '' : `Commit ${code(report.commit, redactor)}`,
    report.cluster === undefined ? '' : `Context ${code(report.cluster, redactor)}`,
    report.digest === undefined ? '' : `Plan ${code(report.digest, redactor)}`,
  ].filter((part) => part !== '')
  return [...lines, ...(context.length > 0 ? [context.join(' · ')] : [])].join('\n\n')
}

function counts(report: RunReport): string {
  const results = outcomesOf(report)
  const counts = count(results)
  if (results.length === 0) return ''
  const words = RESULT_WORDS.filter((word) => counts[word] > 0 || ALWAYS.some((always) => always === word))
  return [
    `| Objects | ${words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join(' | ')} |`,
    `| --: |${' --: |'.repeat(words.length)}`,
    `| ${[results.length, ...words.map((word) => counts[word])].join(' | ')} |`,
  ].join('\n')
}

/** What people look for first, also where it is nothing. */
const ALWAYS = ['created', 'updated', 'unchanged', 'failed']

function failed(report: RunReport, redactor: Redactor, style: OptionStyle): Section {
  const rows = errorsIn(report).map((problem) => [
    code(problem.object ?? problem.code, redactor),
    ...placeAndText(problem, '\n', redactor, style),
  ])
  return { title: 'What failed', columns: ['Object', 'File', 'Message'], rows }
}

function placeAndText(warning: Warning, between: string, redactor: Redactor, style: OptionStyle): [string, string] {
  const { location, hint } = warning
  const text = [formatMessage(warning), ...(hint === undefined ? [] : [formatHint(hint, style)])].join(between)
  return [location === undefined ? '' : code(placeOf(location), redactor), redactor.html(text)]
}

/** What was still waited for when the run ended; what it gave up waiting for has failed. */
function unready(report: RunReport, redactor: Redactor): Section {
  const told = new Set(report.problems.map(({ object }) => object))
  const rows = (report.unhealthy ?? [])
    .filter(({ id }) => !told.has(formatId(id)))
    .map(({ id, status, reason }) => [code(formatId(id), redactor), status, redactor.html(reason)])
  return { title: 'Not ready yet', columns: ['Object', 'Health', 'Because'], rows }
}

function held(report: RunReport, redactor: Redactor): Section {
  const rows = outcomesOf(report).flatMap((applyResult) =>
    applyResult.result === 'skipped'
      ? [[...placeOfOutcome(applyResult, redactor), redactor.html(applyResult.message)]]
      : [],
  )
  return { title: 'Held back', columns: ['Object', 'File', 'Because'], rows }
}

function notReached(report: RunReport, redactor: Redactor): Section {
  const rows = outcomesOf(report)
    .filter(({ result }) => result === 'pending')
    .map((applyResult) => placeOfOutcome(applyResult, redactor))
  return { title: 'Not reached', columns: ['Object', 'File'], rows }
}

function placeOfOutcome({ manifest }: ApplyResult, redactor: Redactor): string[] {
  return [code(formatId(manifest.id), redactor), code(placeOf(manifest.location), redactor)]
}

/** More fields of one object than that are in the log alone. */
const MAX_FIELDS = 8

function changes(report: RunReport, redactor: Redactor): Section {
  const objects = new Map(report.plan?.objects.map((objectPlan) => [objectPlan.manifest, objectPlan]))
  const rows = outcomesOf(report)
    .filter(({ result }) => TOLD.some((word) => word === result))
    .map((applyResult) => {
      const objectPlan = objects.get(applyResult.manifest)
      const details = objectPlan === undefined ? [] : planDetails(objectPlan, MAX_FIELDS)
      return [
        applyResult.result,
        ...placeOfOutcome(applyResult, redactor),
        details.map((line) => redactor.html(line)).join('<br>'),
      ]
    })
  const title = report.isPlanOnly ? 'What would change' : 'What changed'
  return { title, columns: ['Change', 'Object', 'File', 'What'], rows }
}

/** The results of which a reader wants to know more. */
const TOLD = [...CHANGES, 'completed', 'ignored', 'terminating'] as const

function leaving(report: RunReport, redactor: Redactor): Section {
  const rows = pruneDecisionsOf(report).map(({ id, result, message: reason = '' }) => [
    code(formatId(id), redactor),
    result,
    redactor.html(reason),
  ])
  return { title: 'What left Git', columns: ['Object', 'Result', 'Because'], rows }
}

function warnings(report: RunReport, redactor: Redactor, style: OptionStyle): Section {
  const rows = report.warnings.map((warning) => [
    warning.object === undefined ? '' : code(warning.object, redactor),
    ...placeAndText(warning, ' ', redactor, style),
  ])
  return { title: 'Warnings', columns: ['Object', 'File', 'Message'], rows }
}

function skipped(report: RunReport, redactor: Redactor): Section {
  const rows = report.skipped.map(({ location, reason }) => [code(placeOf(location), redactor), redactor.html(reason)])
  return { title: 'Not taken for manifests', columns: ['File', 'Reason'], rows }
}

function unmanagedFields({ order }: RunReport, redactor: Redactor): Section {
  const columns = ['This could not be kept', 'Because of this']
  if (order === undefined) return { title: '', columns, rows: [] }
  const because = (edges: readonly Edge[]) => [
    ...new Set(edges.map((edge) => redactor.html(edgeReason(edge, order.graph)))),
  ]
  const silent = order.dropped.filter((dropped) => !contradictsAnnotation(dropped)) // the others are warnings already
  const rows = silent.map(({ edge, against }) => [...because([edge]), because(against).join('<br>')])
  return { title: 'Left out of the order', columns, rows }
}

function orderRows(report: RunReport, redactor: Redactor): Section {
  const { order } = report
  const columns = ['Object', 'Reasons']
  if (order === undefined) return { title: '', columns, rows: [] }
  const explain = makeExplainer(order.graph)
  const indices = indicesIn(order)
  const results = outcomesOf(report)
  const manifests = results.length > 0 ? results.map(({ manifest }) => manifest) : order.sequence
  const rows = manifests.slice(0, MAX_EXPLAINED).map((manifest) => {
    const reasons = explain(indices.get(manifest) ?? -1).map((reason) => redactor.html(reason))
    return [code(formatId(manifest.id), redactor), reasons.join('<br>')]
  })
  const title = 'In which order, and why'
  const rest = 'a run with debug logging tells of all of them'
  return { title, columns, rows, isFolded: true, total: manifests.length, rest }
}

function pictureOf({ order }: RunReport, redactor: Redactor): string {
  const drawn = order === undefined ? undefined : drawDiagram(order.graph, redactor)
  if (drawn === undefined) return ''
  const title = `The order as a picture, ${drawn.by} by ${drawn.by}`
  const fence = '```'
  return [`<details><summary>${title}</summary>`, '', `${fence}mermaid`, drawn.diagram, fence, '', '</details>'].join(
    '\n',
  )
}

/** A table that stays within a number of bytes; what does not fit is counted. */
function table(section: Section, budget: number): { text: string; used: number } {
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
  if (more > 0) body.push('', `... and ${more} more; ${section.rest ?? 'the log has all of them'}.`)
  const text = isFolded
    ? [`<details><summary>${title} (${total})</summary>`, '', ...body, '', '</details>'].join('\n')
    : [`#### ${title}`, '', ...body].join('\n')
  return { text, used }
}

function code(text: string, redactor: Redactor): string {
  return `<code>${redactor.html(text)}</code>`
}

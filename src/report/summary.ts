import type { Outcome } from '../apply/outcome.ts'
import { placeOf, type Warning, whatHappened } from '../errors.ts'
import { describe } from '../manifests/manifest.ts'
import { count, type Facts, failures, resultOf, verdict } from './facts.ts'
import type { Gate } from './gate.ts'

/** GitHub drops a summary of more than 1 MiB as a whole; we stop well before, in bytes. */
const BUDGET = 900_000
/** Longer tables are folded away. */
const FOLD = 20

/** The job summary as Markdown: the verdict, the counts, what failed, what was not reached, what changed, warnings, what was skipped. */
export function renderSummary(facts: Facts, gate: Gate): string {
  const blocks = [heading(facts, gate), counts(facts)]
  let left = BUDGET - blocks.join('').length
  for (const makeSection of [failed, notReached, changes, warnings, skipped]) {
    const section = makeSection(facts, gate)
    if (section.rows.length === 0) continue
    const { text, used } = table(section, left)
    blocks.push(text)
    left -= used
  }
  return `${blocks.join('\n\n')}\n`
}

interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

function heading(facts: Facts, gate: Gate): string {
  const sign = { unchanged: '✅', changed: '✅', failed: '❌' }[resultOf(facts)]
  const lines = [`### ${sign} ${gate.html(verdict(facts))}`]
  const context = [
    facts.repository === undefined ? '' : `Repository ${code(facts.repository, gate)}`,
    facts.commit === undefined ? '' : `Commit ${code(facts.commit, gate)}`,
    facts.cluster === undefined ? '' : `Context ${code(facts.cluster, gate)}`,
  ].filter((part) => part !== '')
  return [...lines, ...(context.length > 0 ? [context.join(' · ')] : [])].join('\n\n')
}

function counts(facts: Facts): string {
  const { objects, created, updated, unchanged, failed, notReached } = count(facts.outcomes)
  if (objects === 0) return ''
  return [
    '| Objects | Created | Updated | Unchanged | Failed | Not reached |',
    '| --: | --: | --: | --: | --: | --: |',
    `| ${[objects, created, updated, unchanged, failed, notReached].join(' | ')} |`,
  ].join('\n')
}

function failed(facts: Facts, gate: Gate): Section {
  const rows = failures(facts).map((problem) => [
    code(problem.object ?? problem.class, gate),
    ...placeAndText(problem, '\n', gate),
  ])
  return { title: 'What failed', columns: ['Object', 'File', 'Message'], rows }
}

function placeAndText(warning: Warning, between: string, gate: Gate): [string, string] {
  const { location, next } = warning
  const text = [whatHappened(warning), ...(next === undefined ? [] : [next])].join(between)
  return [location === undefined ? '' : code(placeOf(location), gate), gate.html(text)]
}

function notReached(facts: Facts, gate: Gate): Section {
  const rows = facts.outcomes
    .filter(({ result }) => result === 'not reached')
    .map(({ manifest }) => [code(describe(manifest.id), gate), code(placeOf(manifest.location), gate)])
  return { title: 'Not reached', columns: ['Object', 'File'], rows }
}

function changes(facts: Facts, gate: Gate): Section {
  const isChange = ({ result }: Outcome) => result === 'created' || result === 'updated'
  const rows = facts.outcomes
    .filter(isChange)
    .map(({ manifest, result }) => [result, code(describe(manifest.id), gate), code(placeOf(manifest.location), gate)])
  return { title: 'What changed', columns: ['Change', 'Object', 'File'], rows }
}

function warnings(facts: Facts, gate: Gate): Section {
  const rows = facts.warnings.map((warning) => [
    warning.object === undefined ? '' : code(warning.object, gate),
    ...placeAndText(warning, ' ', gate),
  ])
  return { title: 'Warnings', columns: ['Object', 'File', 'Message'], rows }
}

function skipped(facts: Facts, gate: Gate): Section {
  const rows = facts.skipped.map(({ location, reason }) => [code(placeOf(location), gate), gate.html(reason)])
  return { title: 'Not taken for manifests', columns: ['File', 'Reason'], rows }
}

/** A table that stays within a number of bytes; what does not fit is counted. */
function table({ title, columns, rows }: Section, budget: number): { text: string; used: number } {
  const lines: string[] = []
  let used = 500 // the lines around the rows
  for (const row of rows) {
    const line = `| ${row.join(' | ')} |`
    used += Buffer.byteLength(line) + 1
    if (used > budget) break
    lines.push(line)
  }
  const more = rows.length - lines.length
  const body = [`| ${columns.join(' | ')} |`, `|${' -- |'.repeat(columns.length)}`, ...lines]
  if (more > 0) body.push('', `... and ${more} more; the log has all of them.`)
  const text =
    rows.length > FOLD
      ? [`<details><summary>${title} (${rows.length})</summary>`, '', ...body, '', '</details>'].join('\n')
      : [`#### ${title}`, '', ...body].join('\n')
  return { text, used }
}

function code(text: string, gate: Gate): string {
  return `<code>${gate.html(text)}</code>`
}

import type { Outcome } from '../apply/apply-result.ts'
import { placeOf, type Warning, whatHappened } from '../diagnostics.ts'
import { describe } from '../object/manifest.ts'
import { isAgainstWishes } from '../graph/cycles.ts'
import { explainer, reasonOf } from '../graph/explanations.ts'
import type { Edge } from '../graph/graph.ts'
import { indicesIn } from '../graph/apply-order.ts'
import { CHANGES } from '../plan/object-plan.ts'
import { count, departuresOf, type Facts, failures, outcomesOf, resultOf, verdict, WORDS } from './run-report.ts'
import type { Gate } from './redactor.ts'
import { detailsOf } from './text.ts'
import { drawGraph } from './diagram.ts'

/** GitHub drops a summary of more than 1 MiB as a whole; we stop well before, in bytes. */
const BUDGET = 900_000
/** Longer tables are folded away. */
const FOLD = 20

/** More objects than that have their place explained in the debug log alone. */
const MOST_EXPLAINED = 200

/**
 * The job summary as Markdown: the verdict, the counts, what failed, what was held back or not reached, what changed,
 * warnings, what was passed over, and in which order the objects are applied.
 */
export function renderSummary(facts: Facts, gate: Gate): string {
  const blocks = [heading(facts, gate), counts(facts)]
  const picture = pictureOf(facts, gate)
  let budget = BUDGET - blocks.join('').length - picture.length
  for (const makeSection of [failed, unready, held, notReached, changes, leaving, warnings, skipped, left, places]) {
    const section = makeSection(facts, gate)
    if (section.rows.length === 0) continue
    const { text, used } = table(section, budget)
    blocks.push(text)
    budget -= used
  }
  if (picture !== '') blocks.push(picture)
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

function heading(facts: Facts, gate: Gate): string {
  const sign = { unchanged: '✅', changed: '✅', planned: '📝', failed: '❌' }[resultOf(facts)]
  const lines = [`### ${sign} ${gate.html(verdict(facts))}`]
  const context = [
    facts.repository === undefined ? '' : `Repository ${code(facts.repository, gate)}`,
    facts.commit === undefined ? '' : `Commit ${code(facts.commit, gate)}`,
    facts.cluster === undefined ? '' : `Context ${code(facts.cluster, gate)}`,
    facts.digest === undefined ? '' : `Plan ${code(facts.digest, gate)}`,
  ].filter((part) => part !== '')
  return [...lines, ...(context.length > 0 ? [context.join(' · ')] : [])].join('\n\n')
}

function counts(facts: Facts): string {
  const outcomes = outcomesOf(facts)
  const counts = count(outcomes)
  if (outcomes.length === 0) return ''
  const words = WORDS.filter((word) => counts[word] > 0 || ALWAYS.some((always) => always === word))
  return [
    `| Objects | ${words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join(' | ')} |`,
    `| --: |${' --: |'.repeat(words.length)}`,
    `| ${[outcomes.length, ...words.map((word) => counts[word])].join(' | ')} |`,
  ].join('\n')
}

/** What people look for first, also where it is nothing. */
const ALWAYS = ['created', 'updated', 'unchanged', 'failed']

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

/** What was still waited for when the run ended; what it gave up waiting for has failed. */
function unready(facts: Facts, gate: Gate): Section {
  const told = new Set(facts.problems.map(({ object }) => object))
  const rows = (facts.unhealthy ?? [])
    .filter(({ id }) => !told.has(describe(id)))
    .map(({ id, status, reason }) => [code(describe(id), gate), status, gate.html(reason)])
  return { title: 'Not ready yet', columns: ['Object', 'Health', 'Because'], rows }
}

function held(facts: Facts, gate: Gate): Section {
  const rows = outcomesOf(facts).flatMap((outcome) =>
    outcome.result === 'held back' ? [[...placeOfOutcome(outcome, gate), gate.html(outcome.reason)]] : [],
  )
  return { title: 'Held back', columns: ['Object', 'File', 'Because'], rows }
}

function notReached(facts: Facts, gate: Gate): Section {
  const rows = outcomesOf(facts)
    .filter(({ result }) => result === 'not reached')
    .map((outcome) => placeOfOutcome(outcome, gate))
  return { title: 'Not reached', columns: ['Object', 'File'], rows }
}

function placeOfOutcome({ manifest }: Outcome, gate: Gate): string[] {
  return [code(describe(manifest.id), gate), code(placeOf(manifest.location), gate)]
}

/** More fields of one object than that are in the log alone. */
const MOST_FIELDS = 8

function changes(facts: Facts, gate: Gate): Section {
  const actions = new Map(facts.plan?.actions.map((action) => [action.manifest, action]))
  const rows = outcomesOf(facts)
    .filter(({ result }) => TOLD.some((word) => word === result))
    .map((outcome) => {
      const action = actions.get(outcome.manifest)
      const details = action === undefined ? [] : detailsOf(action, MOST_FIELDS)
      return [outcome.result, ...placeOfOutcome(outcome, gate), details.map((line) => gate.html(line)).join('<br>')]
    })
  const title = facts.isPlanOnly ? 'What would change' : 'What changed'
  return { title, columns: ['Change', 'Object', 'File', 'What'], rows }
}

/** The results of which a reader wants to know more. */
const TOLD = [...CHANGES, 'done', 'skipped', 'terminating'] as const

function leaving(facts: Facts, gate: Gate): Section {
  const rows = departuresOf(facts).map(({ id, result, reason = '' }) => [
    code(describe(id), gate),
    result,
    gate.html(reason),
  ])
  return { title: 'What left Git', columns: ['Object', 'Result', 'Because'], rows }
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

function left({ ordering }: Facts, gate: Gate): Section {
  const columns = ['This could not be kept', 'Because of this']
  if (ordering === undefined) return { title: '', columns, rows: [] }
  const because = (edges: readonly Edge[]) => [
    ...new Set(edges.map((edge) => gate.html(reasonOf(edge, ordering.graph)))),
  ]
  const silent = ordering.dropped.filter((dropped) => !isAgainstWishes(dropped)) // the others are warnings already
  const rows = silent.map(({ edge, against }) => [...because([edge]), because(against).join('<br>')])
  return { title: 'Left out of the order', columns, rows }
}

function places(facts: Facts, gate: Gate): Section {
  const { ordering } = facts
  const columns = ['Object', 'Reasons']
  if (ordering === undefined) return { title: '', columns, rows: [] }
  const explain = explainer(ordering.graph)
  const indices = indicesIn(ordering)
  const outcomes = outcomesOf(facts)
  const manifests = outcomes.length > 0 ? outcomes.map(({ manifest }) => manifest) : ordering.sequence
  const rows = manifests.slice(0, MOST_EXPLAINED).map((manifest) => {
    const reasons = explain(indices.get(manifest) ?? -1).map((reason) => gate.html(reason))
    return [code(describe(manifest.id), gate), reasons.join('<br>')]
  })
  const title = 'In which order, and why'
  const rest = 'a run with debug logging tells of all of them'
  return { title, columns, rows, isFolded: true, total: manifests.length, rest }
}

function pictureOf({ ordering }: Facts, gate: Gate): string {
  const drawn = ordering === undefined ? undefined : drawGraph(ordering.graph, gate)
  if (drawn === undefined) return ''
  const title = `The order as a picture, ${drawn.by} by ${drawn.by}`
  const fence = '```'
  return [`<details><summary>${title}</summary>`, '', `${fence}mermaid`, drawn.diagram, fence, '', '</details>'].join(
    '\n',
  )
}

/** A table that stays within a number of bytes; what does not fit is counted. */
function table(section: Section, budget: number): { text: string; used: number } {
  const { title, columns, rows, isFolded = rows.length > FOLD, total = rows.length } = section
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

function code(text: string, gate: Gate): string {
  return `<code>${gate.html(text)}</code>`
}

import type { Diagnostic } from '../diagnostics.ts'
import type { Parsed, Refusal } from './parsed.ts'
import { renamedOptionProblems } from './renamed.ts'
import type { RunnerFacts } from './runner-facts.ts'
import { listOptions, type Option, type OptionName, type OptionValues } from './table.ts'

/** The values of those options that have one, and everything that is wrong with the others (E-INPUT). */
export interface ReadOptions {
  readonly values: Partial<OptionValues>
  readonly problems: readonly Diagnostic[]
}

/** Reads all options. */
export function readOptions(runner: RunnerFacts): ReadOptions {
  const parsed = listOptions().map((row) => ({ name: row.name, result: parseOption(row, runner) }))
  const values = parsed.flatMap(({ name, result }) => ('value' in result ? [[name, result.value] as const] : []))
  const refused = parsed.flatMap(({ name, result }) =>
    'value' in result ? [] : result.refusals.map((refusal) => optionProblem(name, refusal)),
  )
  // Each value is what its row's parser made.
  return {
    values: Object.fromEntries(values) as Partial<OptionValues>,
    problems: [...renamedOptionProblems(runner), ...refused],
  }
}

function parseOption(row: Option<unknown> & { readonly name: OptionName }, runner: RunnerFacts): Parsed<unknown> {
  // Only ASCII white space: a name may end in a character that merely looks like a space.
  const text = runner.input(row.name)?.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  const isGiven = text !== undefined && (text !== '' || row.isEmptyParsed === true)
  return row.parse(isGiven ? text : row.default, runner)
}

/** Why an option cannot be used, as a problem. */
export function optionProblem(name: OptionName, { reason, hint }: Refusal): Diagnostic {
  return { code: 'E-INPUT', message: `Input \`${name}\`: ${reason}`, ...(hint === undefined ? {} : { hint }) }
}

import type { Diagnostic } from '../diagnostics.ts'
import type { Parsed, Refusal } from './parsed.ts'
import { renamedOptionProblems } from './renamed.ts'
import type { RunnerFacts } from './runner-facts.ts'
import { listOptions, type Option, type OptionName, type OptionValues } from './table.ts'

/** The values of the valid options, and the problems of the others (E-INPUT). */
export interface ReadOptions {
  readonly values: Partial<OptionValues>
  readonly problems: readonly Diagnostic[]
}

/** Reads all options from the inputs of the runner. */
export function readOptions(runner: RunnerFacts): ReadOptions {
  const parsed = listOptions().map((row) => ({ name: row.name, result: parseOption(row, runner) }))
  const values = parsed.flatMap(({ name, result }) => ('value' in result ? [[name, result.value] as const] : []))
  const refused = parsed.flatMap(({ name, result }) =>
    'value' in result ? [] : result.refusals.map((refusal) => optionProblem(name, refusal)),
  )
  // The parser of each row has returned its value.
  return {
    values: Object.fromEntries(values) as Partial<OptionValues>,
    problems: [...renamedOptionProblems(runner), ...refused],
  }
}

function parseOption(row: Option<unknown> & { readonly name: OptionName }, runner: RunnerFacts): Parsed<unknown> {
  // Only ASCII white space is trimmed: a name may end in another character that looks like a space.
  const text = runner.input(row.name)?.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  const isGiven = text !== undefined && (text !== '' || row.isEmptyParsed === true)
  return row.parse(isGiven ? text : row.default, runner)
}

/** Returns the problem of an option whose value is refused (E-INPUT). */
export function optionProblem(name: OptionName, { reason, hint }: Refusal): Diagnostic {
  const message = `Invalid value for \`${name}\`: ${reason}`
  return { code: 'E-INPUT', reason: 'InvalidOption', message, ...(hint === undefined ? {} : { hint }) }
}

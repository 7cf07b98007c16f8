import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { RunnerFacts } from './runner-facts.ts'
import type { OptionName } from './table.ts'

/** An option that had another name before. */
export interface RenamedOption {
  readonly oldName: string
  readonly newName: OptionName
  /** New values by old ones, where they have changed too. */
  readonly values?: Readonly<Record<string, string>>
}

/** Every old name of an option. */
export const RENAMED_OPTIONS: readonly RenamedOption[] = [
  { oldName: 'conflicts', newName: 'force-conflicts', values: { overwrite: 'true', fail: 'false' } },
  { oldName: 'digest', newName: 'plan-digest' },
  { oldName: 'limits', newName: 'read-limits' },
  { oldName: 'mirror', newName: 'git-cache' },
  { oldName: 'processes', newName: 'parallelism' },
  { oldName: 'take-over', newName: 'adopt-from' },
]

/** A problem (E-INPUT) for every option that was given by its old name, even an empty one: it would be ignored. */
export function renamedOptionProblems({ input }: RunnerFacts): Diagnostic[] {
  return RENAMED_OPTIONS.flatMap((renamed): Diagnostic[] => {
    const text = input(renamed.oldName)
    return text === undefined ? [] : [problem(renamed, text.trim())]
  })
}

function problem({ oldName, newName, values }: RenamedOption, text: string): Diagnostic {
  const value = values?.[text]
  const next =
    value === undefined
      ? hint`Write ${option(newName)} instead.`
      : hint`Write ${option(newName, value)} instead of ${option(oldName, text)}.`
  return { code: 'E-INPUT', message: `Input \`${oldName}\`: it is called \`${newName}\` now.`, hint: next }
}

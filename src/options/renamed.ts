import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { RunnerFacts } from './runner-facts.ts'
import type { OptionName } from './table.ts'

/** An option that was renamed. */
export interface RenamedOption {
  readonly oldName: string
  readonly newName: OptionName
  /** The new values by the old ones, if they have changed too. */
  readonly values?: Readonly<Record<string, string>>
}

/** All renamed options. */
export const RENAMED_OPTIONS: readonly RenamedOption[] = [
  { oldName: 'conflicts', newName: 'force-conflicts', values: { overwrite: 'true', fail: 'false' } },
  { oldName: 'digest', newName: 'plan-digest' },
  { oldName: 'limits', newName: 'read-limits' },
  { oldName: 'mirror', newName: 'git-cache' },
  { oldName: 'processes', newName: 'parallelism' },
  { oldName: 'take-over', newName: 'adopt-from' },
]

/**
 * Returns a problem (E-INPUT) for every option that is set by its old name, even to an empty value, since it would be
 * ignored.
 */
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
      ? hint`Use ${option(newName)} instead.`
      : hint`Use ${option(newName, value)} instead of ${option(oldName, text)}.`
  const message = `\`${oldName}\` has been renamed to \`${newName}\`.`
  return { code: 'E-INPUT', reason: 'OptionRenamed', message, hint: next }
}

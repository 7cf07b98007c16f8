import type { Diagnostic } from '../diagnostics.ts'
import type { Environment } from '../process.ts'

/** The inputs of the step, and the problems found while reading them. */
export interface Inputs {
  /** The input without surrounding white space, or undefined where the runner passed none at all. */
  text(name: string): string | undefined
  /** The input's lines without surrounding white space and without empty ones. */
  lines(name: string): string[]
  /** A boolean in the six spellings that the runner's own toolkit accepts; the usual one, false, where empty or absent. */
  boolean(name: string, usual?: boolean): boolean
  /** One of the allowed words, or undefined where empty or absent. */
  oneOf<Word extends string>(name: string, allowed: readonly Word[]): Word | undefined
  /** Unwraps what a parser returned; a string is the reason for refusing the input. */
  parsed<T extends object>(name: string, result: T | string): T | undefined
  /** Records why an input cannot be used. */
  refuse(name: string, reason: string, hint?: string): void
  readonly problems: readonly Diagnostic[]
}

const TRUE = ['true', 'True', 'TRUE']
const FALSE = ['false', 'False', 'FALSE']

/** Gives access to the step's inputs, which the runner passes as variables named `INPUT_*`. */
export function openInputs(environment: Environment): Inputs {
  const problems: Diagnostic[] = []
  // Only ASCII white space: a name may end in a character that merely looks like a space.
  const text = (name: string) => environment[`INPUT_${name.toUpperCase()}`]?.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
  const refuse = (name: string, reason: string, hint?: string) => {
    problems.push({
      code: 'E-INPUT',
      message: `Input \`${name}\`: ${reason}`,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  return {
    text,
    refuse,
    problems,
    lines: (name) =>
      (text(name) ?? '')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    boolean: (name, usual = false) => {
      const value = text(name) ?? ''
      if (value === '') return usual
      if (!TRUE.includes(value) && !FALSE.includes(value)) {
        refuse(name, `\`${value}\` is no boolean. Write true or false (True, TRUE, False and FALSE are accepted too).`)
      }
      return TRUE.includes(value)
    },
    oneOf: (name, allowed) => {
      const value = text(name) ?? ''
      const word = allowed.find((candidate) => candidate === value)
      if (word === undefined && value !== '') {
        refuse(name, `\`${value}\` is not known. Allowed: ${allowed.map((each) => `\`${each}\``).join(', ')}.`)
      }
      return word
    },
    parsed: (name, result) => {
      if (typeof result !== 'string') return result
      refuse(name, result)
      return undefined
    },
  }
}

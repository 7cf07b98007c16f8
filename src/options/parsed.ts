import type { Hint } from '../hint.ts'

/** What came of parsing an option's text: a value, or everything that is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly refusals: readonly Refusal[] }

/** Why a text is no value of an option, as a sentence after the option's name, and what to write instead. */
export interface Refusal {
  readonly reason: string
  readonly hint?: Hint
}

/** The result of parsing a text that is a value. */
export function accepted<T>(value: T): Parsed<T> {
  return { value }
}

/** The result of parsing a text that is none. */
export function refused(reason: string, hint?: Hint): Parsed<never> {
  return { refusals: [{ reason, ...(hint === undefined ? {} : { hint }) }] }
}

import type { Hint } from '../hint.ts'

/** The result of parsing the text of an option: a value, or why the text is refused. */
export type Parsed<T> = { readonly value: T } | { readonly refusals: readonly Refusal[] }

/** Why a text is not a valid value, as a sentence that follows a colon, and what to write instead. */
export interface Refusal {
  readonly reason: string
  readonly hint?: Hint
}

/** Returns the result of parsing a valid text. */
export function accepted<T>(value: T): Parsed<T> {
  return { value }
}

/** Returns the result of parsing an invalid text. */
export function refused(reason: string, hint?: Hint): Parsed<never> {
  return { refusals: [{ reason, ...(hint === undefined ? {} : { hint }) }] }
}

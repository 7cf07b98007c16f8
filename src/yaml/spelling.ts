import { SCALAR_STYLE } from 'js-yaml'
import type { ScalarEvent } from './events.ts'
import type { Trouble } from './trouble.ts'

/** Where a scalar stands. */
export interface Position {
  /** In brackets. */
  readonly isFlow: boolean
  readonly isKey: boolean
}

/**
 * What kubectl refuses of a YAML scalar that js-yaml reads, or reads otherwise (go.yaml.in/yaml/v2, scannerc.go); undefined
 * where both agree.
 */
export function misspelling(
  text: string,
  event: ScalarEvent,
  { isFlow, isKey }: Position,
): Pick<Trouble, 'message' | 'next'> | undefined {
  const { style, fast, valueStart, valueEnd } = event
  if (valueStart < 0) return undefined
  if (style === SCALAR_STYLE.DOUBLE_QUOTED && !fast && BAD_ESCAPE.test(text.slice(valueStart, valueEnd))) {
    return { message: 'This text has an escape that kubectl does not take.', next: 'Write the character itself.' }
  }
  if (style === SCALAR_STYLE.PLAIN && isFlow) {
    const isLoose = LOOSE.test(text.slice(valueStart, valueEnd)) || LOOSE_END.test(text.slice(valueEnd, valueEnd + 2))
    if (isLoose)
      return { message: 'In brackets kubectl refuses this text, or reads it otherwise.', next: 'Put it into quotes.' }
  }
  if (style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK) {
    const header = text.slice(text.lastIndexOf('\n', valueStart - 2) + 1, valueStart)
    const isIndented = /[|>][-+]?[1-9][-+]?[ \t]*(?:[ \t]#.*)?\r?\n$/.test(header)
    if (!isIndented && TAB_FIRST.test(text.slice(valueStart, valueEnd))) {
      return { message: 'This text begins with a tab where kubectl looks for blanks.', next: 'Indent it by blanks.' }
    }
  }
  if (!isKey) return undefined
  const written = text.slice(valueStart, valueEnd)
  COLON_BELOW.lastIndex = valueEnd
  if (written.length > LONGEST_KEY || written.includes('\n') || COLON_BELOW.test(text)) {
    return {
      message: 'kubectl takes no key that is longer than a line or 1,000 characters.',
      next: 'Write it on one line, with its colon.',
    }
  }
  return undefined
}

/** The slash, halves of a surrogate pair even if the other one follows, no character at all, and an empty line behind an escaped break. */
const BAD_ESCAPE =
  /(?:^|[^\\])(?:\\\\)*\\(?:\/|\r?\n[ \t]*\r?\n|u[dD][89a-fA-F]|U0000[dD][89a-fA-F]|U(?!0000|000[1-9a-fA-F]|0010))/

/** What ends a plain text in brackets for kubectl, and a colon behind it that does not. */
const LOOSE = /^:|\?/
const LOOSE_END = /^:\S/
const TAB_FIRST = /^(?: *\r?\n)* *\t/
const COLON_BELOW = /["']?[ \t]*(?:#[^\n]*)?\r?\n(?:\s|#[^\n]*\n)*:/y
const LONGEST_KEY = 1_000

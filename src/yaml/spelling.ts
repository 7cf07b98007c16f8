import { SCALAR_STYLE } from 'js-yaml'
import type { ScalarEvent } from './events.ts'
import type { YamlIssue } from './yaml-issue.ts'

/** What is wrong with a spelling, and what to do. */
export type Misspelling = Pick<YamlIssue, 'message' | 'hint'>

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
export function misspelling(text: string, event: ScalarEvent, { isFlow, isKey }: Position): Misspelling | undefined {
  const { style, fast, valueStart, valueEnd } = event
  if (valueStart < 0) return undefined
  if (style === SCALAR_STYLE.DOUBLE_QUOTED && !fast && BAD_ESCAPE.test(text.slice(valueStart, valueEnd))) {
    return { message: 'This text has an escape that kubectl does not take.', hint: 'Write the character itself.' }
  }
  if (style === SCALAR_STYLE.PLAIN && isFlow) {
    LOOSE_END.lastIndex = valueEnd
    const isLoose = LOOSE.test(text.slice(valueStart, valueEnd)) || LOOSE_END.test(text)
    if (isLoose)
      return { message: 'In brackets kubectl refuses this text, or reads it otherwise.', hint: 'Put it into quotes.' }
  }
  if (style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK) {
    const header = text.slice(text.lastIndexOf('\n', valueStart - 2) + 1, valueStart)
    const isIndented = /[|>][-+]?[1-9][-+]?[ \t]*(?:[ \t]#.*)?\r?\n$/.test(header)
    if (!isIndented && TAB_FIRST.test(text.slice(valueStart, valueEnd))) {
      return { message: 'This text begins with a tab where kubectl looks for blanks.', hint: 'Indent it by blanks.' }
    }
  }
  return isKey ? misspelledKey(text, event, isFlow) : undefined
}

function misspelledKey(text: string, { valueStart, valueEnd }: ScalarEvent, isFlow: boolean): Misspelling | undefined {
  if (!isFlow && valueEnd - valueStart <= MAX_KEY_CHARACTERS && isFirstOnLine(text, valueStart)) return undefined
  const before = text.slice(Math.max(valueStart - MAX_KEY_START_CHARACTERS, 0), valueStart).replace(/^.*\n/s, '')
  if (!isFlow && !KEY_STARTS.test(before)) {
    return { message: 'kubectl takes no key behind another text on its line.', hint: 'Put it on a line of its own.' }
  }
  if (EXPLICIT.test(before)) return undefined
  COLON_BELOW.lastIndex = valueEnd
  const isLong = valueEnd - valueStart > MAX_KEY_CHARACTERS || text.slice(valueStart, valueEnd).includes('\n')
  if (!isLong && !COLON_BELOW.test(text)) return undefined
  return {
    message: 'kubectl takes no key that is longer than a line or 1,000 characters.',
    hint: 'Write it on one line, with its colon.',
  }
}

/** Whether nothing but blanks stands before a place on its line, as before almost every key. */
function isFirstOnLine(text: string, offset: number): boolean {
  let before = offset - 1
  while (text.charCodeAt(before) === BLANK) before -= 1
  return before < 0 || text.charCodeAt(before) === LINE_BREAK
}

const [BLANK, LINE_BREAK] = [32, 10]

/** The slash, halves of a surrogate pair even if the other one follows, no character at all, and an empty line behind an escaped break. */
const BAD_ESCAPE =
  /(?:^|[^\\])(?:\\\\)*\\(?:\/|\r?\n[ \t]*\r?\n|u[dD][89a-fA-F]|U0000[dD][89a-fA-F]|U(?!0000|000[1-9a-fA-F]|0010))/

/** What ends a plain text in brackets for kubectl, and a colon behind it that does not. */
const LOOSE = /^:|\?/
const LOOSE_END = /[ \t]*:\S/y
const TAB_FIRST = /^(?: *\r?\n)* *\t/
const COLON_BELOW = /["']?[ \t]*(?:#[^\n]*)?\r?\n(?:\s|#[^\n]*\n)*:/y
const MAX_KEY_CHARACTERS = 1_000
/** How much is looked at of what stands before a key on its line, which may be very long. */
const MAX_KEY_START_CHARACTERS = 300
/** What may stand before a key on its line: indicators, its anchor or tag, its quote. */
const KEY_STARTS = /^[ \t]*(?:[-?:][ \t]+)*(?:[&!]\S*[ \t]+)*["']?$/
/** What stands before a key that may be longer, and whose colon may stand on a line below. */
const EXPLICIT = /(?:^|[\s,[{])\?[ \t]+(?:[&!]\S*[ \t]+)*["']?$/

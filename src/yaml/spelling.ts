import { SCALAR_STYLE } from 'js-yaml'
import type { ScalarEvent } from './events.ts'
import type { YamlIssue } from './yaml-issue.ts'

/** An issue with the spelling of a scalar. */
export type SpellingIssue = Pick<YamlIssue, 'reason' | 'message' | 'hint'>

/** The position of a scalar. */
export interface Position {
  /** Whether it is in brackets. */
  readonly isFlow: boolean
  readonly isKey: boolean
}

/**
 * Returns the issue of a YAML scalar that js-yaml accepts and kubectl rejects or reads differently (go.yaml.in/yaml/v2,
 * scannerc.go); undefined if both agree.
 */
export function spellingIssue(
  text: string,
  event: ScalarEvent,
  { isFlow, isKey }: Position,
): SpellingIssue | undefined {
  const { style, fast, valueStart, valueEnd } = event
  if (valueStart < 0) return undefined
  if (style === SCALAR_STYLE.DOUBLE_QUOTED && !fast && BAD_ESCAPE.test(text.slice(valueStart, valueEnd))) {
    const message = 'kubectl rejects an escape in this string.'
    return { reason: 'UnsupportedEscape', message, hint: 'Write the character itself.' }
  }
  if (style === SCALAR_STYLE.PLAIN && isFlow) {
    COLON_AFTER.lastIndex = valueEnd
    const isAmbiguous = AMBIGUOUS_IN_FLOW.test(text.slice(valueStart, valueEnd)) || COLON_AFTER.test(text)
    const message = 'kubectl rejects this text in brackets, or reads it differently.'
    if (isAmbiguous) return { reason: 'QuotesRequired', message, hint: 'Quote it.' }
  }
  if (style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK) {
    const header = text.slice(text.lastIndexOf('\n', valueStart - 2) + 1, valueStart)
    const isIndented = /[|>][-+]?[1-9][-+]?[ \t]*(?:[ \t]#.*)?\r?\n$/.test(header)
    if (!isIndented && TAB_FIRST.test(text.slice(valueStart, valueEnd))) {
      const message = 'This text starts with a tab where kubectl expects spaces.'
      return { reason: 'TabIndentation', message, hint: 'Indent it with spaces.' }
    }
  }
  return isKey ? keyIssue(text, event, isFlow) : undefined
}

function keyIssue(text: string, { valueStart, valueEnd }: ScalarEvent, isFlow: boolean): SpellingIssue | undefined {
  if (!isFlow && valueEnd - valueStart <= MAX_KEY_CHARACTERS && isFirstOnLine(text, valueStart)) return undefined
  const before = text.slice(Math.max(valueStart - MAX_KEY_START_CHARACTERS, 0), valueStart).replace(/^.*\n/s, '')
  if (!isFlow && !KEY_STARTS.test(before)) {
    const message = 'kubectl rejects a key that follows other text on the same line.'
    return { reason: 'InvalidKey', message, hint: 'Put the key on a separate line.' }
  }
  if (EXPLICIT.test(before)) return undefined
  COLON_BELOW.lastIndex = valueEnd
  const isLong = valueEnd - valueStart > MAX_KEY_CHARACTERS || text.slice(valueStart, valueEnd).includes('\n')
  if (!isLong && !COLON_BELOW.test(text)) return undefined
  return {
    reason: 'KeyTooLong',
    message: 'kubectl rejects a key that is longer than one line or 1,000 characters.',
    hint: 'Write the key and its colon on one line.',
  }
}

/** Whether only blanks precede an offset on its line. */
function isFirstOnLine(text: string, offset: number): boolean {
  let before = offset - 1
  while (text.charCodeAt(before) === BLANK) before -= 1
  return before < 0 || text.charCodeAt(before) === LINE_BREAK
}

const BLANK = 32
const LINE_BREAK = 10

/**
 * Escapes that kubectl rejects: a slash, halves of surrogate pairs, code points that do not exist, and an empty line
 * after an escaped line break.
 */
const BAD_ESCAPE =
  /(?:^|[^\\])(?:\\\\)*\\(?:\/|\r?\n[ \t]*\r?\n|u[dD][89a-fA-F]|U0000[dD][89a-fA-F]|U(?!0000|000[1-9a-fA-F]|0010))/

/** What ends a plain scalar in brackets for kubectl, and a colon after it that does not. */
const AMBIGUOUS_IN_FLOW = /^:|\?/
const COLON_AFTER = /[ \t]*:\S/y
const TAB_FIRST = /^(?: *\r?\n)* *\t/
const COLON_BELOW = /["']?[ \t]*(?:#[^\n]*)?\r?\n(?:\s|#[^\n]*\n)*:/y
const MAX_KEY_CHARACTERS = 1_000
/** How many characters before a key on its line are examined. */
const MAX_KEY_START_CHARACTERS = 300
/** What may precede a key on its line: indicators, its anchor or tag, its quote. */
const KEY_STARTS = /^[ \t]*(?:[-?:][ \t]+)*(?:[&!]\S*[ \t]+)*["']?$/
/** What precedes an explicit key, which may be longer and have its colon on a later line. */
const EXPLICIT = /(?:^|[\s,[{])\?[ \t]+(?:[&!]\S*[ \t]+)*["']?$/

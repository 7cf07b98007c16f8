import { getScalarValue, SCALAR_STYLE } from 'js-yaml'
import type { ReadLimits } from '../read-limits.ts'
import type { ScalarEvent } from './events.ts'
import { resolveScalar } from './scalar.ts'
import type { Notation, Part } from './stream.ts'
import { type Budget, parseSyntax, type Syntax } from './syntax.ts'
import { FatalIssue } from './yaml-issue.ts'

/** The events of a document, with the text that their offsets refer to. */
export interface ParsedText extends Syntax {
  readonly notation: Notation
  /** Returns the content of a scalar. */
  textOf(event: ScalarEvent): string
}

/**
 * Returns the text of a key. Plain scalars are resolved first, so that `on` and `0x10` are the keys `true` and `16`.
 */
export function keyText({ notation, textOf }: Pick<ParsedText, 'notation' | 'textOf'>, event: ScalarEvent): string {
  const text = textOf(event)
  if (notation === 'json' || event.style !== SCALAR_STYLE.PLAIN) return text
  const scalar = resolveScalar(text)
  return scalar.type === 'unsupported' ? text : String(scalar.value ?? text)
}

/**
 * Parses one document. Raises `FatalIssue`, with offsets in the document's own text, for invalid YAML, for characters that
 * kubectl rejects or takes for line breaks, and for exceeded limits.
 */
export function parse({ text, notation }: Part, limits: ReadLimits, budget: Budget): ParsedText {
  if (notation === 'json') {
    const textOf = (event: ScalarEvent) => jsonText(text, event)
    return { ...parseSyntax(maskJson(text), limits, budget), text, notation, textOf }
  }
  const unsupported = UNSUPPORTED_CHARACTER.exec(text)
  if (unsupported !== null) {
    const code = unsupported[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    const message = `The character U+${code} is not allowed: kubectl rejects it, takes it for a line break, or drops it.`
    const hint = 'Remove it, or write it as an escape in double quotes.'
    throw new FatalIssue({ reason: 'InvalidCharacter', message, hint, offset: unsupported.index })
  }
  // As kubectl does, which matters for a block scalar that keeps its last line breaks.
  const whole = text.endsWith('\n') ? text : `${text}\n`
  const parsed = parseSyntax(firstDocument(whole), limits, budget)
  return { ...parsed, notation, textOf: (event) => getScalarValue(parsed.text, event) }
}

/**
 * Returns the text before a line `...`, which ends a document. Text after it is an issue, since kubectl would drop it.
 */
function firstDocument(text: string): string {
  const end = /(?:^|\n)\.\.\.(?=[ \t\n\r]|$)/.exec(text)
  if (end === null) return text
  const offset = end.index + end[0].length
  const isLast = !/^[ \t\r]*[^\s#]/m.test(text.slice(offset))
  if (isLast) return text.slice(0, end.index + 1)
  const message = 'kubectl would silently drop the text after the line `...`, which ends the document.'
  const hint = 'Separate documents with a line of three dashes.'
  throw new FatalIssue({ reason: 'TextAfterEnd', message, hint, offset: offset - 3 })
}

/**
 * Characters that kubectl rejects, line breaks other than LF and CRLF, and the byte order mark, which kubectl drops.
 */
const UNSUPPORTED_CHARACTER =
  /\r(?!\n)|[^\t\n\r\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u

/**
 * Returns JSON of the same structure that is also YAML: with letters only in its strings, and blanks only between
 * tokens.
 */
function maskJson(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/gs, (token) =>
    token.startsWith('"') ? `"${'x'.repeat(token.length - 2)}"` : ' '.repeat(token.length),
  )
}

/** Returns the content of a scalar of a valid JSON document. */
function jsonText(text: string, { style, valueStart, valueEnd }: ScalarEvent): string {
  const written = text.slice(valueStart, valueEnd)
  return style === SCALAR_STYLE.PLAIN ? written : String(JSON.parse(`"${written}"`))
}

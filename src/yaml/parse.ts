import { getScalarValue, SCALAR_STYLE } from 'js-yaml'
import type { ReadLimits } from '../read-limits.ts'
import type { ScalarEvent } from './events.ts'
import { resolveScalar } from './scalar.ts'
import type { Notation, Part } from './stream.ts'
import { type Budget, parseSyntax, type Syntax } from './syntax.ts'
import { Stopped } from './yaml-issue.ts'

/** A document's events, with the text that their offsets point into. */
export interface ParsedText extends Syntax {
  readonly notation: Notation
  /** What a scalar says. */
  textOf(event: ScalarEvent): string
}

/** The text of a key: plain ones mean a value first, so that `on` and `0x10` are the keys `true` and `16`. */
export function keyText({ notation, textOf }: Pick<ParsedText, 'notation' | 'textOf'>, event: ScalarEvent): string {
  const text = textOf(event)
  if (notation === 'json' || event.style !== SCALAR_STYLE.PLAIN) return text
  const scalar = resolveScalar(text)
  return scalar.type === 'unfit' ? text : String(scalar.value ?? text)
}

/**
 * Parses one document. Raises `Stopped`, with offsets of the document as it is written, for what is no YAML, for characters
 * that kubectl refuses or takes for line breaks, and for what passes a limit.
 */
export function parse({ text, notation }: Part, limits: ReadLimits, budget: Budget): ParsedText {
  if (notation === 'json') {
    const textOf = (event: ScalarEvent) => jsonText(text, event)
    return { ...parseSyntax(masked(text), limits, budget), text, notation, textOf }
  }
  const foreign = FOREIGN.exec(text)
  if (foreign !== null) {
    const code = foreign[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    const message = `The character U+${code} may not stand here: kubectl refuses it, takes it for a line break, or drops it.`
    throw new Stopped({ message, hint: 'Remove it, or write it as an escape in double quotes.', offset: foreign.index })
  }
  // As kubectl does, which matters to a text whose last line breaks are kept.
  const whole = text.endsWith('\n') ? text : `${text}\n`
  const parsed = parseSyntax(firstDocument(whole), limits, budget)
  return { ...parsed, notation, textOf: (event) => getScalarValue(parsed.text, event) }
}

/** What stands before a line `...`, which ends a document: kubectl would silently drop whatever stands behind it. */
function firstDocument(text: string): string {
  const end = /(?:^|\n)\.\.\.(?=[ \t\n\r]|$)/.exec(text)
  if (end === null) return text
  const offset = end.index + end[0].length
  const isLast = !/^[ \t\r]*[^\s#]/m.test(text.slice(offset))
  if (isLast) return text.slice(0, end.index + 1)
  const message = 'More stands behind the line `...`, which ends the document, and kubectl would silently drop it.'
  throw new Stopped({ message, hint: 'Separate documents by a line of three dashes.', offset: offset - 3 })
}

/** What kubectl's reader refuses, line breaks other than LF and CRLF, and the byte order mark, which it drops. */
const FOREIGN = /\r(?!\n)|[^\t\n\r\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u

/** JSON of the same structure that YAML reads in any case: only letters in its texts, only blanks between its tokens. */
function masked(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/gs, (token) =>
    token.startsWith('"') ? `"${'x'.repeat(token.length - 2)}"` : ' '.repeat(token.length),
  )
}

/** What a scalar of a JSON document, which is known to be valid, says. */
function jsonText(text: string, { style, valueStart, valueEnd }: ScalarEvent): string {
  const written = text.slice(valueStart, valueEnd)
  return style === SCALAR_STYLE.PLAIN ? written : String(JSON.parse(`"${written}"`))
}

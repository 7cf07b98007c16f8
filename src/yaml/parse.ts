import { type Event, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml'
import type { Limits } from '../config/limits.ts'
import type { ScalarEvent } from './events.ts'
import type { Part, Syntax } from './stream.ts'
import { beyond, Stopped } from './trouble.ts'

/** A document's events, with the text that their offsets point into. */
export interface Parsed {
  readonly events: readonly Event[]
  readonly text: string
  readonly syntax: Syntax
  /** What a scalar says. */
  textOf(event: ScalarEvent): string
  /** An offset of that text as one of the document as it is written. */
  original(offset: number): number
}

/**
 * Parses one document. Raises `Stopped`, with offsets of the document as it is written, for what is no YAML, for characters
 * that kubectl refuses or takes for line breaks, and for what passes a limit.
 */
export function parse({ text, syntax }: Part, limits: Limits): Parsed {
  if (isOver(text, limits.nodes)) throw beyond('The document has too many values', 'nodes', limits, 0)
  if (syntax === 'json') {
    const textOf = (event: ScalarEvent) => jsonText(text, event)
    return { ...parseAs(masked(text), limits), text, syntax, textOf }
  }
  const foreign = FOREIGN.exec(text)
  if (foreign !== null) {
    const code = foreign[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    const message = `The character U+${code} may not stand here: kubectl refuses it, takes it for a line break, or drops it.`
    throw new Stopped({ message, next: 'Remove it, or write it as an escape in double quotes.', offset: foreign.index })
  }
  const parsed = parseAs(firstDocument(text), limits)
  return { ...parsed, syntax, textOf: (event) => getScalarValue(parsed.text, event) }
}

/** What stands before a line `...`, which ends a document: kubectl would silently drop whatever stands behind it. */
function firstDocument(text: string): string {
  const end = /(?:^|\n)\.\.\.(?=[ \t\n\r]|$)/.exec(text)
  if (end === null) return text
  const offset = end.index + end[0].length
  if (/^(?:\s*(?:#.*)?(?:\n|$))*$/.test(text.slice(offset))) return text.slice(0, end.index + 1)
  const message = 'More stands behind the line `...`, which ends the document, and kubectl would silently drop it.'
  throw new Stopped({ message, next: 'Separate documents by a line of three dashes.', offset: offset - 3 })
}

/** What kubectl's reader refuses, line breaks other than LF and CRLF, and the byte order mark, which it drops. */
const FOREIGN = /\r(?!\n)|[^\t\n\r\x20-\x7E\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u

/** Whether a text has more places than that where a value can start; brackets, which cost memory too, count twice. */
function isOver(text: string, most: number): boolean {
  if (text.length * 2 <= most) return false
  let count = 0
  for (let index = 0; index < text.length && count <= most; index += 1) {
    const weight = WEIGHTS[text.charCodeAt(index)]
    // Colons, dashes and question marks mean something before white space only.
    if (weight !== undefined && (weight > 0 || text.charCodeAt(index + 1) <= SPACE)) count += weight || 1
  }
  return count > most
}

const SPACE = 32
const WEIGHTS: (number | undefined)[] = []
for (const [characters, weight] of [
  ['[{', 2],
  [',\n', 1],
  [':-?', 0],
] as const) {
  for (const character of characters) WEIGHTS[character.charCodeAt(0)] = weight
}

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

/** Characters that may be parsed again for the sake of continued brackets: about half a second's work. */
const PATIENCE = 16 * 1024 * 1024

/**
 * Parses a text, and where js-yaml wants continued brackets or quotes to be indented more deeply, which kubectl does not,
 * indents that line: leading blanks mean nothing there.
 */
function parseAs(given: string, limits: Limits): Pick<Parsed, 'events' | 'text' | 'original'> {
  let text = given
  let padding = ''
  /** Where lines were indented, in the text so far. */
  const indented: number[] = []
  const original = (offset: number) => {
    const before = indented.filter((start) => start <= offset)
    const last = before.at(-1)
    return last === undefined ? offset : Math.max(offset, last + padding.length) - before.length * padding.length
  }
  for (let work = 0; ; work += text.length) {
    try {
      return { events: parseEvents(text, { maxDepth: limits.depth + 2 }), text, original }
    } catch (error) {
      if (!(error instanceof YAMLException) || error.mark === undefined) throw unexpected(error)
      const { reason, mark } = error
      if (reason !== 'deficient indentation' || work > PATIENCE) throw refused(reason, original(mark.position), limits)
      if (padding === '') padding = ' '.repeat(deepestIndentation(text) + 1)
      const start = mark.position - mark.column
      text = text.slice(0, start) + padding + text.slice(start)
      indented.push(start)
    }
  }
}

function deepestIndentation(text: string): number {
  let deepest = 0
  for (const [indentation] of text.matchAll(/^[ -]*/gm)) deepest = Math.max(deepest, indentation.length)
  return deepest
}

function refused(reason: string, offset: number, limits: Limits): Stopped {
  if (reason.startsWith('nesting exceeded')) return beyond('Values are nested too deeply', 'depth', limits, offset)
  if (reason.includes('directive')) {
    const message = 'kubectl takes no directives, which are lines that start with `%`.'
    return new Stopped({ message, next: 'Remove them: they change nothing.', offset })
  }
  // What the parser says of tags quotes them.
  const said = reason.includes('tag') ? 'there is a tag that it cannot have' : reason
  return new Stopped({ message: `The file cannot be read: ${said}.`, next: 'Correct the file.', offset })
}

/** The parser may run out of stack before a raised limit is reached, and promises no more than to throw something. */
function unexpected(error: unknown): Stopped {
  const what = error instanceof RangeError ? 'it is nested too deeply for this machine' : 'the parser failed on it'
  return new Stopped({ message: `The file cannot be read: ${what}.`, next: 'Simplify the file.', offset: 0 })
}

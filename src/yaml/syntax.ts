import { COLLECTION_STYLE, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml'
import type { ReadLimits } from '../read-limits.ts'
import { isQuoted, startOf } from './events.ts'
import { limitExceeded, Stopped } from './yaml-issue.ts'

/** A text's events, with the text that they point into, and the way back. */
export interface Syntax {
  readonly events: readonly Event[]
  readonly text: string
  /** An offset of that text as one of the text that was given. */
  original(offset: number): number
}

/** What one file may still cost beyond one parse of it, in characters that are parsed again. */
export interface Budget {
  characters: number
}

/** A budget for one file: about half a second's work. */
export function makeBudget(): Budget {
  return { characters: 16 * 1024 * 1024 }
}

/**
 * Parses a text. Where js-yaml wants continued brackets or quotes to be indented more deeply, which kubectl does not, these
 * lines are indented and the text is parsed again: leading blanks mean nothing there. Where that ends is found by trying
 * more lines each time, which is an error where it is too many. Raises `Stopped`.
 */
export function parseSyntax(given: string, limits: ReadLimits, budget: Budget): Syntax {
  let attempt = attemptOn(given, [], limits)
  let lines: number[] = []
  for (let count = 1; attempt.error !== undefined; ) {
    const { reason, offset } = attempt.error
    const [line = 0] = linesFrom(given, offset, 1)
    const isIndentable = reason === DEFICIENT && !lines.includes(line)
    if (!isIndentable || given.slice(line, offset).includes('\t')) throw refused(reason, offset, given, limits)
    budget.characters -= given.length
    if (budget.characters < 0) throw new Stopped({ ...TOO_SHALLOW, offset })
    const more = [...lines, ...linesFrom(given, offset, count)]
    const next = attemptOn(given, more, limits)
    const isTooFar =
      next.error !== undefined && (next.error.reason !== DEFICIENT || next.error.offset <= (more.at(-1) ?? 0))
    if (isTooFar && count > 1) {
      count = 1
    } else {
      lines = more
      attempt = next
      count *= 2
    }
  }
  return attempt
}

const TOO_SHALLOW = {
  message: 'Lines in brackets or quotes are indented less than what they belong to, in too many places of this file.',
  hint: 'Indent them.',
}

const DEFICIENT = 'deficient indentation'

type ParseAttempt =
  | (Syntax & { readonly error?: undefined })
  | { readonly error: { readonly reason: string; readonly offset: number } }

function attemptOn(given: string, lines: readonly number[], limits: ReadLimits): ParseAttempt {
  const { text, places, original } = indentLines(given, lines)
  try {
    const events = parseEvents(text, { maxDepth: depthLimit(text, limits) })
    const stray = strayPlace(events, places)
    return stray === undefined ? { events, text, original } : { error: { reason: STRAY, offset: original(stray) } }
  } catch (error) {
    if (error instanceof Stopped) throw error
    if (!(error instanceof YAMLException) || error.mark === undefined) throw unexpected(error)
    return { error: { reason: error.reason, offset: original(error.mark.position) } }
  }
}

const STRAY = 'indented where it means something'

/** The first of some places, in their order, that is neither in brackets nor in quotes, where blanks would mean something. */
function strayPlace(events: readonly Event[], places: readonly number[]): number | undefined {
  const flows: boolean[] = []
  let next = 0
  for (const event of places.length === 0 ? [] : events) {
    const start = startOf(event) ?? -1
    const isText = event.type === EVENT_ID.SCALAR && !isQuoted(event)
    const end = isText ? event.valueEnd : start
    if (flows.at(-1) !== true && start >= 0) {
      while ((places[next] ?? Number.POSITIVE_INFINITY) < start) next += 1
      const place = places[next]
      if (place !== undefined && place <= end) return place
    }
    if (event.type === EVENT_ID.POP) flows.pop()
    else if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) {
      flows.push(flows.at(-1) === true || event.style === COLLECTION_STYLE.FLOW)
    } else if (event.type === EVENT_ID.DOCUMENT) flows.push(false)
  }
  return undefined
}

/** The starts of so many lines, from the one on that an offset is in. */
function linesFrom(text: string, offset: number, count: number): number[] {
  const starts = [text.lastIndexOf('\n', offset - 1) + 1]
  for (let at = text.indexOf('\n', offset); at !== -1 && starts.length < count; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  return starts
}

/** A text with some of its lines, given by their starts, indented more deeply than any line of it. */
function indentLines(
  text: string,
  starts: readonly number[],
): Pick<Syntax, 'text' | 'original'> & { places: number[] } {
  if (starts.length === 0) return { text, places: [], original: (offset) => offset }
  const padding = ' '.repeat(deepestIndentation(text) + 1)
  const pieces = starts.map((start, index) => text.slice(start, starts[index + 1] ?? text.length))
  const original = (offset: number) => {
    const before = starts.filter((start, index) => start + index * padding.length <= offset)
    const last = before.at(-1)
    return last === undefined ? offset : Math.max(offset - before.length * padding.length, last)
  }
  return {
    text: text.slice(0, starts[0]) + pieces.map((piece) => padding + piece).join(''),
    /** Where what stands on these lines has come to. */
    places: pieces.map((piece, index) => (starts[index] ?? 0) + (index + 1) * padding.length + piece.search(/\S|$/)),
    original,
  }
}

function deepestIndentation(text: string): number {
  let deepest = 0
  for (const [indentation] of text.matchAll(/^[ -]*/gm)) deepest = Math.max(deepest, indentation.length)
  return deepest
}

/**
 * The parser's limit of depth. It asks for that at every value, which is the one way to count values before they cost
 * memory; a text that cannot hold too many is spared the counting.
 */
function depthLimit(text: string, limits: ReadLimits): number {
  // The parser counts the value itself, and the document.
  const depth = limits.depth + 2
  if (text.length <= limits.nodes || placesForValues(text) <= limits.nodes) return depth
  let values = 0
  return Object.assign(depth, {
    valueOf: () => {
      values += 1
      if (values > limits.nodes) throw limitExceeded('The document has too many values', 'nodes', limits, 0)
      return depth
    },
  })
}

/** How often a text has what values start behind: at least as often as it has values. */
function placesForValues(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += 1) if (STARTERS[text.charCodeAt(index)] === true) count += 1
  return count
}

const STARTERS: (boolean | undefined)[] = []
for (const character of '[{,:-?\n') STARTERS[character.charCodeAt(0)] = true

/** What the parser says most often, in words that help; what it is about may stand further up. */
const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  'bad indentation of a mapping entry': [
    'This does not fit here',
    'Correct the indentation, or put the text into quotes: it may hold `: ` or begin with a special character.',
  ],
  'end of the stream or a document separator is expected': [
    'This does not fit behind what stands before it',
    'Correct the indentation, or write a blank behind the colon of a key.',
  ],
  'missed comma between flow collection entries': [
    'A comma is missing between brackets',
    'Correct it; texts with brackets, commas or colons need quotes there.',
  ],
  'deficient indentation': [
    'What is in brackets or quotes may not begin with a tab, nor may a tab stand before it',
    'Use blanks.',
  ],
  [STRAY]: ['This is indented less than what it belongs to', 'Correct the indentation.'],
  'tab characters must not be used in indentation': ['A tab stands where only blanks may indent', 'Use blanks.'],
  'unexpected end of the stream within a flow collection': [
    'A bracket is never closed',
    'Close it; it opens further up.',
  ],
  'unexpected end of the stream within a double quoted scalar': [
    'A double quote is never closed',
    'Close it; it opens further up.',
  ],
  'unexpected end of the stream within a single quoted scalar': [
    'A single quote is never closed',
    'Close it; it opens further up.',
  ],
}

function refused(reason: string, offset: number, text: string, limits: ReadLimits): Stopped {
  if (reason.startsWith('nesting exceeded'))
    return limitExceeded('Values are nested too deeply', 'depth', limits, offset)
  if (reason.includes('directive')) {
    const message = 'kubectl takes no directives, which are lines that start with `%`.'
    return new Stopped({ message, hint: 'Remove them: they change nothing.', offset: Math.max(text.search(/^%/m), 0) })
  }
  // What the parser says of tags quotes them.
  const said = reason.includes('tag') ? 'there is a tag that it cannot have' : reason
  const [what, hint] = REASONS[reason] ?? [said, 'Correct it.']
  return new Stopped({
    message: `The file cannot be read. ${what.charAt(0).toUpperCase()}${what.slice(1)}.`,
    hint,
    offset,
  })
}

/** The parser may run out of stack before a raised limit is reached, and promises no more than to throw something. */
function unexpected(error: unknown): Stopped {
  const what = error instanceof RangeError ? 'It is nested too deeply for this machine' : 'The parser failed on it'
  return new Stopped({ message: `The file cannot be read. ${what}.`, hint: 'Simplify it.', offset: 0 })
}

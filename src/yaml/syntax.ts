import { COLLECTION_STYLE, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml'
import type { ReadLimits } from '../read-limits.ts'
import { isQuoted, startOf } from './events.ts'
import { FatalIssue, limitExceeded } from './yaml-issue.ts'

/** The events of a text, and the modified text that their offsets refer to. */
export interface Syntax {
  readonly events: readonly Event[]
  readonly text: string
  /** Converts an offset in the modified text to one in the original text. */
  original(offset: number): number
}

/** How many characters of one file may still be parsed again. */
export interface Budget {
  characters: number
}

/** Returns the budget of one file: about half a second. */
export function makeBudget(): Budget {
  return { characters: 16 * 1024 * 1024 }
}

/**
 * Parses a text. js-yaml requires the lines of multi-line brackets and quotes to be indented, kubectl does not. Such lines
 * are indented here, where that means nothing, and the text is parsed again, with twice as many lines each time until the
 * end is found. Raises `FatalIssue`, also if that takes too many attempts.
 */
export function parseSyntax(source: string, limits: ReadLimits, budget: Budget): Syntax {
  let attempt = tryParse(source, [], limits)
  let lines: number[] = []
  for (let count = 1; attempt.error !== undefined; ) {
    const { reason, offset } = attempt.error
    const [line = 0] = linesFrom(source, offset, 1)
    const isIndentable = reason === DEFICIENT_INDENTATION && !lines.includes(line)
    if (!isIndentable || source.slice(line, offset).includes('\t')) throw parserIssue(reason, offset, source, limits)
    budget.characters -= source.length
    if (budget.characters < 0) throw new FatalIssue({ ...TOO_MANY_UNINDENTED, offset })
    const more = [...lines, ...linesFrom(source, offset, count)]
    const next = tryParse(source, more, limits)
    const isTooFar =
      next.error !== undefined &&
      (next.error.reason !== DEFICIENT_INDENTATION || next.error.offset <= (more.at(-1) ?? 0))
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

const TOO_MANY_UNINDENTED = {
  reason: 'DeficientIndentation',
  message: 'Too many lines in brackets or quotes are indented less than the value that they belong to.',
  hint: 'Indent them.',
}

const DEFICIENT_INDENTATION = 'deficient indentation'

type ParseAttempt =
  | (Syntax & { readonly error?: undefined })
  | { readonly error: { readonly reason: string; readonly offset: number } }

function tryParse(source: string, lines: readonly number[], limits: ReadLimits): ParseAttempt {
  const { text, places, original } = indentLines(source, lines)
  try {
    const events = parseEvents(text, { maxDepth: depthLimit(text, limits) })
    const stray = firstOutsideFlow(events, places)
    if (stray === undefined) return { events, text, original }
    return { error: { reason: UNDERINDENTED, offset: original(stray) } }
  } catch (error) {
    if (error instanceof FatalIssue) throw error
    if (!(error instanceof YAMLException) || error.mark === undefined) throw unexpectedIssue(error)
    return { error: { reason: error.reason, offset: original(error.mark.position) } }
  }
}

const UNDERINDENTED = 'indented outside of brackets and quotes'

/** Returns the first place (in ascending order) outside of brackets and quotes, where indentation is significant. */
function firstOutsideFlow(events: readonly Event[], places: readonly number[]): number | undefined {
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

/** Returns the starts of up to `count` lines, from the line of an offset on. */
function linesFrom(text: string, offset: number, count: number): number[] {
  const starts = [text.lastIndexOf('\n', offset - 1) + 1]
  for (let at = text.indexOf('\n', offset); at !== -1 && starts.length < count; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1)
  }
  return starts
}

/** Indents the lines of a text that start at `starts` more than any other line. */
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
    /** The offsets of the first characters of these lines in the new text. */
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
 * Returns the maximum depth for the parser. The parser reads it at every value, which is the only way to count values
 * before they take memory. Values are not counted in a text that cannot contain too many.
 */
function depthLimit(text: string, limits: ReadLimits): number {
  // The parser also counts the value itself and the document.
  const depth = limits.depth + 2
  if (text.length <= limits.nodes || maxValues(text) <= limits.nodes) return depth
  let values = 0
  return Object.assign(depth, {
    valueOf: () => {
      values += 1
      if (values > limits.nodes) throw limitExceeded('The document has too many values', 'nodes', limits, 0)
      return depth
    },
  })
}

/** Counts the characters after which a value may start: an upper limit for the number of values. */
function maxValues(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += 1) if (VALUE_STARTERS[text.charCodeAt(index)] === true) count += 1
  return count
}

const VALUE_STARTERS: (boolean | undefined)[] = []
for (const character of '[{,:-?\n') VALUE_STARTERS[character.charCodeAt(0)] = true

/** Messages and hints for frequent errors of the parser, whose cause may be on an earlier line. */
const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  'bad indentation of a mapping entry': [
    'This is not valid here',
    'Fix the indentation, or quote the text if it contains `: ` or starts with a special character.',
  ],
  'end of the stream or a document separator is expected': [
    'This is not valid after the preceding text',
    'Fix the indentation, or add a space after the colon of a key.',
  ],
  'missed comma between flow collection entries': [
    'A comma is missing between brackets',
    'Add it; quote texts that contain brackets, commas or colons.',
  ],
  'deficient indentation': ['A tab must not precede text in brackets or quotes', 'Use spaces.'],
  [UNDERINDENTED]: ['This is indented less than the value that it belongs to', 'Fix the indentation.'],
  'tab characters must not be used in indentation': ['A tab is used for indentation', 'Use spaces.'],
  'unexpected end of the stream within a flow collection': [
    'A bracket is never closed',
    'Close it. It opens on this or an earlier line.',
  ],
  'unexpected end of the stream within a double quoted scalar': [
    'A double quote is never closed',
    'Close it. It opens on this or an earlier line.',
  ],
  'unexpected end of the stream within a single quoted scalar': [
    'A single quote is never closed',
    'Close it. It opens on this or an earlier line.',
  ],
}

function parserIssue(reason: string, offset: number, text: string, limits: ReadLimits): FatalIssue {
  if (reason.startsWith('nesting exceeded'))
    return limitExceeded('Values are nested too deeply', 'depth', limits, offset)
  if (reason.includes('directive')) {
    const message = 'kubectl rejects directives, which are lines that start with `%`.'
    const hint = 'Remove them.'
    return new FatalIssue({ reason: 'DirectiveNotAllowed', message, hint, offset: Math.max(text.search(/^%/m), 0) })
  }
  // Errors of the parser about tags quote them.
  const fallback = reason.includes('tag') ? 'A tag is invalid' : reason
  const [problem, hint] = REASONS[reason] ?? [fallback, 'Fix it.']
  return new FatalIssue({
    reason: 'SyntaxError',
    message: `Invalid YAML. ${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`,
    hint,
    offset,
  })
}

/** Returns the issue of an unexpected error. With a raised limit, the parser may run out of stack first. */
function unexpectedIssue(error: unknown): FatalIssue {
  const problem = error instanceof RangeError ? 'It is nested too deeply for this machine' : 'The parser failed'
  return new FatalIssue({
    reason: 'SyntaxError',
    message: `Invalid YAML. ${problem}.`,
    hint: 'Simplify it.',
    offset: 0,
  })
}

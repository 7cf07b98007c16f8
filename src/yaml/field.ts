import { EVENT_ID, type Event } from 'js-yaml'
import { anchorOf, children, startOf } from './events.ts'
import { keyText, type ParsedText } from './parse.ts'

/** A step of a path to a field: the key of a mapping, or the index of a list. */
export type Step = string | number

/** Returns the offset of a field of a value (that of its key), or of the nearest field above it that is written. */
export type Locator = (path: readonly Step[]) => number

/** Returns a locator of the fields of the value that starts at an event, by default the value of the document. */
export function locatorOf(parsed: ParsedText, start = DOCUMENT_VALUE): Locator {
  return (path) => {
    const event = parsed.events[find(parsed, path, start).written]
    return (event && startOf(event)) ?? 0
  }
}

/** Returns a locator for each member of the list at `path`; none if there is no list. */
export function memberLocators(parsed: ParsedText, path: readonly Step[]): Locator[] {
  const list = definitionOf(parsed, find(parsed, path, DOCUMENT_VALUE).value)
  if (parsed.events[list]?.type !== EVENT_ID.SEQUENCE) return []
  return [...children(parsed.events, list)].map((index) => locatorOf(parsed, index))
}

/** The index of the first event after the start of the document. */
const DOCUMENT_VALUE = 1

/** The indices of the events of a field: that at which it is written (its key), and that of its value. */
interface Found {
  readonly written: number
  readonly value: number
}

/** Finds a field, or the nearest field above it. Follows aliases. */
function find(parsed: ParsedText, path: readonly Step[], start: number): Found {
  let found = { written: start, value: start }
  for (const step of path) {
    const next = member(parsed, definitionOf(parsed, found.value), step)
    if (next === undefined) break
    found = next
  }
  return found
}

function member(parsed: ParsedText, parent: number, step: Step): Found | undefined {
  const { events } = parsed
  const isList = events[parent]?.type === EVENT_ID.SEQUENCE
  if (!isList && events[parent]?.type !== EVENT_ID.MAPPING) return undefined
  let position = 0
  let key: number | undefined
  for (const index of children(events, parent)) {
    if (isList && position === step) return { written: index, value: index }
    if (key !== undefined) return { written: key, value: index }
    if (!isList && position % 2 === 0 && isKey(parsed, events[index], step)) key = index
    position += 1
  }
  return undefined
}

function isKey(parsed: ParsedText, event: Event | undefined, name: Step): boolean {
  return event?.type === EVENT_ID.SCALAR && keyText(parsed, event) === name
}

/** Returns where a value is defined: for an alias, the last node before it that has its anchor. */
function definitionOf({ events, text }: ParsedText, value: number): number {
  const event = events[value]
  if (event?.type !== EVENT_ID.ALIAS) return value
  const name = anchorOf(event, text)
  return events.findLastIndex(
    (candidate, index) => index < value && candidate.type !== EVENT_ID.ALIAS && anchorOf(candidate, text) === name,
  )
}

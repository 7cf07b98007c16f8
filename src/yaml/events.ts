import { EVENT_ID, type Event, SCALAR_STYLE } from 'js-yaml'

/** The event of a scalar. */
export type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>
/** The event with which a sequence or a mapping starts. */
export type CollectionEvent = Extract<Event, { type: typeof EVENT_ID.SEQUENCE | typeof EVENT_ID.MAPPING }>

/** Returns the offset of a node, including its quotes, anchor or tag; undefined for a node without text. */
export function startOf(event: Event): number | undefined {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return undefined
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1
  const content = event.type === EVENT_ID.SCALAR ? event.valueStart - (isQuoted(event) ? 1 : 0) : event.start
  if (event.anchorStart < 0 && event.tagStart < 0) return content < 0 ? undefined : content
  return Math.min(...[content, event.anchorStart - 1, event.tagStart].filter((offset) => offset >= 0))
}

/** Whether a scalar is quoted. */
export function isQuoted({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED
}

/** Returns the name of a node's anchor, or of the anchor that an alias refers to. */
export function anchorOf(event: Event, text: string): string | undefined {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP || event.anchorStart < 0) return undefined
  return text.slice(event.anchorStart, event.anchorEnd)
}

/** Returns the tag of a node; undefined if it has none. */
export function tagOf(event: Event, text: string): string | undefined {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP || event.type === EVENT_ID.ALIAS) return undefined
  return event.tagStart < 0 ? undefined : text.slice(event.tagStart, event.tagEnd)
}

/**
 * Yields the indices of the events at which the members of a collection start; in a mapping, keys and values alternate.
 */
export function* children(events: readonly Event[], parent: number): Generator<number> {
  for (let index = parent + 1; index < events.length; index = nextSibling(events, index)) {
    if (events[index]?.type === EVENT_ID.POP) return
    yield index
  }
}

/** Returns the index of the first event after a node. */
function nextSibling(events: readonly Event[], node: number): number {
  let depth = 0
  for (let index = node; index < events.length; index += 1) {
    const type = events[index]?.type
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth += 1
    if (type === EVENT_ID.POP) depth -= 1
    if (depth === 0) return index + 1
  }
  return events.length
}

/** A place in a text: line and column in characters, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/**
 * Returns a function that converts offsets of a text to places; a byte order mark has no column. Lines are counted on the
 * first call.
 */
export function placesIn(text: string): (offset: number) => Place {
  let starts: number[] | undefined
  return (offset) => {
    starts ??= lineStarts(text)
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
}

/** The character that some editors put before a text. */
export const BYTE_ORDER_MARK = '\uFEFF'

function lineStarts(text: string): number[] {
  const starts = [text.startsWith(BYTE_ORDER_MARK) ? 1 : 0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

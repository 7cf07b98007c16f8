/** A place in a text: its line and its column, both from 1; columns count characters. */
export interface Place {
  readonly line: number
  readonly column: number
}

/**
 * Makes a function from offsets of a text to places in it; a byte order mark takes no column. Lines are counted when the first
 * place is asked for.
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

/** What some editors put before a text, and no reader counts as part of it. */
export const BYTE_ORDER_MARK = '\uFEFF'

function lineStarts(text: string): number[] {
  const starts = [text.startsWith(BYTE_ORDER_MARK) ? 1 : 0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

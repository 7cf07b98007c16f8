import { MAX_ISSUES } from './yaml-issue.ts'

/** The notation of a document. */
export type Notation = 'json' | 'yaml'

/** The text of one document, and its offset in the file. */
export interface Part {
  readonly text: string
  readonly offset: number
  readonly notation: Notation
}

/**
 * Splits a file into documents as kubectl does: JSON objects while it starts with one, and then at lines of three dashes
 * (apimachinery, util/yaml/decoder.go). Stops after `max` documents. `broken` has the offsets of separators that kubectl
 * rejects, and of text after several JSON objects.
 */
export function splitDocuments(
  text: string,
  max: number,
): { readonly parts: readonly Part[]; readonly broken: readonly number[] } {
  const parts: Part[] = []
  let from = 0
  for (let json = nextJson(text, from); json !== undefined && parts.length <= max; json = nextJson(text, from)) {
    parts.push(json)
    from = json.offset + json.text.length
  }
  const rest = text.slice(from)
  if (parts.length > 0 && !/[^ \t\r\n]/.test(rest)) return { parts, broken: [] }
  // YAML may follow one JSON object, after at most one line break. After several, kubectl accepts only further objects.
  if (parts.length > 1) return { parts, broken: parts.length > max ? [] : [from + rest.search(/\S/)] }
  // kubectl looks ahead four bytes.
  if (parts.length === 1 && rest.length < 4) return { parts, broken: [from + rest.search(/\S/)] }
  if (parts.length === 1) from += /^[ \t\r]*\n?/.exec(rest)?.[0].length ?? 0

  const broken: number[] = []
  let start = from
  for (let line = nextDashes(text, from); line !== -1; line = nextDashes(text, line + 1)) {
    if (parts.length > max || broken.length >= MAX_ISSUES) break
    const end = lineEnd(text, line)
    if (SEPARATOR.test(text.slice(line, end))) {
      parts.push({ text: text.slice(start, line), offset: start, notation: 'yaml' })
      start = end
    } else broken.push(line)
  }
  parts.push({ text: text.slice(start), offset: start, notation: 'yaml' })
  return { parts, broken }
}

const SEPARATOR = /^---[ \t\r]*(?:[ \t]#[^\n]*)?$/

/** Returns the start of the next line that starts with three dashes, from `from` on; -1 if there is none. */
function nextDashes(text: string, from: number): number {
  if (text.startsWith('---', from) && (from === 0 || text[from - 1] === '\n')) return from
  const at = text.indexOf('\n---', from)
  return at === -1 ? -1 : at + 1
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at === -1 ? text.length : at
}

/** Returns the JSON object that follows, after optional white space; undefined if there is none. */
function nextJson(text: string, from: number): Part | undefined {
  const offset = from + text.slice(from).search(/[^ \t\r\n]|$/)
  if (text[offset] !== '{') return undefined
  const end = closingOffset(text, offset)
  if (end === undefined) return undefined
  const object = text.slice(offset, end)
  return isJson(object) ? { text: object, offset, notation: 'json' } : undefined
}

/** Returns the offset after the bracket that closes the one at `offset`, judging by brackets and strings only. */
function closingOffset(text: string, offset: number): number | undefined {
  let isText = false
  let depth = 0
  for (let index = offset; index < text.length; index += 1) {
    const character = text[index]
    if (isText && character === '\\') index += 1
    else if (character === '"') isText = !isText
    else if (!isText && (character === '{' || character === '[')) depth += 1
    else if (!isText && (character === '}' || character === ']')) depth -= 1
    if (depth === 0) return index + 1
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

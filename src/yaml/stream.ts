import { MAX_ISSUES } from './yaml-issue.ts'

/** What a document is written in. */
export type Notation = 'json' | 'yaml'

/** The text of one document, and where it starts in its file. */
export interface Part {
  readonly text: string
  readonly offset: number
  readonly notation: Notation
}

/**
 * Cuts a file into documents where kubectl does: JSON objects as long as it starts with one, and then at lines of three
 * dashes (apimachinery, util/yaml/decoder.go). Stops behind `most` documents. Lists the offsets of what kubectl refuses as
 * a separator, and of what stands behind several JSON objects and is none.
 */
export function cut(
  text: string,
  most: number,
): { readonly parts: readonly Part[]; readonly broken: readonly number[] } {
  const parts: Part[] = []
  let from = 0
  for (let json = nextJson(text, from); json !== undefined && parts.length <= most; json = nextJson(text, from)) {
    parts.push(json)
    from = json.offset + json.text.length
  }
  const rest = text.slice(from)
  if (parts.length > 0 && !/[^ \t\r\n]/.test(rest)) return { parts, broken: [] }
  // One object may be followed by YAML, on the next line at the latest; behind more kubectl takes only further objects.
  if (parts.length > 1) return { parts, broken: parts.length > most ? [] : [from + rest.search(/\S/)] }
  // kubectl looks four bytes ahead for it.
  if (parts.length === 1 && rest.length < 4) return { parts, broken: [from + rest.search(/\S/)] }
  if (parts.length === 1) from += /^[ \t\r]*\n?/.exec(rest)?.[0].length ?? 0

  const broken: number[] = []
  let start = from
  for (let line = nextDashes(text, from); line !== -1; line = nextDashes(text, line + 1)) {
    if (parts.length > most || broken.length >= MAX_ISSUES) break
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

/** The start of the next line, from the start of a line on, that begins with three dashes; -1 where there is none. */
function nextDashes(text: string, from: number): number {
  if (text.startsWith('---', from) && (from === 0 || text[from - 1] === '\n')) return from
  const at = text.indexOf('\n---', from)
  return at === -1 ? -1 : at + 1
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at === -1 ? text.length : at
}

/** The JSON object that comes next, behind white space alone; undefined where none does. */
function nextJson(text: string, from: number): Part | undefined {
  const offset = from + text.slice(from).search(/[^ \t\r\n]|$/)
  if (text[offset] !== '{') return undefined
  const end = closing(text, offset)
  if (end === undefined) return undefined
  const object = text.slice(offset, end)
  return isJson(object) ? { text: object, offset, notation: 'json' } : undefined
}

/** The offset behind the bracket that closes the one at `offset`, as far as brackets and texts go. */
function closing(text: string, offset: number): number | undefined {
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

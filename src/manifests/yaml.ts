import {
  constructFromEvents,
  defineScalarTag,
  EVENT_ID,
  type Event,
  FAILSAFE_SCHEMA,
  getScalarValue,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  YAMLException,
} from 'js-yaml'
import type { Problem } from '../errors.ts'
import type { Json } from '../json.ts'

/** One document of a file, and where to find it. */
export interface YamlDocument {
  readonly value: Json
  /** The line, from 1, on which its content starts. */
  readonly line: number
  /** The lines on which the members of a top-level `items` list start. */
  readonly itemLines: readonly number[]
}

/** Aliases in one document after which it is taken for a bomb. */
const MAX_ALIASES = 1_000

/** Lines of one document to indent before giving up; each costs a parse. */
const MAX_REPAIRS = 500
/** More columns than any real document's indentation. */
const DEEP = 200

const words = (...spellings: string[]) =>
  spellings.flatMap((word) => [word, word[0]?.toUpperCase() + word.slice(1), word.toUpperCase()])
const TRUE = new Set(['y', 'Y', ...words('yes', 'true', 'on')])
const FALSE = new Set(['n', 'N', ...words('no', 'false', 'off')])
const NULL = new Set(['', '~', ...words('null')])
const NUMBER = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/
const NOT_FINITE = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/

/**
 * Plain scalars as kubectl resolves them, which is neither YAML 1.1 nor 1.2: octals as in Go, `yes` and `on` booleans,
 * dates and sexagesimals strings (https://github.com/kubernetes-sigs/yaml, measured with `kubectl annotate --local`).
 */
const KUBECTL_SCHEMA = FAILSAFE_SCHEMA.withTags(
  mergeTag,
  scalar('tag:yaml.org,2002:null', (text) => (NULL.has(text) ? null : NOT_RESOLVED)),
  scalar('tag:yaml.org,2002:bool', (text) => (TRUE.has(text) ? true : FALSE.has(text) ? false : NOT_RESOLVED)),
  scalar('tag:yaml.org,2002:int', (text) => parseInteger(text) ?? NOT_RESOLVED),
  scalar('tag:yaml.org,2002:float', parseFloat64),
)

function scalar(tag: string, resolve: (text: string) => unknown) {
  return defineScalarTag(tag, { implicit: true, resolve, identify: () => false })
}

function parseInteger(text: string): number | bigint | undefined {
  const [, sign, digits = ''] = /^([-+]?)(\d[\w_]*)$/.exec(text) ?? []
  const plain = digits.replaceAll('_', '')
  const literal = /^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain
  if (!/^(0|[1-9]\d*|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(literal)) return undefined
  const value = sign === '-' ? -BigInt(literal) : BigInt(literal)
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return undefined
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function parseFloat64(text: string): unknown {
  if (NOT_FINITE.test(text)) throw new YAMLException(`${text} cannot be written as JSON`)
  const plain = text.startsWith('_') ? text : text.replaceAll('_', '')
  const value = NUMBER.test(plain) ? Number(plain) : Number.NaN
  return Number.isFinite(value) ? value : NOT_RESOLVED
}

/**
 * Reads every document of a file the way kubectl does. Comments and empty documents yield nothing.
 * What cannot be read becomes a problem with its line; it never quotes the file, which may hold a Secret.
 */
export function readYaml(text: string, file: string): { documents: YamlDocument[]; problems: Problem[] } {
  const documents: YamlDocument[] = []
  const problems: Problem[] = []
  for (const part of split(text.replace(/^\uFEFF/, ''))) {
    try {
      const document = readDocument(part.text, part.line)
      if (document !== undefined) documents.push(document)
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error
      const reason = withoutQuotes(error.reason)
      const isTemplate = part.text.includes('{{')
      problems.push({
        class: 'E-PARSE',
        message: isTemplate
          ? `This looks like a template, and no YAML: ${reason}.`
          : `The file cannot be read: ${reason}.`,
        location: { file, line: part.line + (error.mark?.line ?? 0) },
        next: isTemplate ? 'Render it first, or leave it out of `path`.' : 'Correct the file.',
      })
    }
  }
  return { documents, problems }
}

/** What the parser says, without the pieces of the file that it quotes: they may be a password. */
function withoutQuotes(reason: string): string {
  return reason.replaceAll(/".*"|'.*'|!?<.*>|!\S+/gs, '...')
}

/** Cuts a file at the lines that kubectl takes for separators: three dashes and nothing else but blanks or a comment. */
function split(text: string): { text: string; line: number }[] {
  const parts: { text: string; line: number }[] = []
  let from = 0
  const lines = text.split('\n')
  const cut = (to: number) => parts.push({ text: lines.slice(from, to).join('\n'), line: from + 1 })
  lines.forEach((line, index) => {
    if (!/^---\s*(#.*)?$/.test(line)) return
    cut(index)
    from = index + 1
  })
  cut(lines.length)
  return parts
}

function readDocument(given: string, firstLine: number): YamlDocument | undefined {
  const { text, events } = parse(given)
  const values = constructFromEvents(events, { source: text, schema: KUBECTL_SCHEMA, maxAliases: MAX_ALIASES })
  if (values.length > 1) throw new YAMLException('a second document starts without a line `---` before it')
  // The parser's edge: the schema above makes nothing but JSON values.
  const value = values[0] as Json | undefined
  if (value === undefined || value === null) return undefined
  const lineAt = (offset: number) => firstLine + newlines(text, offset)
  const [, root] = events
  return {
    value,
    line: root === undefined ? firstLine : lineAt(startOf(root)),
    itemLines: itemStarts(events, text).map(lineAt),
  }
}

/**
 * Parses a document, and where the parser wants continued brackets or quotes to be indented more deeply, which kubectl
 * does not, indents that line: leading blanks mean nothing there. Returns the events with the text that they point into.
 */
function parse(given: string): { text: string; events: Event[] } {
  let text = given
  for (let repairs = 0; ; repairs += 1) {
    try {
      return { text, events: parseEvents(text, {}) }
    } catch (error) {
      const isRepairable =
        error instanceof YAMLException && error.reason === 'deficient indentation' && repairs < MAX_REPAIRS
      if (!isRepairable || error.mark === undefined) throw error
      const lines = text.split('\n')
      lines[error.mark.line] = ' '.repeat(DEEP) + (lines[error.mark.line] ?? '')
      text = lines.join('\n')
    }
  }
}

/** The offsets at which the members of the root mapping's `items` start. */
function itemStarts(events: readonly Event[], source: string): number[] {
  const starts: number[] = []
  let depth = 0
  let isKey = false
  let inItems = false
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      depth -= 1
      if (depth === 2) inItems = false
    } else {
      if (depth === 3 && inItems) starts.push(startOf(event))
      if (depth === 2) {
        isKey = !isKey
        if (isKey) inItems = event.type === EVENT_ID.SCALAR && getScalarValue(source, event) === 'items'
      }
      if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE)
        depth += 1
    }
  }
  return starts
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : 0
}

function newlines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

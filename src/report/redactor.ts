/**
 * Redacts foreign text: names, file names, and output of git, kubectl and the server. All output passes through it. Secrets
 * are masked before anything is escaped.
 */
export interface Redactor {
  /** Adds texts that must not appear in any output. */
  addSecrets(secrets: Iterable<string>): void
  /**
   * Text for the log, annotations and outputs, without secrets, workflow commands and control characters (except
   * line breaks). The middle of a longer line is cut out, once secrets are masked: half a secret would not be recognised.
   */
  redact(text: string, maxLineCharacters?: number): string
  /** The same as one line of HTML, escaped for Markdown; text in backticks becomes code. */
  html(text: string, maxLineCharacters?: number): string
  /** The same as a label of a Mermaid diagram. */
  label(text: string): string
}

/** Shorter secrets are not masked, because they would mask ordinary words; Fairlead never prints them itself. */
const MIN_SECRET_LENGTH = 6

/** Longer lines are shortened, in characters: the server may print whole objects in its messages. */
const MAX_LINE_CHARACTERS = 4_000

/** Creates a redactor without secrets. */
export function makeRedactor(): Redactor {
  const secrets: SecretIndex = new Map()
  const redact = (text: string, maxLineCharacters = MAX_LINE_CHARACTERS) =>
    defuse(shortenLines(blankSecrets(text, secrets), maxLineCharacters))
  return {
    redact,
    html: (text, maxLineCharacters) =>
      entities(redact(text, maxLineCharacters)).replaceAll(QUOTED, '<code>$1</code>').replaceAll('\n', '<br>'),
    label: (text) => codes(redact(text)),
    addSecrets: (added) => {
      for (const secret of added) {
        const lines = secret.split('\n').map((line) => line.trim())
        for (const form of [secret.trim(), ...lines]) {
          if (form.length < MIN_SECRET_LENGTH) continue
          // Servers and tools quote values in their messages.
          const quoted = JSON.stringify(form).slice(1, -1)
          for (const each of [form, quoted, Buffer.from(form).toString('base64')]) addToIndex(each, secrets)
        }
      }
    },
  }
}

/** Secrets by their first characters, the longest first: a Secret may have thousands of lines, and a log too. */
type SecretIndex = Map<string, string[]>

function addToIndex(secret: string, secrets: SecretIndex): void {
  const start = secret.slice(0, MIN_SECRET_LENGTH)
  const others = secrets.get(start) ?? []
  if (!others.includes(secret))
    secrets.set(
      start,
      [...others, secret].sort((a, b) => b.length - a.length),
    )
}

function blankSecrets(text: string, secrets: SecretIndex): string {
  if (secrets.size === 0) return text
  let clean = ''
  for (let at = 0; at < text.length; ) {
    const secret = secrets.get(text.slice(at, at + MIN_SECRET_LENGTH))?.find((each) => text.startsWith(each, at))
    clean += secret === undefined ? text[at] : '***'
    at += secret?.length ?? 1
  }
  return clean
}

/** Cuts the middle out of lines that are longer than `max` characters. */
function shortenLines(text: string, max: number): string {
  if (text.length <= max) return text
  const end = max / 2
  return text
    .split('\n')
    .map((line) => (line.length <= max ? line : `${line.slice(0, end)} … ${line.slice(-end)}`))
    .join('\n')
}

const ZERO_WIDTH_SPACE = '\u200B'

/**
 * Breaks up workflow commands of the runner: `::` after any white space at the start of a line, and `##[` anywhere
 * (actions/runner, ActionCommand.cs). Control characters and those that turn the direction of text become visible.
 */
function defuse(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, (character) =>
      character === '\n' ? character : visible(character),
    )
    .replaceAll(/^(\s*:):/gm, `$1${ZERO_WIDTH_SPACE}:`)
    .replaceAll('##[', `##${ZERO_WIDTH_SPACE}[`)
}

function visible(character: string): string {
  return character === '\t' ? '  ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const QUOTED = /&#96;((?:(?!&#96;).)+)&#96;/g

function entities(text: string): string {
  return text.replaceAll(/[!-'*+;-@[-`{-~]|:(?=[\w/])/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The maximum length of a label in a diagram, in characters. */
const LONGEST_LABEL = 60

/** Everything but plain words as one of Mermaid's entity codes. */
function codes(text: string): string {
  const short = text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text
  return short.replaceAll(/[^A-Za-z0-9 _./-]/gu, (character) => `#${character.codePointAt(0)};`)
}

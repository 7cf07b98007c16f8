import { isLabel } from '../object/dns-label.ts'
import { accepted, type Parsed, type Refusal, refused } from './parsed.ts'

/** Accepts any text; undefined if it is empty. */
export function parseText(text: string): Parsed<string | undefined> {
  return accepted(text === '' ? undefined : text)
}

/** Returns the lines of a text, trimmed and without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Parses a list, one member per line; `check` returns why a line is refused. */
export function parseLines(
  text: string,
  check: (line: string) => Refusal | undefined = () => undefined,
): Parsed<readonly string[]> {
  const lines = linesOf(text)
  const refusals = lines.flatMap((line) => check(line) ?? [])
  return refusals.length > 0 ? { refusals } : accepted(lines)
}

const TRUE = ['true', 'True', 'TRUE']
const FALSE = ['false', 'False', 'FALSE']

/** Parses a boolean in the six spellings that the toolkit of GitHub Actions accepts. */
export function parseBoolean(text: string): Parsed<boolean> {
  if (TRUE.includes(text)) return accepted(true)
  if (FALSE.includes(text)) return accepted(false)
  return refused(
    `\`${text}\` is not a boolean.`,
    'Write true or false (True, TRUE, False and FALSE are also accepted).',
  )
}

/** Parses an integer from `min` to `max`; undefined if the text is empty. */
export function parseInteger(text: string, min: number, max: number): Parsed<number | undefined> {
  if (text === '') return accepted(undefined)
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return accepted(value)
  return refused(`it must be an integer from ${min} to ${max}.`)
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Parses a duration such as `90s`, `10m` or `1h` to milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const [, digits = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  const value = Number(digits) * (UNITS_MS[unit] ?? 0)
  if (value > 0) return accepted(value)
  return refused(
    `${JSON.stringify(text)} is not a duration.`,
    'Write an integer with a unit, such as `90s`, `10m` or `1h`.',
  )
}

/** Parses the name of a namespace; undefined if the text is empty. */
export function parseNamespace(text: string): Parsed<string | undefined> {
  if (text === '' || isLabel(text)) return parseText(text)
  return refused(
    `${JSON.stringify(text)} is not a namespace name: use at most 63 lower-case letters, digits and \`-\`.`,
  )
}

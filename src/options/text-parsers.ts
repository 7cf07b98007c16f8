import { isLabel } from '../object/dns-label.ts'
import { accepted, type Parsed, type Refusal, refused } from './parsed.ts'

/** A text that is used as it stands; undefined where it is empty. */
export function parseText(text: string): Parsed<string | undefined> {
  return accepted(text === '' ? undefined : text)
}

/** The lines of a text, without surrounding white space and without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** A list, one member a line; `check` says why a line is no member. */
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

/** A boolean in the six spellings that the runner's own toolkit accepts. */
export function parseBoolean(text: string): Parsed<boolean> {
  if (TRUE.includes(text)) return accepted(true)
  if (FALSE.includes(text)) return accepted(false)
  return refused(`\`${text}\` is no boolean.`, 'Write true or false (True, TRUE, False and FALSE are accepted too).')
}

/** A whole number from `min` to `max`; undefined where the text is empty. */
export function parseInteger(text: string, min: number, max: number): Parsed<number | undefined> {
  if (text === '') return accepted(undefined)
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return accepted(value)
  return refused(`it must be a whole number from ${min} to ${max}.`)
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** A duration such as `90s`, `10m` or `1h`, in milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const [, digits = '', unit = ''] = /^(\d+)([smh])$/.exec(text) ?? []
  const value = Number(digits) * (UNITS_MS[unit] ?? 0)
  if (value > 0) return accepted(value)
  return refused(
    `${JSON.stringify(text)} is no duration.`,
    'Write a whole number with its unit, such as `90s`, `10m` or `1h`.',
  )
}

/** The name of a namespace; undefined where the text is empty. */
export function parseNamespace(text: string): Parsed<string | undefined> {
  if (text === '' || isLabel(text)) return parseText(text)
  return refused(`${JSON.stringify(text)} is no namespace name: lower-case letters, digits and \`-\`, at most 63.`)
}

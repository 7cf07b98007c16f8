import { DEFAULT_LIMITS, isSizeLimit, MIB, type ReadLimits } from '../read-limits.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import { linesOf } from './text-parsers.ts'

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: MIB, GiB: 1024 * MIB }

/** Parses the option `read-limits`: lines such as `file-size=10MiB`. Other limits keep their defaults. */
export function parseReadLimits(text: string): Parsed<ReadLimits> {
  const limits: Record<string, number> = {}
  for (const line of linesOf(text)) {
    const [name = '', given = ''] = line.split('=').map((part) => part.trim())
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const known = Object.keys(DEFAULT_LIMITS).join(', ')
      return refused(
        `${JSON.stringify(line)} is not a known limit.`,
        `Write for instance \`file-size=10MiB\`. The limits are ${known}.`,
      )
    }
    const value = parseLimit(name, given)
    if (value === undefined) {
      const form = isSizeLimit(name)
        ? 'a size with a unit (KiB, MiB or GiB), such as `10MiB`'
        : 'a positive integer, without separators'
      return refused(`\`${name}\` must be ${form}, not ${JSON.stringify(line)}.`)
    }
    limits[name] = value
  }
  return accepted({ ...DEFAULT_LIMITS, ...limits })
}

/** Parses the value of one limit; undefined if it is invalid. */
function parseLimit(name: string, text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)\s*([A-Za-z]*)$/.exec(text) ?? []
  const factor = isSizeLimit(name) ? UNITS[unit] : unit === '' ? 1 : undefined
  const value = Number(digits) * (factor ?? 0)
  return value >= 1 && Number.isSafeInteger(value) ? value : undefined
}

/** Lists the limits with their defaults, as `name` (value), for help texts. */
export function describeLimits(): string {
  const format = (name: string, value: number) => (isSizeLimit(name) ? `${value / MIB}MiB` : String(value))
  return Object.entries(DEFAULT_LIMITS)
    .map(([name, value]) => `\`${name}\` (${format(name, value)})`)
    .join(', ')
}

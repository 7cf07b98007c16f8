import { DEFAULT_LIMITS, isSizeLimit, MIB, type ReadLimits } from '../read-limits.ts'
import { accepted, type Parsed, refused } from './parsed.ts'
import { linesOf } from './text-parsers.ts'

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: MIB, GiB: 1024 * MIB }

/** Parses the option `read-limits`: lines such as `file-size=10MiB`; limits that none of them sets keep their defaults. */
export function parseReadLimits(text: string): Parsed<ReadLimits> {
  const limits: Record<string, number> = {}
  for (const line of linesOf(text)) {
    const [name = '', written = ''] = line.split('=').map((part) => part.trim())
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const known = Object.keys(DEFAULT_LIMITS).join(', ')
      return refused(
        `${JSON.stringify(line)} sets no limit.`,
        `Write for instance \`file-size=10MiB\`; there are ${known}.`,
      )
    }
    const value = parseLimit(name, written)
    if (value === undefined) {
      const form = isSizeLimit(name)
        ? 'a size with its unit (KiB, MiB or GiB), such as `10MiB`'
        : 'a whole number from 1, in digits alone'
      return refused(`\`${name}\` must be ${form}, not ${JSON.stringify(line)}.`)
    }
    limits[name] = value
  }
  return accepted({ ...DEFAULT_LIMITS, ...limits })
}

/** The value of one limit; undefined where the text is none. */
function parseLimit(name: string, text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)\s*([A-Za-z]*)$/.exec(text) ?? []
  const factor = isSizeLimit(name) ? UNITS[unit] : unit === '' ? 1 : undefined
  const value = Number(digits) * (factor ?? 0)
  return value >= 1 && Number.isSafeInteger(value) ? value : undefined
}

/** The limits with their defaults, as `name` (value), for help texts. */
export function describeLimits(): string {
  const written = (name: string, value: number) => (isSizeLimit(name) ? `${value / MIB}MiB` : String(value))
  return Object.entries(DEFAULT_LIMITS)
    .map(([name, value]) => `\`${name}\` (${written(name, value)})`)
    .join(', ')
}

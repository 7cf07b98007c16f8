import { accepted, type Parsed, type Refusal } from './parsed.ts'
import { linesOf } from './text-parsers.ts'

/**
 * Parses the option `path`: paths inside the repository, one per line. The values have no leading, trailing or doubled
 * slashes.
 */
export function parsePaths(text: string): Parsed<readonly string[]> {
  const lines = linesOf(text)
  const refusals = lines.filter(leadsOutside).map(refusal)
  return refusals.length > 0 ? { refusals } : accepted([...new Set(lines.map((line) => partsOf(line).join('/')))])
}

function leadsOutside(line: string): boolean {
  return /^[/~]|\\|\p{Cc}/u.test(line) || partsOf(line).includes('..')
}

function partsOf(line: string): string[] {
  return line.split('/').filter((part) => part !== '' && part !== '.')
}

function refusal(line: string): Refusal {
  return { reason: `${JSON.stringify(line)} is not a path inside the repository, such as \`deploy/prod\`.` }
}

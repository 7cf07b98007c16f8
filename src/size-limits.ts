import type { Diagnostic } from './diagnostics.ts'
import { limitPassed, type ReadLimits, sizeText } from './read-limits.ts'

/**
 * Returns the paths of the manifests that are within the limits, by their sizes in bytes, and problems of the others
 * (E-SOURCE).
 */
export function checkSizes(
  sizes: ReadonlyMap<string, number>,
  limits: ReadLimits,
): { readonly paths: ReadonlySet<string>; readonly problems: readonly Diagnostic[] } {
  const tooLarge = [...sizes].filter(([, size]) => size > limits['file-size'])
  const problems = tooLarge.map(([file, size]): Diagnostic => {
    const { allowed, hint } = limitPassed('file-size', limits, size)
    const message = `The file is too large (${sizeText(size)}): ${allowed}.`
    return { code: 'E-SOURCE', reason: 'FileTooLarge', message, location: { file }, hint }
  })
  const rejected = new Set(tooLarge.map(([path]) => path))
  const paths = new Set([...sizes.keys()].filter((path) => !rejected.has(path)))
  const total = [...paths].reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0)
  if (total <= limits['total-size']) return { paths, problems }
  const { allowed, hint } = limitPassed('total-size', limits, total)
  const message = `The manifests are too large in total (${sizeText(total)}): ${allowed}.`
  return { paths: new Set(), problems: [...problems, { code: 'E-SOURCE', reason: 'TotalTooLarge', message, hint }] }
}

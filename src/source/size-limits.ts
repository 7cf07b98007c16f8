import { type Limits, passed, sizeText } from '../read-limits.ts'
import type { Problem } from '../diagnostics.ts'

/** What of some manifests is within bounds, by their sizes in bytes; the rest are problems (E-SOURCE), and stay unread. */
export function withinLimits(
  sizes: ReadonlyMap<string, number>,
  limits: Limits,
): { readonly paths: ReadonlySet<string>; readonly problems: readonly Problem[] } {
  const tooLarge = [...sizes].filter(([, size]) => size > limits['file-size'])
  const problems = tooLarge.map(([file, size]): Problem => {
    const { allowed, next } = passed('file-size', limits, size)
    return { class: 'E-SOURCE', message: `The file has ${sizeText(size)}: ${allowed}.`, location: { file }, next }
  })
  const refused = new Set(tooLarge.map(([path]) => path))
  const paths = new Set([...sizes.keys()].filter((path) => !refused.has(path)))
  const total = [...paths].reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0)
  if (total <= limits['total-size']) return { paths, problems }
  const { allowed, next } = passed('total-size', limits, total)
  const message = `The manifests together have ${sizeText(total)}: ${allowed}.`
  return { paths: new Set(), problems: [...problems, { class: 'E-SOURCE', message, next }] }
}

import { type Limits, passed, sizeText } from '../config/limits.ts'
import type { Problem } from '../errors.ts'
import { isManifestPath } from './tree.ts'

/** What of the files to read is within bounds, by their sizes in bytes; the rest are problems (E-SOURCE), and stay unread. */
export function withinLimits(
  sizes: ReadonlyMap<string, number>,
  limits: Limits,
): { readonly paths: ReadonlySet<string>; readonly problems: readonly Problem[] } {
  const manifests = [...sizes].filter(([path]) => isManifestPath(path))
  const tooLarge = manifests.filter(([, size]) => size > limits['file-size'])
  const { allowed, next } = passed('file-size', limits)
  const problems = tooLarge.map(([file, size]): Problem => {
    return { class: 'E-SOURCE', message: `The file has ${sizeText(size)}: ${allowed}.`, location: { file }, next }
  })
  const total = manifests.reduce((sum, [, size]) => sum + size, 0)
  if (problems.length === 0 && total > limits['total-size']) {
    const bound = passed('total-size', limits)
    const message = `The manifests together have ${sizeText(total)}: ${bound.allowed}.`
    return { paths: new Set(), problems: [{ class: 'E-SOURCE', message, next: bound.next }] }
  }
  const refused = new Set(tooLarge.map(([path]) => path))
  return { paths: new Set([...sizes.keys()].filter((path) => !refused.has(path))), problems }
}

import { createHash } from 'node:crypto'
import { basename } from 'node:path'

/** The Secret that records which objects belong to a set. */
export interface InventoryConfig {
  readonly namespace: string
  readonly name: string
}

/** What identifies a source. */
export type Identified =
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'local'; readonly path: string; readonly workspacePath?: string }

/** The default namespace of inventories. */
export const INVENTORY_NAMESPACE = 'fairlead'

/**
 * The default name of an inventory: the same in every run with the same paths of the same repository and the same namespace. A
 * folder outside the workspace, which may have another path in every run, is identified by its last path segment.
 */
export function defaultName(
  source: Identified,
  own: string,
  paths: readonly string[],
  namespace: string | undefined,
): string {
  const sourceName = nameOfSource(source, own)
  const identity = [sourceName.toLowerCase(), [...paths].sort().join('\n'), namespace ?? ''].join('\n\n')
  const words = [sourceName.split(/[/:]/).at(-1) ?? '', ...[...paths].sort()].join('-').toLowerCase()
  const slug = words.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '')
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 10)
  return [slug.slice(0, MAX_SLUG_LENGTH).replace(/-+$/, '') || 'set', digest].join('-')
}

/** A name of a source that is the same in every run. `own` is the workflow's own repository. */
export function nameOfSource(source: Identified, own: string): string {
  if (source.kind === 'remote') return source.url.replace(/\.git$/, '')
  return `${own}/${source.workspacePath ?? basename(source.path)}`
}

/** The maximum length of the readable part of a name. */
const MAX_SLUG_LENGTH = 40

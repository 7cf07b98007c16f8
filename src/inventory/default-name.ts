import { createHash } from 'node:crypto'
import { basename } from 'node:path'

/** Where it is written down which objects belong to this set: the Secret of that name. */
export interface InventoryConfig {
  readonly namespace: string
  readonly name: string
}

/** What tells one source from another. */
export type Identified =
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'local'; readonly path: string; readonly workspacePath?: string }

/** The namespace of inventories where nothing else is said. */
export const INVENTORY_NAMESPACE = 'fairlead'

/**
 * The name of an inventory that nobody has named: the same for every run over the same paths of the same repository in the
 * same namespace. A folder outside of the workspace, whose place may be another one in every run, goes by its last part.
 */
export function defaultName(
  source: Identified,
  own: string,
  paths: readonly string[],
  namespace: string | undefined,
): string {
  const where = nameOfSource(source, own)
  const identity = [where.toLowerCase(), [...paths].sort().join('\n'), namespace ?? ''].join('\n\n')
  const words = [where.split(/[/:]/).at(-1) ?? '', ...[...paths].sort()].join('-').toLowerCase()
  const slug = words.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '')
  const digest = createHash('sha256').update(identity).digest('hex').slice(0, 10)
  return [slug.slice(0, MAX_NAME_LENGTH).replace(/-+$/, '') || 'set', digest].join('-')
}

/** What a source is called in every run, wherever its folder lies. `own` is the workflow's own repository. */
export function nameOfSource(source: Identified, own: string): string {
  if (source.kind === 'remote') return source.url.replace(/\.git$/, '')
  return `${own}/${source.workspacePath ?? basename(source.path)}`
}

/** Characters of the part that people read. */
const MAX_NAME_LENGTH = 40

import type { TreeEntry } from './source-tree.ts'

/** A tree by its paths. */
export interface PathIndex {
  readonly entries: ReadonlyMap<string, TreeEntry>
  /** The paths of each folder's members, in byte order; the root is the empty string. */
  readonly folders: ReadonlyMap<string, readonly string[]>
}

/** Where a path leads once all links on the way are followed. */
export type LinkDestination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'submodule'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  /** It leads nowhere: `link` is the last link that was followed, if any. */
  | { readonly kind: 'nowhere'; readonly reason: string; readonly link: TreeEntry | undefined }

/** As many links in a row as Linux follows. */
const MAX_LINKS = 40

/** Arranges the entries of a tree, which must be in byte order. */
export function indexPaths(entries: readonly TreeEntry[]): PathIndex {
  const folders = new Map<string, string[]>([['', []]])
  const addTo = (path: string) => {
    const parent = parentFolder(path)
    const members = folders.get(parent)
    if (members !== undefined) members.push(path)
    else {
      folders.set(parent, [path])
      addTo(parent)
    }
  }
  for (const { path } of entries) addTo(path)
  return { entries: new Map(entries.map((entry) => [entry.path, entry])), folders }
}

/**
 * Follows a path through the links of a tree, as an operating system would, but never out of the tree: what stands outside
 * is not looked at.
 */
export function followLinks({ entries, folders }: PathIndex, path: string): LinkDestination {
  const at: string[] = []
  const rest = path.split('/').reverse()
  let link: TreeEntry | undefined
  for (let links = 0; ; ) {
    const part = rest.pop()
    if (part === undefined) break
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (at.pop() === undefined) return unresolved('leads out of the repository', link)
      continue
    }
    at.push(part)
    const entry = entries.get(at.join('/'))
    if (entry === undefined && !folders.has(at.join('/'))) return unresolved('leads to nothing', link)
    if (entry !== undefined && entry.kind !== 'link' && rest.some((more) => more !== '' && more !== '.')) {
      return unresolved('leads through what is no folder', link)
    }
    if (entry?.kind !== 'link') continue
    link = entry
    links += 1
    if (links > MAX_LINKS) return unresolved('leads in a circle, or through too many links', link)
    const { target } = entry
    if (target === undefined) return unresolved('cannot be followed, because the checkout is partial', link)
    if (target.startsWith('/')) return unresolved('leads out of the repository', link)
    at.pop()
    rest.push(...target.split('/').reverse())
  }
  const destination = at.join('/')
  const kind = entries.get(destination)?.kind
  if (kind === 'file' || kind === 'submodule') return { kind, path: destination }
  return { kind: 'folder', path: destination }
}

function unresolved(reason: string, link: TreeEntry | undefined): LinkDestination {
  return { kind: 'nowhere', reason, link }
}

/** The path of the folder that a path is in; the root is the empty string. */
export function parentFolder(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

import type { TreeEntry } from './source-tree.ts'

/** A tree, indexed by path. */
export interface PathIndex {
  readonly entries: ReadonlyMap<string, TreeEntry>
  /** The paths of the members of each folder, in byte order; the root is the empty string. */
  readonly folders: ReadonlyMap<string, readonly string[]>
}

/** Where a path leads after following all links. */
export type LinkDestination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'submodule'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }
  /**
   * It cannot be resolved, for a reason that continues "a link that ..."; `link` is the last link that was followed, if
   * any.
   */
  | { readonly kind: 'nowhere'; readonly reason: string; readonly link: TreeEntry | undefined }

/** The maximum number of links in one path, as on Linux. */
const MAX_LINKS = 40

/** Indexes the entries of a tree, which must be in byte order. */
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
 * Follows a path through the links of a tree, as an operating system would, but never out of the tree: nothing outside is
 * read.
 */
export function followLinks({ entries, folders }: PathIndex, path: string): LinkDestination {
  const current: string[] = []
  const rest = path.split('/').reverse()
  let link: TreeEntry | undefined
  for (let links = 0; ; ) {
    const part = rest.pop()
    if (part === undefined) break
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (current.pop() === undefined) return unresolved('points outside the repository', link)
      continue
    }
    current.push(part)
    const entry = entries.get(current.join('/'))
    if (entry === undefined && !folders.has(current.join('/'))) return unresolved('points to nothing', link)
    if (entry !== undefined && entry.kind !== 'link' && rest.some((more) => more !== '' && more !== '.')) {
      return unresolved('goes through something that is not a folder', link)
    }
    if (entry?.kind !== 'link') continue
    link = entry
    links += 1
    if (links > MAX_LINKS) return unresolved('is part of a cycle or of too long a chain of links', link)
    const { target } = entry
    if (target === undefined) return unresolved('cannot be followed because the checkout is partial', link)
    if (target.startsWith('/')) return unresolved('points outside the repository', link)
    current.pop()
    rest.push(...target.split('/').reverse())
  }
  const destination = current.join('/')
  const kind = entries.get(destination)?.kind
  if (kind === 'file' || kind === 'submodule') return { kind, path: destination }
  return { kind: 'folder', path: destination }
}

function unresolved(reason: string, link: TreeEntry | undefined): LinkDestination {
  return { kind: 'nowhere', reason, link }
}

/** Returns the path of the folder that contains a path; the root is the empty string. */
export function parentFolder(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

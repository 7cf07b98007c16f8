import type { Diagnostic } from '../diagnostics.ts'
import type { CommitSha } from './commit-sha.ts'

/** A file, link or submodule of a tree. */
export interface TreeEntry {
  /** Path from the root, with `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'link' | 'submodule'
  /** What a link points to, as it is written; undefined where that is not at hand. */
  readonly target?: string
}

/** Whether a path is that of a manifest, by its ending. */
export function isManifestPath(path: string): boolean {
  return /\.(ya?ml|json)$/.test(path)
}

/** Orders paths by their bytes, as git does. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** What a file is read for: as a manifest, within the limits, or because a build may need it. */
export type FilePurpose = 'manifest' | 'build'

/** Says which of a tree's files to read, and what for. */
export type SelectFiles = (entries: readonly TreeEntry[]) => ReadonlyMap<string, FilePurpose>

/** Files at one commit, or of one folder: everything a run reads, read once. */
export interface SourceTree {
  /** The commit that the whole run is about; undefined for a folder that is no repository. */
  readonly commit: CommitSha | undefined
  /** The branch that it is of, as a full name or `HEAD`; undefined where it is of none, or that is not known. */
  readonly branch?: string | undefined
  /** Every file, link and submodule of the tree. */
  readonly entries: readonly TreeEntry[]
  /** The contents of the files that were asked for, by their path from the root. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Files that were asked for and are too large to be read. */
  readonly problems: readonly Diagnostic[]
}

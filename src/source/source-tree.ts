import type { Diagnostic } from '../diagnostics.ts'
import type { CommitSha } from './commit-sha.ts'

/** A file, link or submodule of a tree. */
export interface TreeEntry {
  /** The path from the root, with `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'link' | 'submodule'
  /** The target of a link, unresolved; undefined if a partial checkout lacks it. */
  readonly target?: string
}

/** Whether a path has the extension of a manifest. */
export function isManifestPath(path: string): boolean {
  return /\.(ya?ml|json)$/.test(path)
}

/** Compares paths by their bytes, as git does. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Why a file is read: as a manifest, subject to the limits, or because a build may need it. */
export type FilePurpose = 'manifest' | 'build'

/** Returns the paths of a tree's files to read, and why. */
export type SelectFiles = (entries: readonly TreeEntry[]) => ReadonlyMap<string, FilePurpose>

/** The files of one commit or folder. */
export interface SourceTree {
  /** Undefined for a folder that is not a repository. */
  readonly commit: CommitSha | undefined
  /** The branch of the commit, as a full name or `HEAD`; undefined if there is none or it is not known. */
  readonly branch?: string | undefined
  /** Every file, link and submodule of the tree. */
  readonly entries: readonly TreeEntry[]
  /** The contents of the selected files, by path from the root. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Selected files that are too large to be read. */
  readonly problems: readonly Diagnostic[]
}

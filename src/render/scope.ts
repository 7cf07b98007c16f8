/** Which files to read, by patterns as in a .gitignore, relative to the root of the repository. */
export interface Patterns {
  /** Only files that match these; all files if there are none. */
  readonly include: readonly string[]
  /** No files that match these. */
  readonly exclude: readonly string[]
}

/** Which part of a repository to read: paths from its root (the empty string), and patterns. */
export interface Scope extends Patterns {
  /** Without leading or trailing slashes. */
  readonly paths: readonly string[]
  /** Whether a path may be missing, because everything in it may be deleted. */
  readonly mayBeMissing?: boolean
}

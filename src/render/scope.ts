/** Which files of a repository to read, by patterns as in a .gitignore, from the repository's root. */
export interface Patterns {
  /** Only files that these match; all where there are none. */
  readonly include: readonly string[]
  /** Not the files that these match. */
  readonly exclude: readonly string[]
}

/** Which part of a repository to read: paths from its root, which is the empty string, and what to leave out of them. */
export interface Scope extends Patterns {
  /** Without leading or trailing slashes. */
  readonly paths: readonly string[]
  /** Whether a path may be missing, because deleting everything in it is intended. */
  readonly mayBeMissing?: boolean
}

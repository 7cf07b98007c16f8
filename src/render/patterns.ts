import ignore from 'ignore'
import type { Patterns } from './scope.ts'

/** Matches paths against the patterns of a scope. */
export interface PathMatcher {
  /** Why a path is left out, as the end of a sentence; undefined if it is not. */
  leftOut(path: string): string | undefined
  /** Whether `exclude` matches a path; that of a folder ends in a slash. */
  isExcluded(path: string): boolean
  /** The patterns that match none of the paths. */
  unused(paths: readonly string[]): string[]
}

/** Compiles patterns. They match as in a .gitignore, and case-sensitively. */
export function makePathMatcher({ include, exclude }: Patterns): PathMatcher {
  const included = compile(include)
  const excluded = compile(exclude)
  return {
    leftOut: (path) => {
      if (include.length > 0 && !included.ignores(path)) return 'no include pattern matches it'
      return excluded.ignores(path) ? 'an exclude pattern matches it' : undefined
    },
    isExcluded: (path) => excluded.ignores(path),
    unused: (paths) =>
      [...include, ...exclude].filter((pattern) => {
        const single = compile([pattern])
        return !/^[#!]/.test(pattern) && !paths.some((path) => single.ignores(path))
      }),
  }
}

function compile(patterns: readonly string[]): ReturnType<typeof ignore> {
  // Patterns may start with `./`, which git would take for a folder called `.`.
  return ignore({ ignorecase: false }).add(patterns.map((pattern) => pattern.replace(/^(!?)\.\//, '$1/')))
}

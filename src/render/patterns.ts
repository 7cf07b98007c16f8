import ignore from 'ignore'
import type { Patterns } from './scope.ts'

/** What patterns say of paths. */
export interface PathMatcher {
  /** Why a path is left out, as a sentence's end; undefined where it is not. */
  leftOut(path: string): string | undefined
  /** Whether `exclude` names a path; that of a folder ends in a slash. */
  isExcluded(path: string): boolean
  /** The patterns that match none of the paths: most likely misspelt. */
  unused(paths: readonly string[]): string[]
}

/** Compiles patterns. They match as git's do, letter case included. */
export function makePathMatcher({ include, exclude }: Patterns): PathMatcher {
  const included = compile(include)
  const excluded = compile(exclude)
  return {
    leftOut: (path) => {
      if (include.length > 0 && !included.ignores(path)) return '`include` does not name it'
      return excluded.ignores(path) ? '`exclude` names it' : undefined
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
  // Paths of inputs may begin with `./`; to git that would be a folder called `.`.
  return ignore({ ignorecase: false }).add(patterns.map((pattern) => pattern.replace(/^(!?)\.\//, '$1/')))
}

import { isCommitSha } from '../source/commit-sha.ts'
import type { Ref } from '../source/source-config.ts'
import { accepted, type Parsed, refused } from './parsed.ts'

/**
 * Parses the option `ref`: a branch, a tag or a full commit id; undefined where it is empty. Refuses what git would not
 * accept as a ref name (https://git-scm.com/docs/git-check-ref-format) or could read as an option.
 */
export function parseRef(text: string): Parsed<Ref | undefined> {
  if (text === '') return accepted(undefined)
  const lower = text.toLowerCase()
  if (isCommitSha(lower)) return accepted({ kind: 'commit', sha: lower })
  const isMalformed =
    text.startsWith('-') ||
    text.startsWith('/') ||
    /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|(\.lock|[./])(\/|$)|(^|\/)\./u.test(text) ||
    text === '@'
  if (isMalformed) return refused('it is neither a branch or tag name nor a full commit id of 40 digits.')
  return accepted({ kind: 'name', name: text })
}

import { isCommitSha } from '../source/commit-sha.ts'
import type { Ref } from '../source/source-config.ts'
import { accepted, type Parsed, refused } from './parsed.ts'

/**
 * Parses the option `ref`: a branch, a tag or a full commit id; undefined if it is empty. Refuses texts that git does not
 * accept as a ref name (https://git-scm.com/docs/git-check-ref-format) or could take for an option.
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
  if (isMalformed) return refused('it is neither the name of a branch or tag nor a full commit id of 40 digits.')
  return accepted({ kind: 'name', name: text })
}

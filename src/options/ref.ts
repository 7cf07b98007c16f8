import { isCommitSha } from '../source/commit-sha.ts'
import type { Ref } from '../source/source-config.ts'

/**
 * Parses the option `ref`: a branch, a tag or a full commit id. Returns a string, the reason, for anything that git
 * would not accept as a ref name (https://git-scm.com/docs/git-check-ref-format) or that could be read as an option.
 */
export function parseRef(text: string): Ref | string {
  const lower = text.toLowerCase()
  if (isCommitSha(lower)) return { kind: 'commit', sha: lower }
  const malformed =
    text.startsWith('-') ||
    text.startsWith('/') ||
    /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|(\.lock|[./])(\/|$)|(^|\/)\./u.test(text) ||
    text === '@'
  if (malformed) return 'it is neither a branch or tag name nor a full commit id of 40 digits.'
  return { kind: 'name', name: text }
}

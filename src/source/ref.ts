/** A full commit id: 40 hexadecimal digits, or 64 in a SHA-256 repository; always lower case. */
export type CommitSha = string & { readonly __brand: 'CommitSha' }

/** Which commit of a repository a run is about, as the workflow says it. */
export type Ref =
  | { readonly kind: 'commit'; readonly sha: CommitSha }
  /** A branch or tag by its short name, or a full `refs/...` name. */
  | { readonly kind: 'name'; readonly name: string }
  /** The branch that the remote calls its default. */
  | { readonly kind: 'default' }

/** Whether `text` is a full commit id. Abbreviations are not: they may come to mean another commit. */
export function isCommitSha(text: string): text is CommitSha {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/**
 * Parses the `ref` input: a branch, a tag or a full commit id. Returns a string, the reason, for anything that git
 * would not accept as a ref name (https://git-scm.com/docs/git-check-ref-format) or that could be read as an option.
 */
export function parseRef(input: string): Ref | string {
  const lower = input.toLowerCase()
  if (isCommitSha(lower)) return { kind: 'commit', sha: lower }
  const malformed =
    input.startsWith('-') ||
    input.startsWith('/') ||
    /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|(\.lock|[./])(\/|$)|(^|\/)\./u.test(input) ||
    input === '@'
  if (malformed) return 'it is neither a branch or tag name nor a full commit id of 40 digits.'
  return { kind: 'name', name: input }
}

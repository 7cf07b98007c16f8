/** A full commit id: 40 hexadecimal digits, or 64 in a SHA-256 repository, in lower case. */
export type CommitSha = string & { readonly __brand: 'CommitSha' }

/** Whether a text is a full commit id. Abbreviations are not: they may become ambiguous. */
export function isCommitSha(text: string): text is CommitSha {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

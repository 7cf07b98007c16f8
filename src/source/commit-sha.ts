/** A full commit id: 40 hexadecimal digits, or 64 in a SHA-256 repository; always lower case. */
export type CommitSha = string & { readonly __brand: 'CommitSha' }

/** Whether `text` is a full commit id. Abbreviations are not: they may come to mean another commit. */
export function isCommitSha(text: string): text is CommitSha {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

import { createHash } from 'node:crypto'

/** Returns the first 16 bytes of a text's SHA-256 digest as base64url: for telling texts apart, not against forgery. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

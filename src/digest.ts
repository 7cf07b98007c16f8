import { createHash } from 'node:crypto'

/** The first 16 bytes of a text's SHA-256 digest, as base64url: enough to tell texts apart that nobody forges. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

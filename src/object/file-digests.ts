import { createHash } from 'node:crypto'

/** Packs the names of files into base64, as a few bytes of each digest. */
export function digestFiles(files: Iterable<string>): string {
  const digests = [...new Set(files)].map((file) =>
    createHash('sha256')
      .update(file)
      .digest('hex')
      .slice(0, 2 * DIGEST_BYTES),
  )
  return Buffer.from(digests.sort().join(''), 'hex').toString('base64')
}

/** The number of bytes kept of each digest. */
const DIGEST_BYTES = 4

/** Returns the files whose names are among packed ones. */
export function knownFiles(packed: string, files: readonly string[]): string[] {
  const known = new Set(digestsIn(packed))
  return files.filter((file) => digestsIn(digestFiles([file])).every((digest) => known.has(digest)))
}

/** Merges two packs. */
export function mergeFileDigests(a: string, b: string): string {
  const digests = [...new Set([...digestsIn(a), ...digestsIn(b)])].sort()
  return Buffer.from(digests.join(''), 'hex').toString('base64')
}

function digestsIn(packed: string): string[] {
  return (
    Buffer.from(packed, 'base64')
      .toString('hex')
      .match(new RegExp(`.{${2 * DIGEST_BYTES}}`, 'g')) ?? []
  )
}

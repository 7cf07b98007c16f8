import { createHash } from 'node:crypto'

/** Packs the names of files into base64: a few bytes of each digest are enough to recognise a name. */
export function digestFiles(files: Iterable<string>): string {
  const digests = [...new Set(files)].map((file) =>
    createHash('sha256')
      .update(file)
      .digest('hex')
      .slice(0, 2 * DIGEST_BYTES),
  )
  return Buffer.from(digests.sort().join(''), 'hex').toString('base64')
}

/** Bytes that are kept of each digest. */
const DIGEST_BYTES = 4

/** The files whose names are among packed ones. */
export function knownFiles(packed: string, files: readonly string[]): string[] {
  const known = new Set(digestsIn(packed))
  return files.filter((file) => digestsIn(digestFiles([file])).every((digest) => known.has(digest)))
}

/** The names of two packs in one. */
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

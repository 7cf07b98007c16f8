import { isUtf8 } from 'node:buffer'
import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { placesIn } from '../yaml/place.ts'

/** Returns the text of a manifest file, or the problem if it is not a text to read (E-SOURCE, E-PARSE). */
export function decodeFile(file: string, bytes: Buffer): string | Diagnostic {
  const text = bytes.toString('utf8')
  if (text.startsWith('version https://git-lfs.github.com/')) {
    const message = 'The file is a Git LFS pointer, and its content is not in the commit.'
    const hint = 'Commit manifests as plain files: remove them from .gitattributes and add them again.'
    return { code: 'E-SOURCE', reason: 'GitLfsPointer', message, location: { file }, hint }
  }
  if (bytes.subarray(0, GIT_CRYPT_HEADER.length).equals(GIT_CRYPT_HEADER)) {
    return {
      code: 'E-SOURCE',
      reason: 'GitCryptEncrypted',
      message: 'The file is encrypted with git-crypt.',
      location: { file },
      hint: hint`Decrypt it in an earlier step into a folder and set ${option('repository')} to that folder, or exclude it with ${option('exclude')}.`,
    }
  }
  const invalidOffset = firstInvalidByte(text, bytes)
  if (invalidOffset !== undefined) {
    const isUtf16 = /^(\xFF\xFE|\xFE\xFF|.\0|\0.)/s.test(bytes.toString('latin1', 0, 2))
    const message = `The file is not valid UTF-8${isUtf16 ? ' (it looks like UTF-16)' : ''}: the byte at offset ${invalidOffset} is invalid.`
    const { line } = placesIn(bytes.toString('latin1', 0, invalidOffset))(invalidOffset)
    return { code: 'E-PARSE', reason: 'NotUtf8', message, location: { file, line }, hint: 'Save it as UTF-8.' }
  }
  const conflict = findMergeConflict(text)
  if (conflict === undefined) return text
  const message = 'The file contains an unresolved merge conflict.'
  const location = { file, ...placesIn(text)(conflict) }
  return { code: 'E-PARSE', reason: 'MergeConflict', message, location, hint: 'Resolve it and commit the result.' }
}

const GIT_CRYPT_HEADER = Buffer.from('\0GITCRYPT\0')

/** Returns the offset of git's first conflict marker, if the other two follow. */
function findMergeConflict(text: string): number | undefined {
  const ours = /^<{7} /m.exec(text)?.index
  if (ours === undefined) return undefined
  const rest = text.slice(ours)
  const separator = rest.search(/^={7}\r?$/m)
  return separator !== -1 && /^>{7} /m.test(rest.slice(separator)) ? ours : undefined
}

/** Returns the offset of the first byte that is not part of a UTF-8 character; undefined if there is none. */
function firstInvalidByte(text: string, bytes: Buffer): number | undefined {
  if (isUtf8(bytes)) return undefined
  const reencoded = Buffer.from(text)
  const difference = bytes.findIndex((byte, index) => byte !== reencoded[index])
  // The replacement character may start with the same bytes as what it replaces.
  let offset = difference === -1 ? bytes.length : difference
  while (offset > 0 && !isUtf8(bytes.subarray(0, offset))) offset -= 1
  return offset
}

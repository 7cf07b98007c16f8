import { isUtf8 } from 'node:buffer'
import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { placesIn } from '../yaml/place.ts'

/** The text of a manifest file, or why its bytes are none that may be read as one. */
export function decodeFile(file: string, bytes: Buffer): string | Diagnostic {
  const text = bytes.toString('utf8')
  if (text.startsWith('version https://git-lfs.github.com/')) {
    const message = 'The file is a pointer to git LFS, and its content is not in the commit.'
    const hint = 'Commit manifests as plain files: remove them from .gitattributes and add them again.'
    return { code: 'E-SOURCE', message, location: { file }, hint }
  }
  if (bytes.subarray(0, GIT_CRYPT.length).equals(GIT_CRYPT)) {
    return {
      code: 'E-SOURCE',
      message: 'The file is encrypted with git-crypt.',
      location: { file },
      hint: hint`Unlock it in an earlier step into a folder that is given as ${option('repository')}, or leave it out with ${option('exclude')}.`,
    }
  }
  const wrong = firstWrongByte(text, bytes)
  if (wrong !== undefined) {
    const isUtf16 = /^(\xFF\xFE|\xFE\xFF|.\0|\0.)/s.test(bytes.toString('latin1', 0, 2))
    const message = `The file is not UTF-8 text${isUtf16 ? ', but looks like UTF-16' : ''}: the byte at offset ${wrong} is wrong.`
    const { line } = placesIn(bytes.toString('latin1', 0, wrong))(wrong)
    return { code: 'E-PARSE', message, location: { file, line }, hint: 'Save it as UTF-8.' }
  }
  const conflict = conflictIn(text)
  if (conflict === undefined) return text
  const message = 'The file holds a merge conflict that nobody has resolved.'
  const location = { file, ...placesIn(text)(conflict) }
  return { code: 'E-PARSE', message, location, hint: 'Resolve it, and commit the result.' }
}

const GIT_CRYPT = Buffer.from('\0GITCRYPT\0')

/** Where the first of the marks stands that git leaves in a file: ours, a line between, theirs. */
function conflictIn(text: string): number | undefined {
  const ours = /^<{7} /m.exec(text)?.index
  if (ours === undefined) return undefined
  const rest = text.slice(ours)
  const between = rest.search(/^={7}\r?$/m)
  return between !== -1 && /^>{7} /m.test(rest.slice(between)) ? ours : undefined
}

/** The offset of the first byte that is no part of a UTF-8 character; undefined where all are. */
function firstWrongByte(text: string, bytes: Buffer): number | undefined {
  if (isUtf8(bytes)) return undefined
  const again = Buffer.from(text)
  const differs = bytes.findIndex((byte, index) => byte !== again[index])
  // What stands for a wrong character may begin like it.
  let wrong = differs === -1 ? bytes.length : differs
  while (wrong > 0 && !isUtf8(bytes.subarray(0, wrong))) wrong -= 1
  return wrong
}

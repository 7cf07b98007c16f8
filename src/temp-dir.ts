import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The longest path of a socket that Linux and macOS both accept, in bytes, less the name of the longest file in here. */
const MAX_FOLDER_BYTES = 103 - '/api.sock'.length

/** Makes the private folder of a run, readable by this user only; in the system's own where `parent` is too deep for sockets. */
export function makeTempDir(parent: string): string {
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'fairlead-'))
  if (Buffer.byteLength(folder) <= MAX_FOLDER_BYTES) return folder
  rmSync(folder, { recursive: true })
  return mkdtempSync(join(tmpdir(), 'fairlead-'))
}

/** Removes the private folder of a run; nothing happens where it is gone already. */
export function removeTempDir(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

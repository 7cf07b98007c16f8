import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The longest path of a socket that Linux and macOS both accept, in bytes, minus the longest file name in the folder.
 */
const MAX_FOLDER_BYTES = 103 - '/api.sock'.length

/**
 * Creates the private folder of a run, readable by this user only; in the system's folder if `parent` is too deep for
 * sockets.
 */
export function makeTempDir(parent: string): string {
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'fairlead-'))
  if (Buffer.byteLength(folder) <= MAX_FOLDER_BYTES) return folder
  rmSync(folder, { recursive: true })
  return mkdtempSync(join(tmpdir(), 'fairlead-'))
}

/** Deletes the private folder of a run, if it exists. */
export function removeTempDir(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

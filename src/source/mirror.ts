import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../errors.ts'

/** A holder touches its lock this often, in milliseconds ... */
const HEARTBEAT = 5_000
/** ... and is taken for dead when it has not for this long. */
const STALE = 60_000
/** How long to wait for another job that reads the same mirror, in milliseconds. */
const PATIENCE = 10 * 60_000

/** The folder of a repository's mirror below `mirrors`: named by the URL's hash, since a URL is no file name. */
export function mirrorPath(mirrors: string, url: string): string {
  return join(mirrors, createHash('sha256').update(url).digest('hex').slice(0, 24))
}

/**
 * Runs `work` while no other job on this machine uses the mirror at `path`. The lock is a folder beside it, whose
 * creation is atomic on every file system; one that its holder no longer touches is moved away and taken over.
 */
export async function whileLocked<T>(
  path: string,
  signal: AbortSignal,
  log: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${path}.lock`
  await mkdir(join(path, '..'), { recursive: true })
  const deadline = Date.now() + PATIENCE
  for (let waiting = false; !(await take(lock)); waiting = true) {
    if (!waiting) log('Waiting for another job that uses the same mirror ...')
    if (Date.now() > deadline) {
      throw new Failure({
        class: 'E-SOURCE',
        message: `Another job has held the mirror ${path} for ten minutes.`,
        next: 'If no such job runs, remove the folder with the same name and the ending `.lock`.',
      })
    }
    await sleep(500, undefined, { signal })
  }
  const heartbeat = setInterval(() => utimes(lock, new Date(), new Date()).catch(() => {}), HEARTBEAT)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    await rm(lock, { recursive: true, force: true })
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const age = await stat(lock).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    )
    if (age > STALE) {
      // Of several that find it stale, one wins the rename; all of them then compete for a new lock.
      const grave = `${lock}.${process.pid}.${Date.now()}`
      await rename(lock, grave).then(
        () => rm(grave, { recursive: true, force: true }),
        () => {},
      )
    }
    return false
  }
}

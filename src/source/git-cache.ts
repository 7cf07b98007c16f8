import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { SourceEvent } from './source-event.ts'

/** A holder touches its lock this often, in milliseconds ... */
const HEARTBEAT_MS = 5_000
/** ... and is taken for dead when it has not for this long. */
const STALE_LOCK_MS = 60_000
/** How long to wait for another job that uses the same cache, in milliseconds. */
const LOCK_TIMEOUT_MS = 10 * 60_000

/** The folder of a repository's bare clone below `cacheDir`: named by the URL's hash, since a URL is no file name. */
export function cachePath(cacheDir: string, url: string): string {
  return join(cacheDir, createHash('sha256').update(url).digest('hex').slice(0, 24))
}

/**
 * Runs `work` while no other job on this machine uses the cache at `path`. The lock is a folder beside it, whose
 * creation is atomic on every file system, with its holder's name in it; one that its holder no longer touches is taken over.
 */
export async function withCacheLock<T>(
  path: string,
  signal: AbortSignal,
  emit: (event: SourceEvent) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = `${path}.lock`
  const holder = join(lock, randomUUID())
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  for (let waiting = false; !(await take(lock, holder)); waiting = true) {
    if (!waiting) emit({ type: 'cache-wait' })
    if (Date.now() > deadline) {
      throw new Failure({
        code: 'E-SOURCE',
        message: `Another job has held the git cache ${path} for ten minutes.`,
        hint: 'If no such job runs, remove the folder with the same name and the ending `.lock`.',
      })
    }
    await sleep(500, undefined, { signal })
  }
  const heartbeat = setInterval(() => utimes(lock, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    // Fails, as it should, on a lock that somebody has taken over because we were taken for dead.
    await rm(holder).then(
      () => rmdir(lock),
      () => {},
    )
  }
}

/** Tries to take the lock; false where another job holds it. Raises E-SOURCE where the folder cannot be used at all. */
async function take(lock: string, holder: string): Promise<boolean> {
  try {
    await mkdir(join(lock, '..'), { recursive: true })
    await mkdir(lock)
    await writeFile(holder, '')
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EEXIST') {
      throw new Failure({
        code: 'E-SOURCE',
        message: `The folder for the git cache cannot be used: ${error instanceof Error ? error.message : error}`,
        hint: hint`Give the runner’s user the right to write there, or leave out ${option('git-cache')}.`,
      })
    }
    if (await isStale(lock)) await removeStaleLock(lock)
    return false
  }
}

async function isStale(lock: string): Promise<boolean> {
  return stat(lock).then(
    (found) => Date.now() - found.mtimeMs > STALE_LOCK_MS,
    () => false,
  )
}

/** Moves a dead job's lock away. Two may try at once: what was moved is put back if it turns out to be alive. */
async function removeStaleLock(lock: string): Promise<void> {
  const grave = `${lock}.${randomUUID()}`
  const moved = await rename(lock, grave).then(
    () => true,
    () => false,
  )
  if (!moved) return
  if (await isStale(grave)) await rm(grave, { recursive: true, force: true })
  else await rename(grave, lock).catch(() => {})
}

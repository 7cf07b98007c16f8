import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { SourceEvent } from './source-event.ts'

/** How often the holder of a lock updates its time stamp, in milliseconds. */
const HEARTBEAT_MS = 5_000
/** The age of the time stamp at which a lock counts as abandoned, in milliseconds. */
const STALE_LOCK_MS = 60_000
/** How long to wait for another job that holds the lock, in milliseconds. */
const LOCK_TIMEOUT_MS = 10 * 60_000

/** Returns the folder of a repository's bare clone in `cacheDir`; its name is a digest of the URL. */
export function cachePath(cacheDir: string, url: string): string {
  return join(cacheDir, createHash('sha256').update(url).digest('hex').slice(0, 24))
}

/**
 * Runs `work` while no other job on this machine uses the cache at `path`. The lock is a folder beside it, because creating
 * a folder is atomic on every file system; the file in it names the holder. An abandoned lock is taken over. Raises
 * E-SOURCE if the folder cannot be used, or another job does not release it.
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
  for (let isWaiting = false; !(await tryLock(lock, holder)); isWaiting = true) {
    if (!isWaiting) emit({ type: 'cache-wait' })
    if (Date.now() > deadline) {
      throw new Failure({
        code: 'E-SOURCE',
        reason: 'CacheLocked',
        message: `Another job has used the git cache ${path} for ten minutes.`,
        hint: 'If no such job is running, delete the folder of the same name with the extension `.lock`.',
      })
    }
    await sleep(500, undefined, { signal })
  }
  const heartbeat = setInterval(() => utimes(lock, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    // Fails if another job has taken over the lock, which must then stay.
    await rm(holder).then(
      () => rmdir(lock),
      () => {},
    )
  }
}

/** Tries to acquire the lock; false if another job holds it. Raises E-SOURCE if the folder cannot be used. */
async function tryLock(lock: string, holder: string): Promise<boolean> {
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
        reason: 'CacheNotWritable',
        message: `Cannot use the folder of the git cache: ${error instanceof Error ? error.message : error}`,
        hint: hint`Allow the user of the runner to write there, or remove ${option('git-cache')}.`,
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

/** Moves an abandoned lock away. Two jobs may try at once, so a lock that is not abandoned is moved back. */
async function removeStaleLock(lock: string): Promise<void> {
  const moved = `${lock}.${randomUUID()}`
  const isMoved = await rename(lock, moved).then(
    () => true,
    () => false,
  )
  if (!isMoved) return
  if (await isStale(moved)) await rm(moved, { recursive: true, force: true })
  else await rename(moved, lock).catch(() => {})
}

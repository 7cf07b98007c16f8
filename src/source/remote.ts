import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, Failure } from '../diagnostics.ts'
import { type GitOptions, openGit, type SourceOptions } from './git.ts'
import { cachePath, withCacheLock } from './git-cache.ts'
import { fetchCommit, fetchMissing, initialise, listTree, readEntries, withTargets } from './git-repository.ts'
import type { RemoteConfig } from './source-config.ts'
import type { SelectFiles, SourceTree } from './source-tree.ts'

/** The pauses before each retry when the network fails, in milliseconds. */
const RETRY_PAUSES_MS = [1_000, 4_000]

/**
 * Fetches one commit of a repository on a git server and reads the files that `select` returns. Raises E-GIT-AUTH,
 * E-GIT-REF, E-GIT-NET (after retries) and E-SOURCE.
 */
export async function readRemote(
  config: RemoteConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  if (config.cacheDir === undefined) return clone(config, join(options.tempDir, 'repository'), select, options)
  const cache = cachePath(config.cacheDir, config.url)
  return withCacheLock(cache, options.signal, options.emit, async () => {
    const existed = isRepository(cache)
    try {
      return await clone(config, cache, select, options)
    } catch (error) {
      // Errors of credentials, ref and network are not the cache's. Any other one may mean that it is damaged.
      if (!existed || !hasOnlyCode(error, 'E-SOURCE')) throw error
      options.emit({ type: 'cache-discarded' })
      await rm(cache, { recursive: true, force: true })
      return clone(config, cache, select, options)
    }
  })
}

async function clone(
  config: RemoteConfig,
  folder: string,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  const exists = isRepository(folder)
  await mkdir(folder, { recursive: true })
  const git = openGit(folder, options, config)
  options.emit({ type: 'clone', url: config.url, isUpdate: exists })
  if (!exists) await initialise(git, config.url)
  // Few ssh servers accept the variable that requests protocol version 2, so everything is fetched at once over ssh.
  const fetched = await withNetworkRetry(
    () => fetchCommit(git, config.ref, config.transport === 'https', options.emit),
    options,
  )
  const { commit, branch = config.branch } = fetched
  const listed = await listTree(git, commit)
  const links = listed.filter(({ kind }) => kind === 'link')
  if (links.length > 0) await withNetworkRetry(() => fetchMissing(git, commit, links), options)
  const entries = await withTargets(git, listed)
  const selected = select(entries)
  const selectedEntries = entries.filter((entry) => selected.has(entry.path))
  await withNetworkRetry(() => fetchMissing(git, commit, selectedEntries), options)
  return { commit, branch, entries, ...(await readEntries(git, selectedEntries, selected, options.limits)) }
}

/** Whether a folder contains a bare clone. */
export function isRepository(folder: string): boolean {
  return existsSync(join(folder, 'HEAD'))
}

function hasOnlyCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof Failure && error.problems.every((problem) => problem.code === code)
}

/** Runs `work`, and runs it again if it fails with E-GIT-NET. */
export async function withNetworkRetry<T>(work: () => Promise<T>, { signal, emit }: GitOptions): Promise<T> {
  for (const pause of RETRY_PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!hasOnlyCode(error, 'E-GIT-NET')) throw error
      emit({
        type: 'network-retry',
        message: error instanceof Error ? error.message : String(error),
        seconds: pause / 1000,
      })
      await sleep(pause, undefined, { signal })
    }
  }
  return work()
}

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

/** Pauses between attempts when the network fails, in milliseconds; their number is the number of retries. */
const RETRY_PAUSES_MS = [1_000, 4_000]

/**
 * Fetches one commit of a repository on a git server and reads the files that `select` names. Raises E-GIT-AUTH, E-GIT-REF
 * and E-GIT-NET (the network is tried again, the others are not) and E-SOURCE.
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
      // Login, ref and network say nothing about the cache; what else git stumbles over may be its damage.
      if (!existed || !isOnly(error, 'E-SOURCE')) throw error
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
  // An ssh server seldom passes on the variable that asks for protocol version 2, so there everything comes at once.
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
  const wanted = entries.filter((entry) => selected.has(entry.path))
  await withNetworkRetry(() => fetchMissing(git, commit, wanted), options)
  return { commit, branch, entries, ...(await readEntries(git, wanted, selected, options.limits)) }
}

/** Whether there is a repository of ours in a folder. */
export function isRepository(folder: string): boolean {
  return existsSync(join(folder, 'HEAD'))
}

function isOnly(error: unknown, code: ErrorCode): boolean {
  return error instanceof Failure && error.problems.every((problem) => problem.code === code)
}

/** Does what asks the remote for something, and does it again where the network fails. */
export async function withNetworkRetry<T>(work: () => Promise<T>, { signal, emit }: GitOptions): Promise<T> {
  for (const pause of RETRY_PAUSES_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isOnly(error, 'E-GIT-NET')) throw error
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

import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RemoteConfig, SourceConfig } from '../config/config.ts'
import type { CommitSha } from '../config/ref.ts'
import { Failure } from '../errors.ts'
import { isRepositoryRoot, readCheckout } from './checkout.ts'
import { readFolder } from './folder.ts'
import { checkGit, type Git, type GitOptions, openGit } from './git.ts'
import { mirrorPath, whileLocked } from './mirror.ts'
import { fetchMissing, initialise, listTree, pull, readObjects, type TreeEntry } from './repository.ts'

/** Files at one commit, or of one folder: everything a run reads, read once. */
export interface Source {
  /** The commit that the whole run is about; undefined for a folder that is no repository. */
  readonly commit: CommitSha | undefined
  /** Every file, link and submodule of the tree. */
  readonly entries: readonly TreeEntry[]
  /** The contents of the files that were asked for, by their path from the root. */
  readonly files: ReadonlyMap<string, Buffer>
}

/** Says which of a tree's files to read. May raise, when the tree holds what must not be there. */
export type Select = (entries: readonly TreeEntry[]) => ReadonlySet<string>

/** Pauses between attempts when the network fails, in milliseconds; their number is the number of retries. */
const BACK_OFF = [1_000, 4_000]

/**
 * Brings the repository here and reads the files that `select` names, all at one commit.
 * Raises E-GIT-AUTH, E-GIT-REF and E-GIT-NET (the network is tried again, the others are not) and E-SOURCE.
 */
export async function fetchSource(config: SourceConfig, select: Select, options: GitOptions): Promise<Source> {
  await checkGit(options.environment)
  if (config.kind === 'remote') return fetchRemote(config, select, options)
  const isFolder = await stat(config.path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) {
    throw new Failure({
      class: 'E-SOURCE',
      message: `There is no folder ${config.path}.`,
      next: 'Check `repository`, or the step that should have made the folder.',
    })
  }
  return (await isRepositoryRoot(config.path))
    ? readCheckout(config, select, options)
    : readFolder(config, select, options.log)
}

async function fetchRemote(config: RemoteConfig, select: Select, options: GitOptions): Promise<Source> {
  if (config.mirrors === undefined) return clone(config, join(options.scratch, 'repository'), select, options)
  const mirror = mirrorPath(config.mirrors, config.url)
  return whileLocked(mirror, options.signal, options.log, async () => {
    const existed = await stat(join(mirror, 'HEAD')).then(
      () => true,
      () => false,
    )
    try {
      return await clone(config, mirror, select, options)
    } catch (error) {
      // Login, ref and network say nothing about the mirror; what else git stumbles over may be its own damage.
      if (!existed || !(error instanceof Failure) || error.problems.some((problem) => problem.class !== 'E-SOURCE'))
        throw error
      options.log('The mirror cannot be read: throwing it away and cloning afresh.')
      await rm(mirror, { recursive: true, force: true })
      return clone(config, mirror, select, options)
    }
  })
}

async function clone(config: RemoteConfig, folder: string, select: Select, options: GitOptions): Promise<Source> {
  const exists = await stat(join(folder, 'HEAD')).then(
    () => true,
    () => false,
  )
  await mkdir(folder, { recursive: true })
  const git = openGit(folder, options, config)
  options.log(`${exists ? 'Pulling' : 'Cloning'} ${config.url}`)
  if (!exists) await initialise(git, config.url)
  // An ssh server seldom passes on the variable that asks for protocol version 2, so there everything comes at once.
  const commit = await patiently(() => pull(git, config.ref, config.transport === 'https', options.log), options)
  const entries = await listTree(git, commit)
  const selected = select(entries)
  const wanted = entries.filter((entry) => selected.has(entry.path))
  await patiently(
    () =>
      fetchMissing(
        git,
        commit,
        wanted.map((entry) => entry.oid),
      ),
    options,
  )
  return { commit, entries, files: await readEntries(git, wanted) }
}

async function patiently<T>(work: () => Promise<T>, { signal, log }: GitOptions): Promise<T> {
  for (const pause of BACK_OFF) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Failure) || error.problems.some((problem) => problem.class !== 'E-GIT-NET')) throw error
      log(`${error.message}\nTrying again in ${pause / 1000} s ...`)
      await sleep(pause, undefined, { signal })
    }
  }
  return work()
}

/** Reads the contents of a commit's files, by path. */
export async function readEntries(git: Git, entries: readonly TreeEntry[]): Promise<Map<string, Buffer>> {
  const contents = await readObjects(
    git,
    entries.map((entry) => entry.oid),
  )
  return new Map(entries.map((entry) => [entry.path, contents.get(entry.oid) ?? Buffer.alloc(0)]))
}

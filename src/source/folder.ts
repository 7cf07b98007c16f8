import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { checkSizes } from '../size-limits.ts'
import type { SourceOptions } from './git.ts'
import type { LocalConfig } from './source-config.ts'
import { compareBytes, type SelectFiles, type SourceTree, type TreeEntry } from './source-tree.ts'

/** Reads a folder that is not a repository as it is on disk. Raises E-INPUT for a `ref`, and E-SOURCE. */
export async function readFolder(
  config: LocalConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  if (config.ref.kind !== 'default') {
    throw new Failure({
      code: 'E-INPUT',
      reason: 'RefWithoutRepository',
      message: `A ref is set, but ${config.path} is not the root of a repository and has no commits.`,
      hint: hint`Remove ${option('ref')}, or set ${option('repository')} to the root of a checkout and ${option('path')} to the folder inside it.`,
    })
  }
  options.emit({ type: 'folder-read', path: config.path })
  const root = await realpath(config.path)
  const entries = await listFolder(root)
  const selected = select(entries)
  const sizes = new Map<string, number>()
  for (const [path, purpose] of selected) {
    if (purpose === 'manifest') sizes.set(path, (await readOrFail(path, stat(join(root, path)))).size)
  }
  const { paths, problems } = checkSizes(sizes, options.limits)
  const files = new Map<string, Buffer>()
  for (const [path, purpose] of selected) {
    if (purpose === 'build' || paths.has(path)) files.set(path, await readOrFail(path, readFile(join(root, path))))
  }
  return { commit: undefined, entries, files, problems }
}

/**
 * Lists every file and link below `root`, in byte order of the paths, without `.git` and special files such as pipes.
 */
export async function listFolder(root: string): Promise<TreeEntry[]> {
  const found = await readOrFail('', readdir(root, { recursive: true, withFileTypes: true }))
  const prefix = root.endsWith(sep) ? root : `${root}${sep}`
  const entries = found
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry): TreeEntry => {
      const path = join(entry.parentPath, entry.name).slice(prefix.length)
      return { path, kind: entry.isSymbolicLink() ? 'link' : 'file' }
    })
    .filter((entry) => !entry.path.split(sep).includes('.git'))
    .sort((a, b) => compareBytes(a.path, b.path))
  return Promise.all(
    entries.map(async (entry) =>
      entry.kind === 'link' ? { ...entry, target: await readlink(join(root, entry.path)) } : entry,
    ),
  )
}

/** Turns an error of the operating system into an E-SOURCE failure at `path`. */
async function readOrFail<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const message = `Cannot read the ${path === '' ? 'folder' : 'file'}: ${error instanceof Error ? error.message : error}.`
    const hint =
      'Allow the user of the runner to read it. An earlier step in a container may have created it as another user.'
    throw new Failure({
      code: 'E-SOURCE',
      reason: 'Unreadable',
      message,
      ...(path === '' ? {} : { location: { file: path } }),
      hint,
    })
  }
}

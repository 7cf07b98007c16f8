import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { checkSizes } from '../manifests/size-limits.ts'
import type { SourceOptions } from './git.ts'
import type { LocalConfig } from './source-config.ts'
import { compareBytes, type SelectFiles, type SourceTree, type TreeEntry } from './source-tree.ts'

/** Reads a folder that an earlier step made, as it lies on disk. */
export async function readFolder(
  config: LocalConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  if (config.ref.kind !== 'default') {
    throw new Failure({
      code: 'E-INPUT',
      message: `Input \`ref\`: ${config.path} is not the root of a repository, so it has no commits to choose from.`,
      hint: hint`Remove ${option('ref')}, or point ${option('repository')} at the root of a checkout and ${option('path')} at the folder inside it.`,
    })
  }
  options.emit({ type: 'folder-read', path: config.path })
  const root = await realpath(config.path)
  const entries = await listFolder(root)
  const selected = select(entries)
  const sizes = new Map<string, number>()
  for (const [path, purpose] of selected) {
    if (purpose === 'manifest') sizes.set(path, (await readable(path, stat(join(root, path)))).size)
  }
  const { paths, problems } = checkSizes(sizes, options.limits)
  const files = new Map<string, Buffer>()
  for (const [path, purpose] of selected) {
    if (purpose === 'build' || paths.has(path)) files.set(path, await readable(path, readFile(join(root, path))))
  }
  return { commit: undefined, entries, files, problems }
}

/** Every file and link below `root`, in byte order of the paths; a repository's own `.git` and pipes are passed over. */
export async function listFolder(root: string): Promise<TreeEntry[]> {
  const found = await readable('', readdir(root, { recursive: true, withFileTypes: true }))
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

/** What the operating system says of a file or folder that it does not let us read, as a problem (E-SOURCE). */
async function readable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const message = `It cannot be read: ${error instanceof Error ? error.message : error}.`
    const hint =
      'Give the runner’s user the right to read it: an earlier step in a container may have made it for another one.'
    throw new Failure({ code: 'E-SOURCE', message, ...(path === '' ? {} : { location: { file: path } }), hint })
  }
}

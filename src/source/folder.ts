import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { LocalConfig } from '../config/config.ts'
import { Failure } from '../errors.ts'
import type { SourceOptions } from './git.ts'
import { withinLimits } from './size.ts'
import { byBytes, type Select, type Source, type TreeEntry } from './tree.ts'

/** Reads a folder that an earlier step made, as it lies on disk. */
export async function readFolder(config: LocalConfig, select: Select, options: SourceOptions): Promise<Source> {
  if (config.ref.kind !== 'default') {
    throw new Failure({
      class: 'E-INPUT',
      message: `Input \`ref\`: ${config.path} is not the root of a repository, so it has no commits to choose from.`,
      next: 'Remove `ref`, or point `repository` at the root of a checkout and `path` at the folder inside it.',
    })
  }
  options.log(`Reading the folder ${config.path} as it lies on disk.`)
  const root = await realpath(config.path)
  const entries = await listFolder(root)
  const sizes = new Map<string, number>()
  for (const path of select(entries)) sizes.set(path, (await stat(join(root, path))).size)
  const { paths, problems } = withinLimits(sizes, options.limits)
  const files = new Map<string, Buffer>()
  for (const path of paths) files.set(path, await readFile(join(root, path)))
  return { commit: undefined, entries, files, problems }
}

/** Every file and link below `root`, in byte order of the paths; a repository's own `.git` and pipes are passed over. */
export async function listFolder(root: string): Promise<TreeEntry[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const prefix = root.endsWith(sep) ? root : `${root}${sep}`
  const entries = found
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry): TreeEntry => {
      const path = join(entry.parentPath, entry.name).slice(prefix.length)
      return { path, kind: entry.isSymbolicLink() ? 'link' : 'file' }
    })
    .filter((entry) => !entry.path.split(sep).includes('.git'))
    .sort((a, b) => byBytes(a.path, b.path))
  return Promise.all(
    entries.map(async (entry) =>
      entry.kind === 'link' ? { ...entry, target: await readlink(join(root, entry.path)) } : entry,
    ),
  )
}

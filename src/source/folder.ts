import { readdir, readFile, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { LocalConfig } from '../config/config.ts'
import { Failure } from '../errors.ts'
import { byBytes, type Select, type Source, type TreeEntry } from './tree.ts'

/** Reads a folder that an earlier step made, as it lies on disk. */
export async function readFolder(config: LocalConfig, select: Select, log: (line: string) => void): Promise<Source> {
  if (config.ref.kind !== 'default') {
    throw new Failure({
      class: 'E-INPUT',
      message: `Input \`ref\`: ${config.path} is not the root of a repository, so it has no commits to choose from.`,
      next: 'Remove `ref`, or point `repository` at the root of a checkout and `path` at the folder inside it.',
    })
  }
  log(`Reading the folder ${config.path} as it lies on disk.`)
  const root = await realpath(config.path)
  const entries = await listFolder(root)
  const files = new Map<string, Buffer>()
  for (const path of select(entries)) files.set(path, await readFile(join(root, path)))
  return { commit: undefined, entries, files }
}

/** Every file and link below `root`, in byte order of the paths; a repository's own `.git` is passed over. */
export async function listFolder(root: string): Promise<TreeEntry[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const prefix = root.endsWith(sep) ? root : `${root}${sep}`
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry): TreeEntry => {
      const path = join(entry.parentPath, entry.name).slice(prefix.length)
      return { path, kind: entry.isSymbolicLink() ? 'link' : 'file' }
    })
    .filter((entry) => !entry.path.split(sep).includes('.git'))
    .sort((a, b) => byBytes(a.path, b.path))
}

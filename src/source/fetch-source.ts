import { stat } from 'node:fs/promises'
import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { isRepositoryRoot, readCheckout } from './checkout.ts'
import { readFolder } from './folder.ts'
import { checkGit, type SourceOptions } from './git.ts'
import { readRemote } from './remote.ts'
import type { SourceConfig } from './source-config.ts'
import type { SelectFiles, SourceTree } from './source-tree.ts'

/**
 * Fetches the repository if necessary and reads the files that `select` returns, all at one commit.
 * Raises E-INPUT, E-SOURCE, E-GIT-AUTH, E-GIT-REF or E-GIT-NET.
 */
export async function fetchSource(
  config: SourceConfig,
  select: SelectFiles,
  options: SourceOptions,
): Promise<SourceTree> {
  if (config.kind === 'remote') {
    await checkGit(options.environment)
    return readRemote(config, select, options)
  }
  const isFolder = await stat(config.path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) {
    throw new Failure({
      code: 'E-SOURCE',
      reason: 'FolderNotFound',
      message: `The folder ${config.path} does not exist.`,
      hint: hint`Check ${option('repository')}, or the step that should create the folder.`,
    })
  }
  if (!(await isRepositoryRoot(config.path))) return readFolder(config, select, options)
  await checkGit(options.environment)
  return readCheckout(config, select, options)
}

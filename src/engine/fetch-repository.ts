import { type DiscoverFiles, filesToRead } from '../render/file-discovery.ts'
import { fetchSource } from '../source/fetch-source.ts'
import { gitEnvironment } from '../source/git-environment.ts'
import type { FilePurpose, SelectFiles, SourceTree } from '../source/source-tree.ts'
import type { Config } from './config.ts'
import type { RunContext } from './run-context.ts'

/** Fetches the files that the sets' discoveries ask for, all at one commit. Raises E-INPUT, E-SOURCE, E-GIT-AUTH, E-GIT-REF or E-GIT-NET. */
export async function fetchRepository(
  { source: origin, readLimits: limits, environment }: Config,
  discoveries: readonly DiscoverFiles[],
  { emit, tempDir, signal }: RunContext,
): Promise<SourceTree> {
  if (origin.kind === 'remote') emit({ type: 'repository', repository: origin.url })
  else emit({ type: 'repository', repository: origin.path, workspacePath: origin.workspacePath })
  const options = { environment: gitEnvironment(environment), limits, tempDir, signal, emit }
  const source = await fetchSource(origin, selectFor(discoveries), options)
  emit({ type: 'commit', commit: source.commit })
  return source
}

/** Selects what any of the sets reads; a file that one of them reads as a manifest is bounded as one. */
function selectFor(discoveries: readonly DiscoverFiles[]): SelectFiles {
  return (entries) => {
    const selected = new Map<string, FilePurpose>()
    for (const discover of discoveries) {
      for (const [path, purpose] of filesToRead(discover(entries), entries))
        if (selected.get(path) !== 'manifest') selected.set(path, purpose)
    }
    return selected
  }
}

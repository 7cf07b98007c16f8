import { type DiscoverFiles, filesToRead } from '../render/file-discovery.ts'
import { fetchSource } from '../source/fetch-source.ts'
import { gitEnvironment } from '../source/git-environment.ts'
import type { FilePurpose, SelectFiles, SourceTree } from '../source/source-tree.ts'
import type { Config } from './config.ts'
import type { RunContext } from './run-context.ts'

/** Fetches the files that the sets need, all at one commit. Raises E-INPUT, E-SOURCE, E-GIT-AUTH, E-GIT-REF or E-GIT-NET. */
export async function fetchRepository(
  { source: sourceConfig, readLimits: limits, environment }: Config,
  discoveries: readonly DiscoverFiles[],
  { emit, tempDir, signal }: RunContext,
): Promise<SourceTree> {
  if (sourceConfig.kind === 'remote') emit({ type: 'repository', repository: sourceConfig.url })
  else emit({ type: 'repository', repository: sourceConfig.path, workspacePath: sourceConfig.workspacePath })
  const options = { environment: gitEnvironment(environment), limits, tempDir, signal, emit }
  const source = await fetchSource(sourceConfig, selectFor(discoveries), options)
  emit({ type: 'commit', commit: source.commit })
  return source
}

/** Selects the files that any of the sets reads. If one of them reads a file as a manifest, its read limits are those of manifests. */
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

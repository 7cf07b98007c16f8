import { Failure, throwIfAny } from '../diagnostics.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import { readAll, secretValues } from '../manifests/read-manifests.ts'
import type { Manifest } from '../object/manifest.ts'
import type { ReadLimits } from '../read-limits.ts'
import { discoverFiles } from '../render/file-discovery.ts'
import { buildKustomizations, generatedSecrets } from '../render/kustomize.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { warn } from './events.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'

/** The objects that the repository asks for. */
export interface ManifestSet {
  readonly manifests: readonly Manifest[]
  /** Files below the paths of the set that hold no manifest. */
  readonly skippedFiles: readonly string[]
}

/** Reads and renders the manifests of a set. Raises every problem of every file together, and E-GUARD where there is no object. */
export async function readManifestSet(
  source: SourceTree,
  { scope, policy }: SetConfig,
  { kubectl, limits }: { readonly kubectl: Kubectl; readonly limits: ReadLimits },
  { emit, addSecrets, tempDir, signal }: SetContext,
): Promise<ManifestSet> {
  const discovery = discoverFiles(source.entries, scope)
  const { files, kustomizations } = discovery
  if (kustomizations.length > 0) addSecrets(generatedSecrets(source.files, limits))
  const built = await buildKustomizations(kustomizations, source, { kubectl, limits, tempDir, signal })
  const reading = await readAll(files, source.files, built.builds, limits)
  addSecrets(secretValues(reading.manifests))
  const skipped = [...discovery.skipped, ...reading.skipped]
  emit({ type: 'manifests-read', objects: reading.manifests.length, skipped })
  warn([...discovery.warnings, ...reading.warnings], emit)
  throwIfAny([discovery, source, built, reading].flatMap(({ problems }) => problems))
  if (reading.manifests.length === 0 && !(policy.prune.isOn && policy.prune.mayEmpty)) throw noObjects(scope.paths)
  return { manifests: reading.manifests, skippedFiles: skipped.map(({ location }) => location.file) }
}

function noObjects(paths: readonly string[]): Failure {
  const where = paths.map((path) => `\`${path || '.'}\``).join(', ')
  return new Failure({
    code: 'E-GUARD',
    reason: 'NoObjects',
    message: `There is nothing to apply: no Kubernetes object under ${where}.`,
    hint: 'Check `path`, `include`, `exclude` and `ref`; the summary lists the skipped files and why. To delete all objects of the set, set `prune: true` and `prune-allow: empty-set`.',
  })
}

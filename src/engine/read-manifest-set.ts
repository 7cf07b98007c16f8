import { Failure, throwIfAny } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import { readAllManifests } from '../manifests/read-manifests.ts'
import type { Manifest } from '../object/manifest.ts'
import { secretValues } from '../object/secret.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { DiscoverFiles } from '../render/file-discovery.ts'
import { renderSet } from '../render/render-set.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { warn } from './events.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'

/** The manifests of a set. */
export interface ManifestSet {
  readonly manifests: readonly Manifest[]
  /** Files below the paths of the set that hold no manifest. */
  readonly skippedFiles: readonly string[]
}

/** What reading a set needs beside its configuration. */
export interface ManifestSetOptions {
  readonly source: SourceTree
  readonly discover: DiscoverFiles
  readonly kubectl: Kubectl
  readonly limits: ReadLimits
}

/** Renders and reads the manifests of a set. Raises all errors of all files together, and E-GUARD if there is no object. */
export async function readManifestSet(
  { scope, policy }: SetConfig,
  { source, discover, kubectl, limits }: ManifestSetOptions,
  { emit, addSecrets, tempDir, signal }: SetContext,
): Promise<ManifestSet> {
  const options = { kubectl, limits, tempDir, signal, addSecrets }
  const rendered = await renderSet(source, discover(source.entries), options)
  const reading = await readAllManifests(rendered.files, limits)
  addSecrets(secretValues(reading.manifests))
  const skipped = [...rendered.skipped, ...reading.skipped]
  emit({ type: 'manifests-read', objects: reading.manifests.length, skipped })
  warn([...rendered.warnings, ...reading.warnings], emit)
  throwIfAny([...rendered.problems, ...reading.problems])
  if (reading.manifests.length === 0 && !(policy.prune.isOn && policy.prune.mayEmpty)) throw noObjects(scope.paths)
  return { manifests: reading.manifests, skippedFiles: skipped.map(({ location }) => location.file) }
}

function noObjects(paths: readonly string[]): Failure {
  const where = paths.map((path) => `\`${path || '.'}\``).join(', ')
  return new Failure({
    code: 'E-GUARD',
    reason: 'NoObjects',
    message: `There is nothing to apply: no Kubernetes object under ${where}.`,
    hint: hint`Check ${option('path')}, ${option('include')}, ${option('exclude')} and ${option('ref')}; the summary lists the skipped files and why. To delete all objects of the set, set ${option('prune', 'true')} and ${option('prune-allow', 'empty-set')}.`,
  })
}

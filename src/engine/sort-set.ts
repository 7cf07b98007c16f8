import { type ExternalDependencies, findExternalDependencies } from '../apply/external-dependencies.ts'
import { throwIfAny } from '../diagnostics.ts'
import { type ApplyOrder, sortForApply } from '../graph/apply-order.ts'
import { fingerprintScope } from '../inventory/scope-fingerprint.ts'
import { addSetLabel } from '../inventory/set-label.ts'
import type { Cluster } from '../kube/cluster.ts'
import { requireDiscovered } from '../kube/discovery.ts'
import { stampHooks } from '../object/annotations/hooks.ts'
import { digestFiles } from '../object/file-digests.ts'
import type { Inventory } from '../object/inventory.ts'
import { apiVersionOf } from '../object/manifest.ts'
import { resolveScope } from '../object/resolved-manifest.ts'
import { foldStringData } from '../object/secret.ts'
import type { PlanInput } from '../plan/plan.ts'
import type { Config } from './config.ts'
import { warn } from './events.ts'
import type { ManifestSet } from './read-manifest-set.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'

/** A set in the order of apply. */
export interface SortedSet {
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  /** The scope fingerprint of the set, and the files that its objects come from. */
  readonly chosenBy: Pick<PlanInput, 'selection' | 'files' | 'skippedFiles'>
}

/** Resolves the namespace and API path of each manifest, and sorts the set. Raises E-DISCOVERY, E-DUP, E-OBJECT or E-ORDER. */
export async function sortSet(
  { manifests, skippedFiles }: ManifestSet,
  { scope }: SetConfig,
  inventory: Inventory,
  cluster: Cluster,
  { source, ownRepository: own }: Config,
  { emit }: SetContext,
): Promise<SortedSet> {
  requireDiscovered(manifests.map(apiVersionOf), cluster.discovery)
  const resolved = resolveScope(manifests, cluster.discovery.kinds, cluster.namespace)
  throwIfAny(resolved.problems)
  const members = addSetLabel(stampHooks(resolved.manifests.map(foldStringData)), inventory)
  throwIfAny(members.problems)
  const { warnings, problems, ...order } = sortForApply(members.manifests)
  warn(warnings, emit)
  throwIfAny(problems)
  emit({ type: 'sorted', order })
  const external = await findExternalDependencies(order, cluster)
  throwIfAny(external.problems)
  const selection = fingerprintScope({ source, own, scope, namespace: cluster.namespace })
  const files = digestFiles(manifests.map(({ location }) => location.file))
  const { externalDependencies } = external
  return { order, externalDependencies, chosenBy: { selection, files, skippedFiles } }
}

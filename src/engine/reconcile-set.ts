import { type ApplyResult, asPlanned } from '../apply/apply-result.ts'
import { throwIfAny } from '../diagnostics.ts'
import type { Json } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { Kubectl } from '../kube/kubectl.ts'
import { SET_LABEL } from '../object/inventory.ts'
import { type ObjectId, objectKey } from '../object/object-id.ts'
import { secretValues } from '../object/secret.ts'
import type { DiscoverFiles } from '../render/file-discovery.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { openStatusReader } from '../wait/status-reader.ts'
import type { Config } from './config.ts'
import { decidePlan } from './decide-plan.ts'
import { inPhase } from './events.ts'
import { execute } from './execute.ts'
import type { Execution, PlannedSet } from './execution.ts'
import { loadInventory, type PreviousState } from './load-inventory.ts'
import { isUpToDate } from './next-state.ts'
import { observe } from './observe.ts'
import { readManifestSet } from './read-manifest-set.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'
import { sortSet } from './sort-set.ts'
import { waitForSet } from './wait-ready.ts'

/** What reconciling a set needs beside its configuration. */
export interface SetInput {
  readonly config: Config
  readonly source: SourceTree
  readonly kubectl: Kubectl
  /** Resolves once the cluster is connected. */
  readonly cluster: () => Promise<Cluster>
  readonly discover: DiscoverFiles
  /** The state that the last run left, which is being loaded. */
  readonly previous: Promise<PreviousState>
}

/**
 * Reconciles one set: reads its manifests, sorts them, observes the cluster, and makes a plan. In apply mode it executes a plan
 * with changes under the lock of the set, and waits until everything is ready. Raises a `Failure` with the errors that stopped
 * it, or that remain at its end.
 */
export async function reconcileSet(
  set: SetConfig,
  { config, source, kubectl, cluster: connect, discover, previous: loading }: SetInput,
  context: SetContext,
): Promise<void> {
  const { emit, addSecrets } = context
  const { readLimits: limits } = config
  const manifests = await inPhase('read', emit, () =>
    readManifestSet(set, { source, discover, kubectl, limits }, context),
  )
  const cluster = await connect()
  const previous = await loading
  const sorted = await inPhase('sort', emit, () =>
    sortSet(manifests, set, previous.inventory, cluster, config, context),
  )
  const { sequence } = sorted.order

  const makePlan = async (state: PreviousState): Promise<PlannedSet> => {
    const input = await inPhase('observe', emit, () => observe(sorted, state, cluster, set, context))
    const plan = await inPhase('plan', emit, () => decidePlan(input, cluster, set, { source, limits }, context))
    return { stored: state.stored, input, plan }
  }
  const planned = await makePlan(previous)

  const addLiveSecrets = (secrets: readonly Json[]) => addSecrets(secretValues(sequence, secrets))
  const statusReader = openStatusReader(cluster.api, [SET_LABEL, previous.inventory.id], addLiveSecrets)
  const execution: Execution = { ...sorted, set, config, source, cluster, statusReader, ...context }
  const { mode, wait } = set.policy
  if (mode === 'plan' || isUpToDate(planned, execution)) reportUnchanged(planned, set, context)
  else {
    const done = await execute(planned, () => loadInventory(cluster, set).then(makePlan), execution)
    if (wait && !done.isReady) await waitForSet(done, execution)
    return
  }
  if (mode === 'apply' && wait) await waitForSet(observedState(planned), execution)
}

/** Reports the results of a run that writes nothing. Raises the errors about objects that should be pruned and are not. */
function reportUnchanged({ plan }: PlannedSet, { policy }: SetConfig, { emit }: SetContext): void {
  if (policy.mode === 'apply') {
    emit({ type: 'results', results: plan.objects.map(asPlanned) })
    emit({ type: 'prune-results', decisions: plan.pruneDecisions })
  }
  throwIfAny(plan.pruneErrors)
}

/** What to wait for after a run that writes nothing. Objects that were ready when they were observed are not polled again. */
function observedState({ plan, input, stored }: PlannedSet): {
  readonly results: readonly Pick<ApplyResult, 'manifest' | 'result'>[]
  readonly fence: number
  readonly wasReady: (id: ObjectId) => boolean
} {
  const wasReady = (id: ObjectId) => input.members.get(objectKey(id))?.isReady === true
  return { results: plan.objects, fence: stored.record?.fence ?? 0, wasReady }
}

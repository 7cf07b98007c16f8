import { timestamp } from '../clock.ts'
import type { Warning } from '../diagnostics.ts'
import { shortDigest } from '../digest.ts'
import { dryRunAll } from '../dry-run/dry-run.ts'
import { serialise, stringField } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import { openAutoscalers } from '../kube/readers/autoscalers.ts'
import { SET_LABEL } from '../object/inventory.ts'
import type { InventoryRecord } from '../object/inventory-record.ts'
import { formatId, objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { secretValues } from '../object/secret.ts'
import type { SetMembers } from '../object/set-members.ts'
import type { PlanInput } from '../plan/plan.ts'
import { mayHaveCompleted, needsDryRun } from '../plan/unchanged.ts'
import { warn } from './events.ts'
import type { PreviousState } from './load-inventory.ts'
import { observeRemoved } from './observe-removed.ts'
import { kubectlRecord, missingInventory, requireServedKinds } from './previous-record.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'
import type { SortedSet } from './sort-set.ts'

/**
 * Observes the cluster: reads what a plan is made from, and dry-runs every object that is not known to be unchanged. Writes
 * nothing. Raises E-DISCOVERY or E-GUARD if something cannot be read that a plan depends on.
 */
export async function observe(
  { order, chosenBy }: SortedSet,
  { inventory, stored, members: readMembers }: PreviousState,
  cluster: Cluster,
  { policy }: SetConfig,
  { emit, addSecrets }: SetContext,
): Promise<PlanInput> {
  const { api, discovery } = cluster
  const { sequence } = order
  warn(stored.warnings, emit)
  requireServedKinds(stored.memberKinds, discovery)
  const members = await readMembers([...stored.memberKinds, ...sequence.map(({ id }) => id)])
  const record = stored.record ?? kubectlRecord(stored, members)
  const hashes = new Map(sequence.map((manifest) => [manifest, shortDigest(serialise(manifest.object))] as const))
  const toDryRun = await objectsToDryRun(sequence, record, members, hashes, cluster)
  if (toDryRun.length > 0) emit({ type: 'dry-run', objects: toDryRun.length, total: sequence.length })
  const dryRuns = await dryRunAll(toDryRun, members, {
    ...{ api, discovery, namespace: cluster.namespace, force: policy.forceConflicts },
    ...{ autoscalers: openAutoscalers(sequence, api, (warning) => warn([warning], emit)) },
    ...{ label: [SET_LABEL, inventory.id], now: timestamp() },
  })
  warn(serverWarnings(dryRuns), emit)
  const live = [...dryRuns.values()].flatMap((dryRun) => dryRun.live ?? [])
  // Without a dry run, no message contains values of live objects.
  if (dryRuns.size > 0) addSecrets(secretValues(sequence, live))
  const keys = new Set(sequence.map(({ id }) => objectKey(id)))
  if (record === undefined) warn(missingInventory(stored, members, keys, inventory), emit)
  const owners = live.map((object) => stringField(object, 'metadata', 'labels', SET_LABEL))
  const removed = await observeRemoved(record, keys, members, owners, { inventory, policy, cluster })
  return {
    ...{ order, inventory, record, members, hashes, dryRuns, ...removed, ...chosenBy },
    unknown: discovery.unknown,
    applyOnly:
      stored.record === undefined
        ? {
            reason: 'AppliedByKubectl',
            message: 'kubectl applied this set before, and this run only records its objects',
          }
        : undefined,
  }
}

function serverWarnings(dryRuns: PlanInput['dryRuns']): Warning[] {
  return [...dryRuns].flatMap(([{ id, location }, { warnings }]) =>
    warnings.map((text) => ({
      ...{ reason: 'ServerWarning', message: `The server warns: ${text}` },
      ...{ location, object: formatId(id) },
    })),
  )
}

/** The manifests that need a dry run. */
async function objectsToDryRun(
  sequence: readonly ResolvedManifest[],
  record: InventoryRecord | undefined,
  members: SetMembers,
  hashes: ReadonlyMap<ResolvedManifest, string>,
  { api, serverVersion }: Cluster,
): Promise<ResolvedManifest[]> {
  const isSameServer = record?.serverVersion === serverVersion
  const known = (manifest: ResolvedManifest) => {
    const key = objectKey(manifest.id)
    return [manifest, hashes.get(manifest) ?? '', record?.entries.get(key), members.get(key)] as const
  }
  const candidates = sequence.filter((manifest) => needsDryRun(...known(manifest), isSameServer))
  const hasCompleted = await Promise.all(
    candidates.map(
      async (manifest) => mayHaveCompleted(...known(manifest)) && (await api.get(manifest.path ?? '')).status === 404,
    ),
  )
  return candidates.filter((_, index) => !hasCompleted[index])
}

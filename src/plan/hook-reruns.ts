import { healthOf } from '../health/health.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { type InventoryRecord, isPending } from '../object/inventory-record.ts'
import { objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { isChange, type ObjectPlan } from './object-plan.ts'

/**
 * Hooks run again when something before them changes, when they are others than those that ran, when they failed, and when an
 * earlier run ended before their turn came.
 */
export function withHookReruns(
  objects: readonly ObjectPlan[],
  record: InventoryRecord | undefined,
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
): ObjectPlan[] {
  let isAfterChange = false
  return objects.map((objectPlan) => {
    const { manifest } = objectPlan
    const isMissed = isPending(record?.entries.get(objectKey(manifest.id)))
    const why = isMissed ? NOT_RUN_BEFORE : isAfterChange ? RERUN_AFTER_CHANGE : undefined
    const again = runsToCompletion(manifest) ? rerunHook(objectPlan, dryRuns.get(manifest), why) : objectPlan
    isAfterChange ||= isChange(again)
    return again
  })
}

/** Why a hook runs again. */
type RerunReason = Required<Pick<ObjectPlan, 'reason' | 'message'>>

const RERUN_AFTER_CHANGE: RerunReason = {
  reason: 'EarlierChange',
  message: 'it has to run again, because something before it changes',
}
const NOT_RUN_BEFORE: RerunReason = { reason: 'NotRunBefore', message: 'an earlier run ended before it had run' }

function rerunHook(objectPlan: ObjectPlan, dryRun: DryRunResult | undefined, why: RerunReason | undefined): ObjectPlan {
  const { result, manifest } = objectPlan
  if (result === 'ignored' || result === 'terminating') return objectPlan
  const live = dryRun?.live
  if (live === undefined)
    return result === 'completed' && why !== undefined ? { ...objectPlan, result: 'created', ...why } : objectPlan
  if (dryRun?.rejection !== undefined && dryRun.rejection.reason !== 'immutable') return objectPlan
  const recreate = {
    ...objectPlan,
    result: 'recreated',
    payload: dryRun?.recreate?.object ?? objectPlan.payload,
  } as const
  const health = healthOf(manifest.id, live)
  if (health.isFinal === true) return { ...recreate, reason: 'HookFailed', message: `it failed: ${health.reason}` }
  if (result !== 'unchanged') return { ...recreate, reason: 'HookChanged', message: 'it has to run for what changed' }
  return why === undefined ? objectPlan : { ...recreate, ...why }
}

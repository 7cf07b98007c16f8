import { healthOf } from '../health/health.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { type InventoryRecord, isPending } from '../object/inventory-record.ts'
import { objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { isChange, type ObjectPlan } from './object-plan.ts'

/**
 * Object plans in which a hook runs again if something before it changes, if its manifest changed, if it failed, or if an
 * earlier run ended before its turn.
 */
export function withHookReruns(
  objects: readonly ObjectPlan[],
  record: InventoryRecord | undefined,
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
): ObjectPlan[] {
  let isAfterChange = false
  return objects.map((objectPlan) => {
    const { manifest } = objectPlan
    const wasNotRun = isPending(record?.entries.get(objectKey(manifest.id)))
    const why = wasNotRun ? NOT_RUN_BEFORE : isAfterChange ? RERUN_AFTER_CHANGE : undefined
    const withRerun = runsToCompletion(manifest) ? rerunHook(objectPlan, dryRuns.get(manifest), why) : objectPlan
    isAfterChange ||= isChange(withRerun)
    return withRerun
  })
}

/** Why a hook runs again. */
type RerunReason = Required<Pick<ObjectPlan, 'reason' | 'message'>>

const RERUN_AFTER_CHANGE: RerunReason = {
  reason: 'EarlierChange',
  message: 'it runs again, because something before it changes',
}
const NOT_RUN_BEFORE: RerunReason = { reason: 'NotRunBefore', message: 'an earlier run ended before it ran' }

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
  if (result !== 'unchanged') return { ...recreate, reason: 'HookChanged', message: 'it changed, so it runs again' }
  return why === undefined ? objectPlan : { ...recreate, ...why }
}

import { healthOf } from '../health/health.ts'
import { type InventoryRecord, isPending } from '../inventory/record.ts'
import { isImmutable } from '../object/immutable-field.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { keyOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { type Action, isChange } from './object-plan.ts'

/**
 * Hooks run again when something before them changes, when they are others than those that ran, when they failed, and when an
 * earlier run ended before their turn came.
 */
export function withReruns(
  actions: readonly Action[],
  record: InventoryRecord | undefined,
  trials: ReadonlyMap<PlacedManifest, Trial>,
): Action[] {
  let isAfterChange = false
  return actions.map((action) => {
    const { manifest } = action
    const isMissed = isPending(record?.entries.get(keyOf(manifest.id)))
    const why = isMissed ? MISSED : isAfterChange ? AGAIN : undefined
    const again = isRun(manifest) ? rerun(action, trials.get(manifest), why) : action
    isAfterChange ||= isChange(again)
    return again
  })
}

const AGAIN = 'it has to run again, because something before it changes'
const MISSED = 'an earlier run ended before it had run'

function rerun(action: Action, trial: Trial | undefined, why: string | undefined): Action {
  const { result, manifest } = action
  if (result === 'skipped' || result === 'terminating') return action
  const before = trial?.before
  if (before === undefined)
    return result === 'done' && why !== undefined ? { ...action, result: 'created', reason: why } : action
  if (trial?.refusal !== undefined && !isImmutable(trial.refusal)) return action
  const anew = { ...action, result: 'replaced', sent: trial?.anew?.object ?? action.sent } as const
  const health = healthOf(manifest.id, before)
  if (health.isFinal === true) return { ...anew, reason: `it failed: ${health.reason}` }
  if (result !== 'unchanged') return { ...anew, reason: 'it has to run for what changed' }
  return why === undefined ? action : { ...anew, reason: why }
}

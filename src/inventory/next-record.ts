import { type Json, stringField } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { type InventoryRecord, PENDING_ENTRY, type RecordEntry } from '../object/inventory-record.ts'
import { generationCountsChanges } from '../object/kinds.ts'
import { parseLiveObject } from '../object/live-object.ts'
import { objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'

/** The entries of the next record. */
export interface NextRecord {
  readonly entries: ReadonlyMap<string, RecordEntry>
  /** Whether they differ from the previous ones. */
  readonly isNew: boolean
}

/**
 * The entries that a run leaves for the next one. A written object is recorded as the server returned it from the write itself,
 * so that no change by another client goes unnoticed; an object that a dry run found unchanged is recorded as it is in the
 * cluster. All other entries stay, also those of prune candidates and of objects without a response, which may exist. Hooks
 * that have not completed are recorded as pending.
 */
export function nextEntries(
  previous: ReadonlyMap<string, RecordEntry> | undefined,
  { objects }: Plan,
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
  written: ReadonlyMap<ResolvedManifest, Json>,
  unfinished: readonly ResolvedManifest[],
): NextRecord {
  const entries = new Map(previous)
  let isNew = previous === undefined
  for (const { manifest, result, hash, unmanagedFields } of objects) {
    const object =
      written.get(manifest) ?? (result === 'unchanged' ? unchangedObject(dryRuns.get(manifest)) : undefined)
    if (object === undefined) continue
    const { uid, ownership, isTerminating, ...rest } = parseLiveObject(object)
    if (isTerminating) continue
    const key = objectKey(manifest.id)
    // Unmanaged fields are checked in every run: if their autoscaler is gone, they are managed again.
    const hasUnmanagedFields = unmanagedFields.length > 0
    const resourceVersion = hasUnmanagedFields ? '' : rest.resourceVersion
    const generation = hasUnmanagedFields || !generationCountsChanges(manifest.id) ? undefined : rest.generation
    const entry = { hash, uid, resourceVersion, generation, ownership }
    if (isSame(entries.get(key), entry)) continue
    entries.set(key, entry)
    isNew = true
  }
  for (const { id } of unfinished) entries.set(objectKey(id), PENDING_ENTRY)
  return { entries, isNew: isNew || unfinished.length > 0 }
}

/**
 * The entries to record before anything is written, in case the run is interrupted: those of all members, and of all objects
 * that are about to become members. An object that will be created has no uid in its entry; a hook that will run is pending.
 */
export function expectedEntries(
  previous: InventoryRecord | undefined,
  { objects }: Plan,
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
): ReadonlyMap<string, RecordEntry> {
  const entries = new Map(previous?.entries)
  for (const objectPlan of objects) {
    const { manifest, result } = objectPlan
    const key = objectKey(manifest.id)
    const uid = stringField(dryRuns.get(manifest)?.live, 'metadata', 'uid')
    // An unchanged object without an entry is a member, too.
    if (result === 'unchanged' && uid !== undefined && !entries.has(key)) entries.set(key, { ...PENDING_ENTRY, uid })
    if (!isChange(objectPlan)) continue
    const isNew = uid === undefined || result === 'recreated'
    if (isNew || runsToCompletion(manifest)) entries.set(key, PENDING_ENTRY)
    else if (entries.get(key)?.uid !== uid) entries.set(key, { ...PENDING_ENTRY, uid })
  }
  return entries
}

/** Entries without those of prune candidates that are not kept. */
export function withoutPruned(
  entries: ReadonlyMap<string, RecordEntry>,
  pruneDecisions: readonly PruneDecision[],
): Map<string, RecordEntry> {
  const rest = new Map(entries)
  for (const { id, result } of pruneDecisions) if (result !== 'kept') rest.delete(objectKey(id))
  return rest
}

/** The live object that a dry run left unchanged; undefined after a local merge, which proves nothing. */
function unchangedObject(dryRun: DryRunResult | undefined): Json | undefined {
  return dryRun?.isPredictedByServer ? dryRun.live : undefined
}

function isSame(a: RecordEntry | undefined, b: RecordEntry): boolean {
  return (
    a !== undefined &&
    a.hash === b.hash &&
    a.uid === b.uid &&
    a.resourceVersion === b.resourceVersion &&
    a.generation === b.generation &&
    a.ownership === b.ownership
  )
}

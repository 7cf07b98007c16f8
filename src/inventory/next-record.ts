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

/** What is known of the objects after a run. */
export interface NextRecord {
  readonly entries: ReadonlyMap<string, RecordEntry>
  /** Whether that is something else than before. */
  readonly isNew: boolean
}

/**
 * What to remember of a run. Of what was written, what the server answered to the write itself: nobody can have changed
 * anything in between. Of what a dry run found unchanged, the object that it was tried on. All else stays as it was noted, also
 * what has left the set, which is still ours, and what got no answer, which may be there. Hooks that have not run to their end are noted as such.
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
    const seen = written.get(manifest) ?? (result === 'unchanged' ? settledObject(dryRuns.get(manifest)) : undefined)
    if (seen === undefined) continue
    const { uid, ownership, isTerminating, ...rest } = parseLiveObject(seen)
    if (isTerminating) continue
    const key = objectKey(manifest.id)
    // What is left to others is looked at every time: an autoscaler may be gone, and then nobody has it any more.
    const isLeft = unmanagedFields.length > 0
    const resourceVersion = isLeft ? '' : rest.resourceVersion
    const generation = isLeft || !generationCountsChanges(manifest.id) ? undefined : rest.generation
    const entry = { hash, uid, resourceVersion, generation, ownership }
    if (isSame(entries.get(key), entry)) continue
    entries.set(key, entry)
    isNew = true
  }
  for (const { id } of unfinished) entries.set(objectKey(id), PENDING_ENTRY)
  return { entries, isNew: isNew || unfinished.length > 0 }
}

/**
 * What to note before anything is written, should the run end before it can: everything that was ours, and everything that is
 * about to be. What is going to be made is noted without a uid, and a hook that is to run as one that has not run yet.
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
    // What is as it should be, and was written down nowhere, is ours all the same.
    if (result === 'unchanged' && uid !== undefined && !entries.has(key)) entries.set(key, { ...PENDING_ENTRY, uid })
    if (!isChange(objectPlan)) continue
    const isNew = uid === undefined || result === 'recreated'
    if (isNew || runsToCompletion(manifest)) entries.set(key, PENDING_ENTRY)
    else if (entries.get(key)?.uid !== uid) entries.set(key, { ...PENDING_ENTRY, uid })
  }
  return entries
}

/** What is left of an inventory once the departures are gone, or somebody else's. */
export function withoutPruned(
  entries: ReadonlyMap<string, RecordEntry>,
  pruneDecisions: readonly PruneDecision[],
): Map<string, RecordEntry> {
  const unmanagedFields = new Map(entries)
  for (const { id, result } of pruneDecisions) if (result !== 'kept') unmanagedFields.delete(objectKey(id))
  return unmanagedFields
}

/** The live object that the server found unchanged by an apply. What is merged locally proves nothing. */
function settledObject(dryRun: DryRunResult | undefined): Json | undefined {
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

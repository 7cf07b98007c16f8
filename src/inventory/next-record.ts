import { type Entry, type InventoryRecord, PENDING } from './record.ts'
import { type Json, stringField } from '../json.ts'
import { liveOf } from '../object/live-object.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { keyOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Departure } from '../plan/prune-decision.ts'
import type { Plan } from '../plan/plan.ts'
import { countsChanges } from '../plan/unchanged.ts'

/** What is known of the objects after a run. */
export interface Memory {
  readonly entries: ReadonlyMap<string, Entry>
  /** Whether that is something else than before. */
  readonly isNew: boolean
}

/**
 * What to remember of a run. Of what was written, what the server answered to the write itself: nobody can have changed
 * anything in between. Of what a dry run found unchanged, the object that it was tried on. All else stays as it was noted, also
 * what has left the set, which is still ours, and what got no answer, which may be there. Hooks that have not run to their end are noted as such.
 */
export function remember(
  previous: ReadonlyMap<string, Entry> | undefined,
  { actions }: Plan,
  trials: ReadonlyMap<PlacedManifest, Trial>,
  written: ReadonlyMap<PlacedManifest, Json>,
  unfinished: readonly PlacedManifest[],
): Memory {
  const entries = new Map(previous)
  let isNew = previous === undefined
  for (const { manifest, result, hash, left } of actions) {
    const seen = written.get(manifest) ?? (result === 'unchanged' ? settledBy(trials.get(manifest)) : undefined)
    if (seen === undefined) continue
    const { uid, ownership, isTerminating, ...live } = liveOf(seen)
    if (isTerminating) continue
    const key = keyOf(manifest.id)
    // What is left to others is looked at every time: an autoscaler may be gone, and then nobody has it any more.
    const isLeft = left.length > 0
    const resourceVersion = isLeft ? '' : live.resourceVersion
    const generation = isLeft || !countsChanges(manifest.id) ? undefined : live.generation
    const entry = { hash, uid, resourceVersion, generation, ownership }
    if (isSame(entries.get(key), entry)) continue
    entries.set(key, entry)
    isNew = true
  }
  for (const { id } of unfinished) entries.set(keyOf(id), PENDING)
  return { entries, isNew: isNew || unfinished.length > 0 }
}

/**
 * What to note before anything is written, should the run end before it can: everything that was ours, and everything that is
 * about to be. What is going to be made is noted without a uid, and a hook that is to run as one that has not run yet.
 */
export function expecting(
  previous: InventoryRecord | undefined,
  { actions }: Plan,
  trials: ReadonlyMap<PlacedManifest, Trial>,
): ReadonlyMap<string, Entry> {
  const entries = new Map(previous?.entries)
  for (const action of actions) {
    const { manifest, result } = action
    const key = keyOf(manifest.id)
    const uid = stringField(trials.get(manifest)?.before, 'metadata', 'uid')
    // What is as it should be, and was written down nowhere, is ours all the same.
    if (result === 'unchanged' && uid !== undefined && !entries.has(key)) entries.set(key, { ...PENDING, uid })
    if (!isChange(action)) continue
    const isNew = uid === undefined || result === 'replaced'
    if (isNew || isRun(manifest)) entries.set(key, PENDING)
    else if (entries.get(key)?.uid !== uid) entries.set(key, { ...PENDING, uid })
  }
  return entries
}

/** What is left of an inventory once the departures are gone, or somebody else's. */
export function without(entries: ReadonlyMap<string, Entry>, departures: readonly Departure[]): Map<string, Entry> {
  const left = new Map(entries)
  for (const { id, result } of departures) if (result !== 'kept') left.delete(keyOf(id))
  return left
}

/** The object that a dry run found to be as it should be. What was compared here proves nothing. */
function settledBy(trial: Trial | undefined): Json | undefined {
  return trial?.after === undefined ? undefined : trial.before
}

function isSame(a: Entry | undefined, b: Entry): boolean {
  return (
    a !== undefined &&
    a.hash === b.hash &&
    a.uid === b.uid &&
    a.resourceVersion === b.resourceVersion &&
    a.generation === b.generation &&
    a.ownership === b.ownership
  )
}

import type { Entry, InventoryRecord } from '../inventory/record.ts'
import type { Json } from '../json.ts'
import { liveOf } from '../live/live.ts'
import type { Trial } from '../live/trial.ts'
import { keyOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Plan } from './plan.ts'

/** What is known of the objects after a run. */
export interface Memory {
  readonly entries: ReadonlyMap<string, Entry>
  /** Whether that is something else than before. */
  readonly isNew: boolean
}

/**
 * What to remember of a run. Of what was written, what the server answered to the write itself: nobody can have changed
 * anything in between. Of what a dry run found unchanged, the object that it was tried on. All else stays as it was, also
 * what has left the set: it is still ours. Nothing is remembered of hooks that have not run to their end.
 */
export function remember(
  previous: InventoryRecord | undefined,
  { actions }: Plan,
  trials: ReadonlyMap<PlacedManifest, Trial>,
  written: ReadonlyMap<PlacedManifest, Json>,
  unfinished: readonly PlacedManifest[],
): Memory {
  const entries = new Map(previous?.entries)
  let isNew = previous === undefined
  for (const { manifest, result, hash } of actions) {
    const seen = written.get(manifest) ?? (result === 'unchanged' ? trials.get(manifest)?.before : undefined)
    if (seen === undefined) continue
    const { uid, resourceVersion, generation, ownership, isTerminating } = liveOf(seen)
    if (isTerminating) continue
    const key = keyOf(manifest.id)
    const entry = { hash, uid, resourceVersion, generation, ownership }
    if (isSame(entries.get(key), entry)) continue
    entries.set(key, entry)
    isNew = true
  }
  for (const { id } of unfinished) entries.delete(keyOf(id))
  return { entries, isNew }
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

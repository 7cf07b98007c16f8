import type { Location, Problem } from '../errors.ts'
import { type Inventory, PART_OF } from '../inventory/inventory.ts'
import { type InventoryRecord, isPending } from '../inventory/record.ts'
import type { Members } from '../live/members.ts'
import type { Trial } from '../live/trial.ts'
import { describe, keyOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Ordering } from '../order/sequence.ts'
import { type Preflight, preflight } from './preflight.ts'
import { withReruns } from './reruns.ts'
import { verdict } from './verdict.ts'

/**
 * What a run is going to do, in order: one action for every manifest, and what keeps it from being carried out. It is decided
 * before anything is written; while there is an obstacle, nothing is.
 */
export type Plan = Preflight

/** All that a plan is made from. */
export interface Situation {
  readonly ordering: Ordering
  readonly inventory: Inventory
  /** What the last run left; undefined where there is nothing that says anything about this cluster. */
  readonly record: InventoryRecord | undefined
  readonly members: Members
  /** Digests of the manifests. */
  readonly hashes: ReadonlyMap<PlacedManifest, string>
  /** For every manifest that is not proven to be unchanged. */
  readonly trials: ReadonlyMap<PlacedManifest, Trial>
  /** Whether the plan is to be carried out; one that is only to be shown need not be allowed to. */
  readonly isForReal: boolean
}

/** Decides what is to be done about each object of a set. Equal situations give equal plans. */
export function makePlan(situation: Situation): Plan {
  const { inventory, record, members, hashes, trials, ordering, isForReal } = situation
  const judged = ordering.sequence.map((manifest) => {
    const key = keyOf(manifest.id)
    const entry = record?.entries.get(key)
    return verdict({
      ...{ manifest, trial: trials.get(manifest), live: members.get(key), entry: isPending(entry) ? undefined : entry },
      ...{ hash: hashes.get(manifest) ?? '', label: [PART_OF, inventory.id] },
    })
  })
  return preflight(withReruns(judged, record, trials), trials, ordering, isForReal)
}

/** The obstacles as problems of a run, in the order of apply; `places` are those of fields, where they are known. */
export function problemsIn({ actions, obstacles }: Plan, places: ReadonlyMap<PlacedManifest, Location>): Problem[] {
  return actions.flatMap(({ manifest }): Problem[] => {
    const obstacle = obstacles.get(manifest)
    if (obstacle === undefined) return []
    const { class: kind, message, next } = obstacle
    const where = { location: places.get(manifest) ?? manifest.location, object: describe(manifest.id) }
    return [{ class: kind, message, ...where, ...(next === undefined ? {} : { next }) }]
  })
}

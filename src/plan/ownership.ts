import type { Bounds } from '../options/policy.ts'
import { type Inventory, PART_OF } from '../inventory/inventory.ts'
import { stringField } from '../json.ts'
import type { Trial } from '../dry-run/dry-run.ts'
import { beyond } from '../object/allowed-targets.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { type Action, isChange } from './object-plan.ts'
import type { Obstacle } from './check-dry-runs.ts'

/** What a run may write. */
export interface Claims {
  readonly inventory: Inventory
  /** The names of other inventories, by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  readonly bounds: Bounds
  /** Inventories whose objects may become ours, by what their members' label says. */
  readonly takeOver: readonly string[]
}

/**
 * Which of the objects are not this run's to write: those beyond the bounds that the workflow sets (E-GUARD), whether or not
 * they change, and those that belong to another inventory (E-CONFLICT).
 */
export function territoryOf(
  actions: readonly Action[],
  trials: ReadonlyMap<PlacedManifest, Trial>,
  { inventory, owners, bounds, takeOver }: Claims,
): Map<PlacedManifest, Obstacle> {
  const mine = `${inventory.namespace}/${inventory.name}`
  return new Map(
    actions.flatMap((action): [PlacedManifest, Obstacle][] => {
      const { manifest } = action
      const bound = beyond(manifest.id, bounds)
      if (bound !== undefined) return [[manifest, outOfBounds(bound)]]
      const owner = stringField(trials.get(manifest)?.before, 'metadata', 'labels', PART_OF)
      const isTheirs = owner !== undefined && owner !== inventory.id && !takeOver.includes(owner)
      return isTheirs && isChange(action) ? [[manifest, conflict(owners.get(owner) ?? owner, mine)]] : []
    }),
  )
}

function outOfBounds(why: string): Obstacle {
  const message = `It is beyond what this workflow may write: ${why}.`
  return { class: 'E-GUARD', message, next: 'Take it out of the repository, or widen the bounds in the workflow.' }
}

function conflict(theirs: string, mine: string): Obstacle {
  const message = `It belongs to the inventory ${theirs}, and would be taken from it by ${mine}.`
  const [namespace, name] = theirs.split('/')
  const keep =
    name === undefined
      ? ''
      : `If a folder was renamed, keep the old inventory with \`name: ${name}\` and \`inventory-namespace: ${namespace}\`. `
  const next = `${keep}To hand it over, run this set once with \`take-over: ${theirs}\`, and then remove it from the other one’s repository: the next run there lets go of it and deletes nothing.`
  return { class: 'E-CONFLICT', message, next }
}

import { hint, option } from '../hint.ts'
import { stringField } from '../json.ts'
import { type AllowedTargets, type NotAllowed, notAllowed } from '../object/allowed-targets.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { type Inventory, SET_LABEL } from '../object/inventory.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { PlanError } from './check-dry-runs.ts'
import { isChange, type ObjectPlan } from './object-plan.ts'

/** What a run may write. */
export interface OwnershipInput {
  readonly inventory: Inventory
  /** The names of other inventories, by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  readonly allowed: AllowedTargets
  /** Inventories whose objects may become ours, by what their members' label says. */
  readonly adoptFrom: readonly string[]
}

/**
 * Which of the objects are not this run's to write: those beyond the bounds that the workflow sets (E-GUARD), whether or not
 * they change, and those that belong to another inventory (E-CONFLICT).
 */
export function ownershipConflicts(
  objects: readonly ObjectPlan[],
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
  { inventory, owners, allowed, adoptFrom }: OwnershipInput,
): Map<ResolvedManifest, PlanError> {
  const mine = `${inventory.namespace}/${inventory.name}`
  return new Map(
    objects.flatMap((objectPlan): [ResolvedManifest, PlanError][] => {
      const { manifest } = objectPlan
      const bound = notAllowed(manifest.id, allowed)
      if (bound !== undefined) return [[manifest, outOfBounds(bound)]]
      const owner = stringField(dryRuns.get(manifest)?.live, 'metadata', 'labels', SET_LABEL)
      const isTheirs = owner !== undefined && owner !== inventory.id && !adoptFrom.includes(owner)
      return isTheirs && isChange(objectPlan) ? [[manifest, conflict(owners.get(owner) ?? owner, mine)]] : []
    }),
  )
}

function outOfBounds({ reason, message: why }: NotAllowed): PlanError {
  const message = `It is beyond what this workflow may write: ${why}.`
  return {
    code: 'E-GUARD',
    reason,
    message,
    hint: 'Take it out of the repository, or widen the bounds in the workflow.',
  }
}

function conflict(theirs: string, mine: string): PlanError {
  const message = `It belongs to the inventory ${theirs}, and would be taken from it by ${mine}.`
  const [namespace, name] = theirs.split('/')
  const keep =
    name === undefined
      ? ''
      : hint`If a folder was renamed, keep the old inventory with ${option('name', name)} and ${option('inventory-namespace', namespace)}. `
  return {
    code: 'E-CONFLICT',
    reason: 'OtherOwner',
    message,
    hint: hint`${keep}To hand it over, run this set once with ${option('adopt-from', theirs)}, and then remove it from the other one’s repository: the next run there lets go of it and deletes nothing.`,
  }
}

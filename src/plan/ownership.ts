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
  /** The names of other inventories as `NAMESPACE/NAME`, by the value of their members' label. */
  readonly owners: ReadonlyMap<string, string>
  readonly allowed: AllowedTargets
  /** Inventories whose objects may be adopted, each as the value of its members' label. */
  readonly adoptFrom: readonly string[]
}

/**
 * An error for each object that this run must not write: one outside the allowed targets (E-GUARD), whether or not it changes,
 * and one that changes and belongs to another inventory (E-CONFLICT).
 */
export function ownershipConflicts(
  objects: readonly ObjectPlan[],
  dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>,
  { inventory, owners, allowed, adoptFrom }: OwnershipInput,
): Map<ResolvedManifest, PlanError> {
  const ownName = `${inventory.namespace}/${inventory.name}`
  return new Map(
    objects.flatMap((objectPlan): [ResolvedManifest, PlanError][] => {
      const { manifest } = objectPlan
      const target = notAllowed(manifest.id, allowed)
      if (target !== undefined) return [[manifest, targetNotAllowed(target)]]
      const owner = stringField(dryRuns.get(manifest)?.live, 'metadata', 'labels', SET_LABEL)
      const isTheirs = owner !== undefined && owner !== inventory.id && !adoptFrom.includes(owner)
      return isTheirs && isChange(objectPlan) ? [[manifest, conflict(owners.get(owner) ?? owner, ownName)]] : []
    }),
  )
}

function targetNotAllowed({ reason, message: detail }: NotAllowed): PlanError {
  const message = `It is outside the allowed namespaces and kinds: ${detail}.`
  return {
    code: 'E-GUARD',
    reason,
    message,
    hint: hint`Remove it from the repository, or allow it with ${option('allowed-namespaces')} or ${option('allowed-kinds')}.`,
  }
}

function conflict(theirs: string, ownName: string): PlanError {
  const message = `It belongs to the inventory ${theirs}, not to ${ownName}.`
  const [namespace, name] = theirs.split('/')
  const keepName =
    name === undefined
      ? ''
      : hint`If a folder was renamed, keep the old inventory with ${option('name', name)} and ${option('inventory-namespace', namespace)}. `
  return {
    code: 'E-CONFLICT',
    reason: 'OtherOwner',
    message,
    hint: hint`${keepName}To take it over, run this set once with ${option('adopt-from', theirs)}, and then remove the object from the other set’s repository: the next run there abandons it and deletes nothing.`,
  }
}

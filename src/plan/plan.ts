import type { Diagnostic, Location } from '../diagnostics.ts'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { stringField } from '../json.ts'
import type { AllowedTargets } from '../object/allowed-targets.ts'
import type { CandidateState } from '../object/candidate-state.ts'
import type { ContainedObjects } from '../object/contained-objects.ts'
import type { DryRunResult } from '../object/dry-run-result.ts'
import { knownFiles } from '../object/file-digests.ts'
import { type Inventory, SET_LABEL } from '../object/inventory.ts'
import { EMPTY_RECORD, type InventoryRecord, isPending, type ScopeFingerprint } from '../object/inventory-record.ts'
import { holdsOthers } from '../object/kinds.ts'
import { formatId, type ObjectId, objectKey, parseObjectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { SetMembers } from '../object/set-members.ts'
import { checkDryRuns, type DryRunCheck } from './check-dry-runs.ts'
import { withHookReruns } from './hook-reruns.ts'
import { ownershipConflicts } from './ownership.ts'
import { planObject } from './plan-object.ts'
import { decidePrune, isPruned, type KeepReason, type PruneDecision, pruneDiagnostics } from './prune-decision.ts'
import { blockPrunes, checkPruneLimits, pruneBlockDiagnostic } from './prune-limits.ts'
import type { PrunePolicy } from './prune-policy.ts'

/**
 * What a run is going to do: one action for every manifest, in order, and what keeps them from being carried out; and what
 * becomes of each object that has left the set. It is decided before anything is written; while there is an obstacle, nothing
 * is.
 */
export interface Plan extends DryRunCheck {
  readonly pruneDecisions: readonly PruneDecision[]
  /** What of these should have gone and does not, which fails the run once all else is done. */
  readonly pruneErrors: readonly Diagnostic[]
}

/** All that a plan is made from. */
export interface PlanInput {
  readonly order: ApplyOrder
  readonly inventory: Inventory
  /** What the last run left; undefined where there is nothing that says anything about this cluster. */
  readonly record: InventoryRecord | undefined
  readonly members: SetMembers
  /** Digests of the manifests. */
  readonly hashes: ReadonlyMap<ResolvedManifest, string>
  /** For every manifest that is not proven to be unchanged. */
  readonly dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>
  /** What has become of the objects that have left the set, by `objectKey`. */
  readonly candidates: ReadonlyMap<string, CandidateState>
  /** What lives in those of them that hold others and may be deleted. */
  readonly contained: ReadonlyMap<string, ContainedObjects>
  /** The names of other inventories, by what their members' label says. */
  readonly owners: ReadonlyMap<string, string>
  /** API versions of which the server does not say what it serves. */
  readonly unknown: ReadonlySet<string>
  /** By what the set is chosen. */
  readonly selection: ScopeFingerprint
  /** The files that give its objects, packed, and those that are not taken for manifests. */
  readonly files: string
  readonly skippedFiles: readonly string[]
  /** Why nothing is deleted in this run, whatever has left the set; undefined where something may be. */
  readonly applyOnly: KeepReason | undefined
}

/** What the workflow says about plans. */
export interface PlanPolicy {
  /** A plan that is only to be shown need not be allowed to be carried out. */
  readonly mode: 'apply' | 'plan'
  readonly prune: PrunePolicy
  readonly allowed: AllowedTargets
  /** Inventories whose objects may become ours, by what their members' label says. */
  readonly adoptFrom: readonly string[]
}

/** Decides what is to be done about each object. Equal situations give equal plans. */
export function makePlan(input: PlanInput, policy: PlanPolicy): Plan {
  const { inventory, record, members, hashes, dryRuns, order } = input
  const planned = order.sequence.map((manifest) => {
    const key = objectKey(manifest.id)
    const entry = record?.entries.get(key)
    return planObject({
      ...{
        manifest,
        dryRun: dryRuns.get(manifest),
        member: members.get(key),
        entry: isPending(entry) ? undefined : entry,
      },
      ...{ hash: hashes.get(manifest) ?? '', label: [SET_LABEL, inventory.id] },
    })
  })
  const checked = checkDryRuns(withHookReruns(planned, record, dryRuns), dryRuns, order, policy.mode === 'apply')
  const conflicts = ownershipConflicts(checked.objects, dryRuns, { ...input, ...policy })
  return { ...checked, errors: new Map([...checked.errors, ...conflicts]), ...planPrunes(input, policy) }
}

function planPrunes(input: PlanInput, { prune, allowed }: PlanPolicy): Pick<Plan, 'pruneDecisions' | 'pruneErrors'> {
  const { order, record = EMPTY_RECORD, candidates, unknown, selection, skippedFiles } = input
  if (candidates.size === 0) return { pruneDecisions: [], pruneErrors: [] }
  const pruneDecisions = decidePrunes(input, { prune, allowed })
  // Who means that no object is left means that nothing is taken for one.
  const hiddenFiles = order.sequence.length === 0 ? [] : knownFiles(record.files, skippedFiles)
  const scopes = [record.selection, selection] as const
  const limitInput = { policy: prune, size: record.entries.size, unknown, scopes, hiddenFiles }
  const block = checkPruneLimits(pruneDecisions, limitInput)
  if (block === undefined) return { pruneDecisions, pruneErrors: pruneDiagnostics(pruneDecisions) }
  const pruneErrors = [pruneBlockDiagnostic(pruneDecisions, block), ...pruneDiagnostics(pruneDecisions)]
  return { pruneDecisions: blockPrunes(pruneDecisions, block), pruneErrors }
}

/** Each object that has left the set: first what is in Namespaces and of definitions, then these themselves. */
function decidePrunes(input: PlanInput, { prune, allowed }: Pick<PlanPolicy, 'prune' | 'allowed'>): PruneDecision[] {
  const { inventory, record = EMPTY_RECORD, candidates, contained, owners, applyOnly } = input
  const context = { inventory, policy: prune, allowed, owners, applyOnly, inSet: uidsInSet(input) }
  const checkedBy = (isWanted: (id: ObjectId) => boolean, leaving: ReadonlySet<string>) =>
    [...candidates].flatMap(([key, state]) => {
      const [entry, inside] = [record.entries.get(key), contained.get(key)]
      if (entry === undefined || !isWanted(parseObjectKey(key))) return []
      const candidate = { key, entry, state, ...(inside === undefined ? {} : { contained: inside }) }
      return [decidePrune(candidate, { ...context, leaving })]
    })
  const contents = checkedBy((id) => !holdsOthers(id), new Set())
  const leaving = new Set(contents.filter(isPruned).map(({ uid }) => uid))
  return [...contents, ...checkedBy(holdsOthers, leaving)]
}

/** The uids of the objects of the set. */
function uidsInSet({ order, members, dryRuns }: PlanInput): Set<string> {
  return new Set(
    order.sequence.flatMap((manifest) => {
      const member = members.get(objectKey(manifest.id))?.uid
      const live = stringField(dryRuns.get(manifest)?.live, 'metadata', 'uid')
      return [member, live].flatMap((uid) => uid ?? [])
    }),
  )
}
/** The obstacles as problems of a run, in the order of apply; `places` are those of fields, where they are known. */
export function planDiagnostics(
  { objects, errors }: Plan,
  places: ReadonlyMap<ResolvedManifest, Location>,
): Diagnostic[] {
  return objects.flatMap(({ manifest }): Diagnostic[] => {
    const error = errors.get(manifest)
    if (error === undefined) return []
    const { code, reason, message, hint } = error
    const where = { location: places.get(manifest) ?? manifest.location, object: formatId(manifest.id) }
    return [{ code, ...(reason && { reason }), message, ...where, ...(hint === undefined ? {} : { hint }) }]
  })
}

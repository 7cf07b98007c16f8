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
 * What a run does: an object plan for every manifest, in apply order; the errors that keep them from being applied; and a
 * decision for each prune candidate. It is made before anything is written, and with errors nothing is written.
 */
export interface Plan extends DryRunCheck {
  readonly pruneDecisions: readonly PruneDecision[]
  /** Objects that should be pruned and are not. They fail the run after everything else is done. */
  readonly pruneErrors: readonly Diagnostic[]
}

/** What a plan is made from. */
export interface PlanInput {
  readonly order: ApplyOrder
  readonly inventory: Inventory
  /** The record of the last run; undefined if there is none about this cluster. */
  readonly record: InventoryRecord | undefined
  readonly members: SetMembers
  /** Digests of the manifests. */
  readonly hashes: ReadonlyMap<ResolvedManifest, string>
  /** For every manifest that is not known to be unchanged. */
  readonly dryRuns: ReadonlyMap<ResolvedManifest, DryRunResult>
  /** The states of the prune candidates, by `objectKey`. */
  readonly candidates: ReadonlyMap<string, CandidateState>
  /** The contents of those Namespaces and CRDs among them that may be pruned, by `objectKey`. */
  readonly contained: ReadonlyMap<string, ContainedObjects>
  /** The names of other inventories as `NAMESPACE/NAME`, by the value of their members' label. */
  readonly owners: ReadonlyMap<string, string>
  /** API versions for which API discovery failed. */
  readonly unknown: ReadonlySet<string>
  /** The scope fingerprint of the set. */
  readonly selection: ScopeFingerprint
  /** Digests of the files with its objects, packed, and the files that are skipped. */
  readonly files: string
  readonly skippedFiles: readonly string[]
  /** Why this run prunes nothing at all; undefined if it may. */
  readonly applyOnly: KeepReason | undefined
}

/** What the workflow asks for and allows. */
export interface PlanPolicy {
  /** With `plan`, the credentials need not be allowed to execute the plan. */
  readonly mode: 'apply' | 'plan'
  readonly prune: PrunePolicy
  readonly allowed: AllowedTargets
  /** Inventories whose objects may be adopted, each as the value of its members' label. */
  readonly adoptFrom: readonly string[]
}

/** Makes the plan of a set. Equal inputs give equal plans. */
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
  // A set that is empty on purpose has no manifest in any file.
  const hiddenFiles = order.sequence.length === 0 ? [] : knownFiles(record.files, skippedFiles)
  const scopes = [record.selection, selection] as const
  const limitInput = { policy: prune, size: record.entries.size, unknown, scopes, hiddenFiles }
  const block = checkPruneLimits(pruneDecisions, limitInput)
  if (block === undefined) return { pruneDecisions, pruneErrors: pruneDiagnostics(pruneDecisions) }
  const pruneErrors = [pruneBlockDiagnostic(pruneDecisions, block), ...pruneDiagnostics(pruneDecisions)]
  return { pruneDecisions: blockPrunes(pruneDecisions, block), pruneErrors }
}

/** Decides each prune candidate: Namespaces and CRDs last, because that depends on what is pruned in them. */
function decidePrunes(input: PlanInput, { prune, allowed }: Pick<PlanPolicy, 'prune' | 'allowed'>): PruneDecision[] {
  const { inventory, record = EMPTY_RECORD, candidates, contained, owners, applyOnly } = input
  const context = { inventory, policy: prune, allowed, owners, applyOnly, inSet: uidsInSet(input) }
  const decide = (isIncluded: (id: ObjectId) => boolean, leaving: ReadonlySet<string>) =>
    [...candidates].flatMap(([key, state]) => {
      const [entry, contents] = [record.entries.get(key), contained.get(key)]
      if (entry === undefined || !isIncluded(parseObjectKey(key))) return []
      const candidate = { key, entry, state, ...(contents === undefined ? {} : { contained: contents }) }
      return [decidePrune(candidate, { ...context, leaving })]
    })
  const decisions = decide((id) => !holdsOthers(id), new Set())
  const leaving = new Set(decisions.filter(isPruned).map(({ uid }) => uid))
  return [...decisions, ...decide(holdsOthers, leaving)]
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

/** The errors of a plan as diagnostics, in apply order; `locations` are those of rejected fields, where known. */
export function planDiagnostics(
  { objects, errors }: Plan,
  locations: ReadonlyMap<ResolvedManifest, Location>,
): Diagnostic[] {
  return objects.flatMap(({ manifest }): Diagnostic[] => {
    const error = errors.get(manifest)
    if (error === undefined) return []
    const { code, reason, message, hint } = error
    const where = { location: locations.get(manifest) ?? manifest.location, object: formatId(manifest.id) }
    return [{ code, ...(reason && { reason }), message, ...where, ...(hint === undefined ? {} : { hint }) }]
  })
}

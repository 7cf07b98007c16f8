import { Failure, throwIfAny, type Warning } from '../diagnostics.ts'
import type { Cluster } from '../kube/cluster.ts'
import { parseInventoryId } from '../object/inventory.ts'
import { formatCount } from '../object/object-id.ts'
import type { ObjectPlan } from '../plan/object-plan.ts'
import { makePlan, type Plan, type PlanInput, planDiagnostics } from '../plan/plan.ts'
import { digestOfPlan } from '../plan/plan-digest.ts'
import type { ReadLimits } from '../read-limits.ts'
import type { SourceTree } from '../source/source-tree.ts'
import { warn } from './events.ts'
import { locateRejections } from './locate-rejections.ts'
import type { SetContext } from './run-context.ts'
import type { SetConfig } from './set-config.ts'

/**
 * Makes the plan of a set. Raises all errors that keep it from being executed together (E-APPLY, E-CONFLICT, E-GUARD), and
 * E-GUARD if another plan was reviewed.
 */
export function decidePlan(
  input: PlanInput,
  cluster: Cluster,
  { policy }: SetConfig,
  { source, limits }: { readonly source: SourceTree; readonly limits: ReadLimits },
  { emit }: SetContext,
): Plan {
  const plan = makePlan(input, { ...policy, adoptFrom: policy.adoptFrom.map(parseInventoryId) })
  const merged = plan.objects.filter(({ checkedBy }) => checkedBy === 'forbidden')
  // A local merge applies no defaults: with permission to dry-run, the same change would give another plan.
  const digest = merged.length > 0 ? '' : digestOf(plan, input, cluster, policy.forceConflicts)
  emit({ type: 'planned', plan, digest, mode: policy.mode })
  if (merged.length > 0) warn([localMergeWarning(merged)], emit)
  throwIfAny(planDiagnostics(plan, locateRejections(plan.errors, source.files, limits)))
  if (policy.planDigest !== undefined && policy.planDigest !== digest) throw planChanged(digest, policy.planDigest)
  return plan
}

function digestOf(plan: Plan, { inventory, record }: PlanInput, cluster: Cluster, force: boolean): string {
  const id = cluster.identity || record?.cluster || cluster.server
  const conflicts = force ? 'overwrite' : 'fail'
  return digestOfPlan(plan, { cluster: id, inventory: `${inventory.namespace}/${inventory.name}`, conflicts })
}

function localMergeWarning(objects: readonly ObjectPlan[]): Warning {
  return {
    reason: 'DryRunForbidden',
    message: `${formatCount(objects.length)} compared locally, without the server’s defaults and webhooks, because the credentials may not dry-run; so this plan has no digest.`,
    hint: 'To review a plan by its digest, allow the credentials to `patch`.',
  }
}

function planChanged(digest: string, reviewed: string): Failure {
  return new Failure({
    code: 'E-GUARD',
    reason: 'PlanChanged',
    message: `The plan is not the one that was reviewed: its digest is ${digest || 'empty'}, and the reviewed plan digest is ${reviewed}.`,
    hint: 'Git or the cluster has changed since the review. Review the current plan.',
  })
}

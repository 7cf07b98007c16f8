import { createHash } from 'node:crypto'
import { field, isObject, type Json, type JsonObject, serialise, withField } from '../json.ts'
import { formatGroupKind, objectKey } from '../object/object-id.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { Plan } from './plan.ts'
import { isPruned } from './prune-decision.ts'

/** What a plan is for, beside its actions: another cluster, or other options, make another plan. */
export interface PlanContext {
  /** The cluster's identity. */
  readonly cluster: string
  /** The inventory as `NAMESPACE/NAME`. */
  readonly inventory: string
  readonly conflicts: string
}

/**
 * The digest of a plan: equal plans for the same cluster have the same one, whatever commit they come from. Values of Secrets
 * are left out, since a digest that everybody may read must not be a way to guess them; that they differ is in it.
 */
export function digestOfPlan({ objects, pruneDecisions }: Plan, context: PlanContext): string {
  const hash = createHash('sha256').update(serialise({ ...context }))
  for (const objectPlan of objects) hash.update(`\n${serialise(contentOf(objectPlan))}`)
  const pruned = pruneDecisions.filter(isPruned).map(({ id }) => objectKey(id))
  for (const key of pruned.sort()) hash.update(`\n${serialise([key, 'pruned'])}`)
  return `sha256:${hash.digest('hex')}`
}

function contentOf({ manifest, result, diffs, payload }: ObjectPlan): Json {
  if (result === 'unchanged') return [objectKey(manifest.id), result]
  const shown = diffs.map(({ field: name, change, before, after }): Json => {
    return [name, change, before ?? null, after ?? null]
  })
  return [
    objectKey(manifest.id),
    result,
    shown,
    formatGroupKind(manifest.id) === '/Secret' ? withoutValues(payload) : payload,
  ]
}

function withoutValues(secret: JsonObject): JsonObject {
  const data = field(secret, 'data')
  return isObject(data) ? withField(secret, 'data', Object.keys(data).sort()) : secret
}

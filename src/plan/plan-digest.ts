import { createHash } from 'node:crypto'
import { field, isObject, type Json, type JsonObject, serialise, withField } from '../json.ts'
import { formatGroupKind, objectKey } from '../object/object-id.ts'
import type { ObjectPlan } from './object-plan.ts'
import type { Plan } from './plan.ts'
import { isPruned } from './prune-decision.ts'

/** What the digest of a plan depends on beside its actions. */
export interface PlanContext {
  /** The cluster identity. */
  readonly cluster: string
  /** The inventory as `NAMESPACE/NAME`. */
  readonly inventory: string
  readonly conflicts: string
}

/**
 * The digest of a plan, as `sha256:HEX`. Equal plans for the same cluster have the same digest, whatever commit they come from.
 * It covers which values of Secrets change, but not the values: a digest is public, and would be a way to guess them.
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
  const fields = diffs.map(({ field: name, change, before, after }): Json => {
    return [name, change, before ?? null, after ?? null]
  })
  return [
    objectKey(manifest.id),
    result,
    fields,
    formatGroupKind(manifest.id) === '/Secret' ? withoutValues(payload) : payload,
  ]
}

function withoutValues(secret: JsonObject): JsonObject {
  const data = field(secret, 'data')
  return isObject(data) ? withField(secret, 'data', Object.keys(data).sort()) : secret
}

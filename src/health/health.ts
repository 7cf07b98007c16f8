import { field, type Json } from '../json.ts'
import { isCustom } from '../object/kinds.ts'
import { formatGroupKind, type ObjectId } from '../object/object-id.ts'
import { BUILT_IN_RULES } from './builtin.ts'
import { earlyHealth, generationLag, healthByConvention } from './conventions.ts'
import { statusRulesOf } from './kind-rules.ts'
import type { Health } from './status.ts'
import { healthByRules } from './status-rules.ts'

/**
 * The health of a live object. `id` gives its kind, because items of a list lack `apiVersion` and `kind`. A built-in kind has its
 * own rule, or is healthy as soon as it exists. For a custom kind, the first kind rule that applies decides, or else the conventions.
 */
export function healthOf(id: Pick<ObjectId, 'group' | 'kind'>, object: Json, rules = statusRulesOf): Health {
  if (typeof field(object, 'metadata', 'deletionTimestamp') === 'string') {
    return { status: 'Progressing', reason: 'it is being deleted' }
  }
  const key = formatGroupKind(id)
  const builtIn = BUILT_IN_RULES.get(key)
  if (builtIn !== undefined) return builtIn(object)
  if (!isCustom(id.group)) return generationLag(object) ?? { status: 'Healthy', reason: '' }
  return earlyHealth(object) ?? healthByRules(rules(key), object) ?? healthByConvention(id.kind, object)
}

/** Whether an object is ready: healthy, or suspended unless it must run. */
export function isReady({ status }: Pick<Health, 'status'>, mustRun = false): boolean {
  return status === 'Healthy' || (status === 'Suspended' && !mustRun)
}

/** Whether objects of a kind can be other than healthy. Those of custom kinds can. */
export function takesTime(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return isCustom(id.group) || BUILT_IN_RULES.has(formatGroupKind(id))
}

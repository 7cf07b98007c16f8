import { ARGO } from './kinds/argo.ts'
import { CLOUDS } from './kinds/clouds.ts'
import { CLUSTERS } from './kinds/clusters.ts'
import { DATA } from './kinds/data.ts'
import { GATEWAYS } from './kinds/gateways.ts'
import { JOBS } from './kinds/jobs.ts'
import { STATUSLESS } from './kinds/statusless.ts'
import { TOOLS } from './kinds/tools.ts'
import { WORKLOADS } from './kinds/workloads.ts'
import { type KindRules, type StatusRule, testPattern } from './status-rules.ts'

/** Rules for kinds that the conventions get wrong. If several entries match a kind, their rules apply in this order. */
export const KIND_RULES: readonly KindRules[] = [
  ...STATUSLESS,
  ...ARGO,
  ...CLOUDS,
  ...JOBS,
  ...TOOLS,
  ...WORKLOADS,
  ...CLUSTERS,
  ...GATEWAYS,
  ...DATA,
]

const compiledRules = KIND_RULES.map(({ kinds, rules }) => ({
  patterns: kinds.split(/\s+/).map(testPattern),
  rules,
}))

const rulesByKind = new Map<string, readonly StatusRule[]>()

/** The rules for a kind, given as `group/Kind`; empty if there are none. */
export function statusRulesOf(key: string): readonly StatusRule[] {
  const found =
    rulesByKind.get(key) ??
    compiledRules.flatMap(({ patterns, rules }) => (patterns.some((pattern) => pattern.test(key)) ? rules : []))
  rulesByKind.set(key, found)
  return found
}

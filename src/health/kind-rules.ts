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

/** What the conventions do not know of some kinds. Several rows may be about one kind: the rules of the first come first. */
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

const compiled = KIND_RULES.map(({ kinds, rules }) => ({
  patterns: kinds.split(/\s+/).map(testPattern),
  rules,
}))

const known = new Map<string, readonly StatusRule[]>()

/** The rules about a kind, given as `group/Kind`; none where the conventions are enough. */
export function statusRulesOf(key: string): readonly StatusRule[] {
  const found =
    known.get(key) ?? compiled.flatMap((row) => (row.patterns.some((each) => each.test(key)) ? row.rules : []))
  known.set(key, found)
  return found
}

import { field, serialise, stringField } from '../../json.ts'
import { factsOf } from '../../object/kinds.ts'
import { type GraphBuilder, linkAll } from '../graph-builder.ts'
import { type EdgeSource, indicesOf } from './edge-source.ts'
import type { LabelIndex } from './label-index.ts'

/** Quotas, limit ranges and network policies only apply to new Pods, so they come before objects with Pods. */
export function linkLimits(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  const isLimit = ({ manifest }: EdgeSource) => factsOf(manifest.id).limitsPods === true
  const namespaceNode = ({ manifest }: EdgeSource) => manifest.id.namespace
  const podMakers = Map.groupBy(
    sources.filter(({ pods }) => pods.length > 0),
    namespaceNode,
  )
  for (const [namespace, limits] of Map.groupBy(sources.filter(isLimit), namespaceNode)) {
    linkAll(graph, indicesOf(limits), indicesOf(podMakers.get(namespace) ?? []), 'limits', {
      title: `limits in ${namespace}`,
      why: 'quotas, limit ranges and network policies apply to Pods created after them',
    })
  }
}

/** The bindings of a ServiceAccount come before the Pods that run as it. */
export function linkRights(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  const given = sources.flatMap(({ index, references }) =>
    references.flatMap(({ rule, kind, namespace = '', name }) => {
      if (rule !== 'subject') return []
      const [, all] = kind === 'Group' ? (/^system:serviceaccounts:(.+)$/.exec(name) ?? []) : []
      if (all !== undefined) return [{ index, account: `${all}/*` }]
      return kind === 'ServiceAccount' ? [{ index, account: `${namespace}/${name}` }] : []
    }),
  )
  const used = sources.flatMap(({ index, manifest: { id }, pods }) =>
    pods.flatMap(({ spec }) => {
      const name = stringField(spec, 'serviceAccountName') ?? stringField(spec, 'serviceAccount') ?? 'default'
      return [name, '*'].map((account) => ({ index, account: `${id.namespace}/${account}` }))
    }),
  )
  const users = Map.groupBy(used, ({ account }) => account)
  for (const [account, bindings] of Map.groupBy(given, ({ account }) => account)) {
    linkAll(graph, indicesOf(bindings), indicesOf(users.get(account) ?? []), 'rights', {
      title: `permissions of ${account}`,
      why: 'its ServiceAccount has its permissions when its Pods start',
    })
  }
}

/** A PodDisruptionBudget comes before the Pods that it selects. */
export function linkDisruptionBudgets(
  sources: readonly EdgeSource[],
  podMakers: LabelIndex<number>,
  graph: GraphBuilder,
): void {
  const budgets = sources.filter(({ groupKind }) => groupKind === 'policy/PodDisruptionBudget')
  const selectorOf = ({ manifest }: EdgeSource) => field(manifest.object, 'spec', 'selector') ?? null
  const alike = Map.groupBy(budgets, (budget) => `${budget.manifest.id.namespace} ${serialise(selectorOf(budget))}`)
  for (const [title, [first, ...others]] of alike) {
    if (first === undefined) continue
    const selected = podMakers.select(first.manifest.id.namespace, selectorOf(first))
    const why = 'a budget protects the Pods that are created after it'
    linkAll(graph, indicesOf([first, ...others]), selected, 'guards', { title: `budgets of ${title}`, why })
  }
}

import { field, serialise, stringField } from '../../json.ts'
import { type Draft, linkAll } from '../graph-builder.ts'
import type { Selection } from './label-index.ts'
import { indicesOf, type Subject } from './edge-source.ts'

const LIMITS = ['/ResourceQuota', '/LimitRange', 'networking.k8s.io/NetworkPolicy']

/** What limits the Pods of a namespace is asked only when a Pod is made, so it comes before all that make any. */
export function linkLimits(subjects: readonly Subject[], graph: Draft): void {
  const isLimit = ({ kindKey }: Subject) => LIMITS.includes(kindKey)
  const home = ({ manifest }: Subject) => manifest.id.namespace
  const makers = Map.groupBy(
    subjects.filter(({ pods }) => pods.length > 0),
    home,
  )
  for (const [namespace, limits] of Map.groupBy(subjects.filter(isLimit), home)) {
    linkAll(graph, indicesOf(limits), indicesOf(makers.get(namespace) ?? []), 'limits', {
      title: `limits in ${namespace}`,
      why: 'quotas, limit ranges and network policies hold for Pods made after them',
    })
  }
}

/** The bindings that give rights to a ServiceAccount come before the Pods that run as it. */
export function linkRights(subjects: readonly Subject[], graph: Draft): void {
  const given = subjects.flatMap(({ index, references }) =>
    references.flatMap(({ rule, kind, namespace = '', name }) => {
      if (rule !== 'subject') return []
      const [, all] = kind === 'Group' ? (/^system:serviceaccounts:(.+)$/.exec(name) ?? []) : []
      if (all !== undefined) return [{ index, account: `${all}/*` }]
      return kind === 'ServiceAccount' ? [{ index, account: `${namespace}/${name}` }] : []
    }),
  )
  const used = subjects.flatMap(({ index, manifest: { id }, pods }) =>
    pods.flatMap(({ spec }) => {
      const name = stringField(spec, 'serviceAccountName') ?? stringField(spec, 'serviceAccount') ?? 'default'
      return [name, '*'].map((account) => ({ index, account: `${id.namespace}/${account}` }))
    }),
  )
  const users = Map.groupBy(used, ({ account }) => account)
  for (const [account, bindings] of Map.groupBy(given, ({ account }) => account)) {
    linkAll(graph, indicesOf(bindings), indicesOf(users.get(account) ?? []), 'rights', {
      title: `rights of ${account}`,
      why: 'its ServiceAccount has its rights when its Pods start',
    })
  }
}

/** A PodDisruptionBudget is there before the Pods that it guards. */
export function linkGuards(subjects: readonly Subject[], makers: Selection<number>, graph: Draft): void {
  const budgets = subjects.filter(({ kindKey }) => kindKey === 'policy/PodDisruptionBudget')
  const selectorOf = ({ manifest }: Subject) => field(manifest.object, 'spec', 'selector') ?? null
  const alike = Map.groupBy(budgets, (budget) => `${budget.manifest.id.namespace} ${serialise(selectorOf(budget))}`)
  for (const [title, [first, ...others]] of alike) {
    if (first === undefined) continue
    const selected = makers.select(first.manifest.id.namespace, selectorOf(first))
    const why = 'a budget guards the Pods that are made after it'
    linkAll(graph, indicesOf([first, ...others]), selected, 'guards', { title: `budgets of ${title}`, why })
  }
}

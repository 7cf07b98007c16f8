import { keyOf, type ObjectId } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Step } from '../yaml/field.ts'
import { type Edge, edgesBy, type Graph, type Milestone, type Node, type Outside } from './graph.ts'
import { asOnTheLadder } from './kind-order.ts'
import { type RuleName, rankOf } from './edge-rules.ts'

/** A graph in the making. Nodes go by their indices; the objects are the first, in the order of `manifests`. */
export interface Draft {
  readonly manifests: readonly PlacedManifest[]
  /** The object with this identity, or without its namespace where there is none in it. */
  find(id: ObjectId): number | undefined
  /** The milestone of that title, made when it is first asked for. */
  milestone(milestone: Milestone): number
  /** The node of an object that is not in the set. */
  outsider(id: ObjectId): number
  /** Adds an edge; of several between the same nodes the first with the strongest rule stays. */
  link(before: number, after: number, rule: RuleName, path?: readonly Step[]): void
  /** Notes a reference that leads outside, once for each pair. */
  lead(reference: Outside): void
  /** The graph as it stands. */
  finish(): Graph
}

/** Starts a graph of manifests with unique identities, in any order. */
export function draft(manifests: readonly PlacedManifest[]): Draft {
  const sorted = asOnTheLadder(manifests)
  const nodes: Node[] = sorted.map((manifest) => ({ kind: 'object', manifest }))
  const indices = new Map(sorted.map(({ id }, index) => [keyOf(id), index]))
  const added = new Map<string, number>()
  const edges: Edge[] = []
  const outside = new Map<string, Outside>()
  const add = (key: string, node: Node): number => {
    const index = added.get(key) ?? nodes.push(node) - 1
    added.set(key, index)
    return index
  }
  return {
    manifests: sorted,
    find: (id) =>
      indices.get(keyOf(id)) ?? (id.namespace === '' ? undefined : indices.get(keyOf({ ...id, namespace: '' }))),
    milestone: (milestone) => add(milestone.title, { kind: 'milestone', ...milestone }),
    outsider: (id) => add(keyOf(id), { kind: 'outside', id }),
    link: (before, after, rule, path = []) => {
      edges.push({ before, after, rule, path })
    },
    lead: (reference) => {
      const key = `${keyOf(reference.from.id)} ${keyOf(reference.id)}`
      if (!outside.has(key)) outside.set(key, reference)
    },
    finish: () => ({ nodes, edges: strongest(edges, nodes.length), outside: [...outside.values()] }),
  }
}

/** The edges without those that have a stronger one beside them, sorted by where they end. */
function strongest(edges: readonly Edge[], nodes: number): Edge[] {
  const kept: Edge[] = []
  // For each node where an edge begins its place among those kept, from 1; places of other ends are never reached again.
  const places = new Int32Array(nodes)
  for (const arriving of edgesBy('after', edges, nodes)) {
    const start = kept.length
    for (const edge of arriving) {
      const place = places[edge.before] ?? 0
      const known = place > start ? kept[place - 1] : undefined
      if (known === undefined) places[edge.before] = kept.push(edge)
      else if (rankOf(edge.rule) < rankOf(known.rule)) kept[place - 1] = edge
    }
  }
  return kept
}

/**
 * Adds that all of `before` come before all of `after`; none comes before itself. With a milestone between many and many,
 * because a hundred quotas and a thousand Pods would be a hundred thousand edges.
 */
export function linkAll(
  graph: Draft,
  before: readonly number[],
  after: readonly number[],
  rule: RuleName,
  milestone: Milestone,
): void {
  if (before.length < 2 || after.length < 2) {
    for (const first of before) for (const then of after) if (first !== then) graph.link(first, then, rule)
    return
  }
  const between = graph.milestone(milestone)
  const firsts = new Set(before)
  for (const first of before) graph.link(first, between, rule)
  for (const then of after) if (!firsts.has(then)) graph.link(between, then, rule)
}

import { type ObjectId, objectKey } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { Step } from '../yaml/field.ts'
import { type EdgeRuleName, ruleRank } from './edge-rules.ts'
import { type Edge, type ExternalReference, edgesBy, type Graph, type JoinNode, type Node } from './graph.ts'
import { sortByKind } from './kind-order.ts'

/** Builds a graph. Nodes are known by their indices; the objects come first, in the order of `manifests`. */
export interface GraphBuilder {
  readonly manifests: readonly ResolvedManifest[]
  /** The object with this identity; if there is none, the cluster-scoped one of the same kind and name. */
  find(id: ObjectId): number | undefined
  /** The join with that title, created on first use. */
  joinNode(joinNode: JoinNode): number
  /** The node of an object outside of the set. */
  externalNode(id: ObjectId): number
  /** Adds an edge; of several between the same nodes, the first with the strongest rule is kept. */
  addEdge(from: number, to: number, rule: EdgeRuleName, path?: readonly Step[]): void
  /** Adds a reference to an object outside of the set, once for each pair. */
  addExternalReference(reference: ExternalReference): void
  /** Returns the graph. */
  finish(): Graph
}

/** Opens a builder for manifests with unique identities, in any order. */
export function newGraphBuilder(manifests: readonly ResolvedManifest[]): GraphBuilder {
  const sorted = sortByKind(manifests)
  const nodes: Node[] = sorted.map((manifest) => ({ kind: 'object', manifest }))
  const indices = new Map(sorted.map(({ id }, index) => [objectKey(id), index]))
  const added = new Map<string, number>()
  const edges: Edge[] = []
  const external = new Map<string, ExternalReference>()
  const add = (key: string, node: Node): number => {
    const index = added.get(key) ?? nodes.push(node) - 1
    added.set(key, index)
    return index
  }
  return {
    manifests: sorted,
    find: (id) =>
      indices.get(objectKey(id)) ??
      (id.namespace === '' ? undefined : indices.get(objectKey({ ...id, namespace: '' }))),
    joinNode: (joinNode) => add(joinNode.title, { kind: 'join', ...joinNode }),
    externalNode: (id) => add(objectKey(id), { kind: 'external', id }),
    addEdge: (from, to, rule, path = []) => {
      edges.push({ from, to, rule, path })
    },
    addExternalReference: (reference) => {
      const key = `${objectKey(reference.from.id)} ${objectKey(reference.id)}`
      if (!external.has(key)) external.set(key, reference)
    },
    finish: () => ({ nodes, edges: strongest(edges, nodes.length), external: [...external.values()] }),
  }
}

/** Returns the strongest edge between each pair of nodes, sorted by the node where they end. */
function strongest(edges: readonly Edge[], nodes: number): Edge[] {
  const kept: Edge[] = []
  // For each node where an edge begins, its position among the kept edges, from 1; positions for other ends are not used again.
  const places = new Int32Array(nodes)
  for (const arriving of edgesBy('to', edges, nodes)) {
    const start = kept.length
    for (const edge of arriving) {
      const place = places[edge.from] ?? 0
      const known = place > start ? kept[place - 1] : undefined
      if (known === undefined) places[edge.from] = kept.push(edge)
      else if (ruleRank(edge.rule) < ruleRank(known.rule)) kept[place - 1] = edge
    }
  }
  return kept
}

/**
 * Adds edges from all of `before` to all of `after`, except from a node to itself. Many-to-many edges go through a join, because a
 * hundred quotas and a thousand Pods would need a hundred thousand edges.
 */
export function linkAll(
  graph: GraphBuilder,
  from: readonly number[],
  to: readonly number[],
  rule: EdgeRuleName,
  joinNode: JoinNode,
): void {
  if (from.length < 2 || to.length < 2) {
    for (const first of from) for (const then of to) if (first !== then) graph.addEdge(first, then, rule)
    return
  }
  const join = graph.joinNode(joinNode)
  const earlier = new Set(from)
  for (const first of from) graph.addEdge(first, join, rule)
  for (const then of to) if (!earlier.has(then)) graph.addEdge(join, then, rule)
}

import { type ApplyOrder, manifestOf, type Sequence } from './apply-order.ts'
import type { EdgeRuleName } from './edge-rules.ts'
import { type Edge, edgesBy } from './graph.ts'
import { isLate } from './kind-order.ts'

/** A stretch that one stream can carry. */
export interface Stage {
  readonly manifests: Sequence
  /** What has to be ready before the stage begins: indices of nodes of earlier stages, or of objects outside of the set. */
  readonly awaits: readonly number[]
}

/** The rules for which position does not suffice: the one has to be ready, not merely applied. */
const WAIT_RULES: readonly EdgeRuleName[] = ['definition', 'depends-on', 'wave']

/** The nodes for which others would have to wait, if applying them took a while; in the order of apply. */
export function nodesWaitedFor({ graph, nodes }: ApplyOrder): number[] {
  const starts = new Set(graph.edges.filter(requiresReady).map(({ from }) => from))
  return nodes.filter((index) => starts.has(index) && graph.nodes[index]?.kind !== 'milestone')
}

/**
 * Cuts an order into the fewest stages: as many as the longest chain of `pending` nodes, those that change or are not ready,
 * and others that wait for them. Within a stage the order is that of the whole. What the server asks about others comes as
 * late as it can. For nodes that are `decided` nothing has to wait any more, nor do they themselves.
 */
export function cutIntoStages(
  order: ApplyOrder,
  pending: ReadonlySet<number>,
  decided: ReadonlySet<number> = new Set(),
): Stage[] {
  const { graph, nodes } = order
  const weight = (edge: Edge) => (requiresReady(edge) && pending.has(edge.from) ? 1 : 0)
  const levels = levelsOf(order, weight, decided)
  const last = nodes.reduce((most, index) => Math.max(most, levels[index] ?? 0), 0)
  const awaits = new Map<number, number>()
  for (const edge of graph.edges) {
    const level = levels[edge.to] ?? 0
    if (decided.has(edge.to)) continue
    if (weight(edge) > 0) awaits.set(edge.from, Math.min(awaits.get(edge.from) ?? last, level))
  }
  return Array.from({ length: last + 1 }, (_, level) => ({
    manifests: nodes.flatMap((index) => (levels[index] === level ? (manifestOf(graph.nodes[index]) ?? []) : [])),
    awaits: nodes.filter((index) => awaits.get(index) === level),
  }))
}

/** Whether what comes before has to be ready, not merely applied. */
export function requiresReady({ rule }: Edge): boolean {
  return WAIT_RULES.includes(rule)
}

/** The stage of each node, from 0. */
function levelsOf(
  { graph, nodes }: ApplyOrder,
  weight: (edge: Edge) => number,
  decided: ReadonlySet<number>,
): Int32Array {
  const levels = new Int32Array(graph.nodes.length)
  const leaving = edgesBy('from', graph.edges, graph.nodes.length)
  let last = 0
  for (const index of nodes) {
    for (const edge of leaving[index] ?? []) {
      if (decided.has(edge.to)) continue
      levels[edge.to] = Math.max(levels[edge.to] ?? 0, (levels[index] ?? 0) + weight(edge))
      last = Math.max(last, levels[edge.to] ?? 0)
    }
  }
  for (const index of nodes.toReversed()) {
    const manifest = manifestOf(graph.nodes[index])
    if (manifest === undefined || !isLate(manifest.id) || decided.has(index)) continue
    levels[index] = (leaving[index] ?? []).reduce(
      (level, edge) => Math.min(level, (levels[edge.to] ?? 0) - weight(edge)),
      last,
    )
  }
  return levels
}

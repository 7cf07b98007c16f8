import { type ApplyOrder, manifestOf, type Sequence } from './apply-order.ts'
import type { EdgeRuleName } from './edge-rules.ts'
import { type Edge, edgesBy } from './graph.ts'
import { isLate } from './kind-order.ts'

/** Objects that can be applied in one stream. */
export interface Stage {
  readonly manifests: Sequence
  /** The nodes that must be ready before the stage begins: of earlier stages, or objects outside of the set. */
  readonly awaits: readonly number[]
}

/** Rules whose first object must be ready, not only applied. */
const WAIT_RULES: readonly EdgeRuleName[] = ['definition', 'depends-on', 'wave']

/** Returns the nodes that others must wait for until they are ready, in apply order. */
export function nodesWaitedFor({ graph, nodes }: ApplyOrder): number[] {
  const starts = new Set(graph.edges.filter(requiresReady).map(({ from }) => from))
  return nodes.filter((index) => starts.has(index) && graph.nodes[index]?.kind !== 'join')
}

/**
 * Cuts an order into as few stages as possible: as many as the longest chain of `pending` nodes, which change or are not ready, and
 * nodes that wait for them. Within a stage the order is kept. Webhooks and other admission come as late as possible. Nodes that are
 * `decided` neither wait nor are waited for.
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

/** Whether the first object of an edge must be ready, not only applied. */
export function requiresReady({ rule }: Edge): boolean {
  return WAIT_RULES.includes(rule)
}

/** Returns the stage of each node, from 0. */
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

import { type Edge, edgesBy, type Graph, isSoft, type Node } from './graph.ts'

/** With more pairs an edge of the join is dropped as a whole. */
const MAX_PAIRS = 10_000

/**
 * Splits joins of soft edges that are part of a strongly connected component: the nodes before and after are linked pair by pair,
 * so that dropping an edge costs one pair, and not all edges through the join.
 */
export function splitJoins({ nodes, edges, external }: Graph, components: readonly (readonly Edge[])[]): Graph {
  const added: Node[] = []
  const more: Edge[] = []
  const gone = new Set<Edge>()
  const leaving = edgesBy('from', edges, nodes.length)
  const arriving = edgesBy('to', edges, nodes.length)
  for (const component of components) {
    const into = Map.groupBy(component, ({ to }) => to)
    const outOf = Map.groupBy(component, ({ from }) => from)
    for (const [index, first] of into) {
      const join = nodes[index]
      const then = outOf.get(index) ?? []
      const isPlain = [...first, ...then].every((edge) => isSoft(edge) && isBetweenObjects(edge, index, nodes))
      if (join?.kind !== 'join' || !isPlain || first.length * then.length > MAX_PAIRS) continue
      for (const { from, rule, path } of first)
        for (const { to } of then) if (from !== to) more.push({ from, to, rule, path })
      const inComponent = new Set(then)
      const others = (leaving[index] ?? []).filter((edge) => !inComponent.has(edge))
      const twin = nodes.length + added.length
      if (others.length > 0) added.push(join)
      if (others.length > 0) more.push(...first.map((edge) => ({ ...edge, to: twin })))
      for (const edge of others) more.push({ ...edge, from: twin })
      for (const edge of first) gone.add(edge)
      // A join without anything before it has no meaning.
      if (arriving[index]?.length === first.length) for (const edge of leaving[index] ?? []) gone.add(edge)
    }
  }
  return { nodes: [...nodes, ...added], edges: [...edges.filter((edge) => !gone.has(edge)), ...more], external }
}

/** Whether an edge of the join at an index does not connect it with another join. */
function isBetweenObjects({ from, to }: Edge, index: number, nodes: readonly Node[]): boolean {
  return nodes[from === index ? to : from]?.kind !== 'join'
}

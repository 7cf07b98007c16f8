import { type Edge, edgesBy, type Graph, isSoft, type Node } from './graph.ts'

/** More pairs are not worth it: then an edge of the milestone is left out as a whole. */
const MOST_PAIRS = 10_000

/**
 * Takes milestones of soft edges apart where they are part of a knot: what comes before and after in the knot is linked pair
 * by pair. So whatever has to be left out costs one pair, and not all that go through the milestone.
 */
export function unbundle({ nodes, edges, outside }: Graph, knots: readonly (readonly Edge[])[]): Graph {
  const added: Node[] = []
  const more: Edge[] = []
  const gone = new Set<Edge>()
  const leaving = edgesBy('before', edges, nodes.length)
  const arriving = edgesBy('after', edges, nodes.length)
  for (const knot of knots) {
    const into = Map.groupBy(knot, ({ after }) => after)
    const outOf = Map.groupBy(knot, ({ before }) => before)
    for (const [index, first] of into) {
      const milestone = nodes[index]
      const then = outOf.get(index) ?? []
      const isPlain = [...first, ...then].every((edge) => isSoft(edge) && isBetweenObjects(edge, index, nodes))
      if (milestone?.kind !== 'milestone' || !isPlain || first.length * then.length > MOST_PAIRS) continue
      for (const { before, rule, path } of first)
        for (const { after } of then) if (before !== after) more.push({ before, after, rule, path })
      const inKnot = new Set(then)
      const others = (leaving[index] ?? []).filter((edge) => !inKnot.has(edge))
      const twin = nodes.length + added.length
      if (others.length > 0) added.push(milestone)
      if (others.length > 0) more.push(...first.map((edge) => ({ ...edge, after: twin })))
      for (const edge of others) more.push({ ...edge, before: twin })
      for (const edge of first) gone.add(edge)
      // Without anything before it the milestone would stand for nothing.
      if (arriving[index]?.length === first.length) for (const edge of leaving[index] ?? []) gone.add(edge)
    }
  }
  return { nodes: [...nodes, ...added], edges: [...edges.filter((edge) => !gone.has(edge)), ...more], outside }
}

/** Whether an edge of the milestone at an index does not lead from or to another milestone. */
function isBetweenObjects({ before, after }: Edge, index: number, nodes: readonly Node[]): boolean {
  return nodes[before === index ? after : before]?.kind !== 'milestone'
}

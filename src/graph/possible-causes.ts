import { type ApplyOrder, manifestOf, type Sequence } from './apply-order.ts'
import { edgesBy } from './graph.ts'

/**
 * Returns a function that finds possible causes for the rejection of a node: of the objects before it, those for which `suspect`
 * is true, the nearest on each path.
 */
export function possibleCausesIn({
  graph,
}: ApplyOrder): (index: number, isSuspect: (index: number) => boolean) => Sequence {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  return (start, isSuspect) => {
    const seen = new Set([start])
    const causes: number[] = []
    const open = [start]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      for (const { from } of arriving[index] ?? []) {
        if (seen.has(from)) continue
        seen.add(from)
        if (isSuspect(from)) causes.push(from)
        else open.push(from)
      }
    }
    return causes.sort((a, b) => a - b).flatMap((index) => manifestOf(graph.nodes[index]) ?? [])
  }
}

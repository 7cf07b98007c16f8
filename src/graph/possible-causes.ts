import { type ApplyOrder, manifestOf, type Sequence } from './apply-order.ts'
import { edgesBy } from './graph.ts'

/**
 * Makes a function that gives what may be the cause when the node of an index is refused: of the objects that come before
 * it, those that are `suspect`, the nearest on each way.
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

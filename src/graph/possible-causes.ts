import { edgesBy } from './graph.ts'
import { manifestOf, type Ordering, type Sequence } from './apply-order.ts'

/**
 * Makes a function that gives what may be the cause when the node of an index is refused: of the objects that come before
 * it, those that are `suspect`, the nearest on each way.
 */
export function causesIn({ graph }: Ordering): (index: number, suspect: (index: number) => boolean) => Sequence {
  const arriving = edgesBy('after', graph.edges, graph.nodes.length)
  return (start, suspect) => {
    const seen = new Set([start])
    const causes: number[] = []
    const open = [start]
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      for (const { before } of arriving[index] ?? []) {
        if (seen.has(before)) continue
        seen.add(before)
        if (suspect(before)) causes.push(before)
        else open.push(before)
      }
    }
    return causes.sort((a, b) => a - b).flatMap((index) => manifestOf(graph.nodes[index]) ?? [])
  }
}

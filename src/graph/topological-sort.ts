import TinyQueue from 'tinyqueue'
import { type Edge, edgesBy } from './graph.ts'

/**
 * The nodes in an order along the edges: of those that may come next always the one with the lowest `priority`, by default
 * its index (Kahn 1962). Nodes on a cycle, and those after it, are missing.
 */
export function topological(nodes: number, edges: readonly Edge[], priority = (node: number) => node): number[] {
  const leaving = edgesBy('before', edges, nodes)
  const waiting = new Int32Array(nodes)
  for (const { after } of edges) waiting[after] = (waiting[after] ?? 0) + 1
  const ready = [...waiting.keys()].filter((node) => waiting[node] === 0)
  const queue = new TinyQueue(ready, (a, b) => priority(a) - priority(b))
  const order: number[] = []
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    order.push(node)
    for (const { after } of leaving[node] ?? []) {
      waiting[after] = (waiting[after] ?? 0) - 1
      if (waiting[after] === 0) queue.push(after)
    }
  }
  return order
}

import TinyQueue from 'tinyqueue'
import { type Edge, edgesBy } from './graph.ts'

/**
 * Returns the nodes in topological order: of those that may come next always the one with the lowest `priority`, by default its
 * index (Kahn 1962). Nodes on a cycle, and those after it, are missing.
 */
export function topologicalSort(nodes: number, edges: readonly Edge[], priority = (node: number) => node): number[] {
  const leaving = edgesBy('from', edges, nodes)
  const waiting = new Int32Array(nodes)
  for (const { to } of edges) waiting[to] = (waiting[to] ?? 0) + 1
  const ready = [...waiting.keys()].filter((node) => waiting[node] === 0)
  const queue = new TinyQueue(ready, (a, b) => priority(a) - priority(b))
  const order: number[] = []
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    order.push(node)
    for (const { to } of leaving[node] ?? []) {
      waiting[to] = (waiting[to] ?? 0) - 1
      if (waiting[to] === 0) queue.push(to)
    }
  }
  return order
}

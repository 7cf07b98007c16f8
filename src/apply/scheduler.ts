import { edgesBy } from '../graph/graph.ts'
import type { Ordering } from '../graph/apply-order.ts'

/** Whose turn it is, where several streams apply at once: nobody's before all that it builds on has been answered. */
export interface Turns {
  /** Settles when the turn of an object has come. */
  of(index: number): Promise<void>
  /** Notes that an object was answered, or will not be any more. */
  done(index: number): void
}

/**
 * Makes turns for those of the objects that are `open`; all the others are done. Each stream sends its objects in the order of
 * the whole, so that the first of those that are left always has its turn: no two streams wait for each other.
 */
export function makeTurns({ graph, nodes }: Ordering, open: ReadonlySet<number>): Turns {
  const leaving = edgesBy('before', graph.edges, graph.nodes.length)
  const missing = new Int32Array(graph.nodes.length)
  const waiting = new Map<number, () => void>()
  const isDone = new Uint8Array(graph.nodes.length)
  const comesDown = (index: number): boolean => open.has(index) || (missing[index] ?? 0) > 0
  // Along the order: a milestone is open as long as anything before it is.
  for (const index of nodes)
    if (comesDown(index)) for (const { after } of leaving[index] ?? []) missing[after] = (missing[after] ?? 0) + 1
  const finish = (start: number): void => {
    const settled = [start]
    for (let index = settled.pop(); index !== undefined; index = settled.pop()) {
      if (isDone[index] === 1) continue
      isDone[index] = 1
      for (const { after } of leaving[index] ?? []) {
        missing[after] = (missing[after] ?? 0) - 1
        if (missing[after] !== 0) continue
        waiting.get(after)?.()
        if (!open.has(after)) settled.push(after)
      }
    }
  }
  return {
    of: (index) =>
      (missing[index] ?? 0) <= 0 ? Promise.resolve() : new Promise((resolve) => waiting.set(index, resolve)),
    done: finish,
  }
}

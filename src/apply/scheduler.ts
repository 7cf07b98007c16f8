import type { ApplyOrder } from '../graph/apply-order.ts'
import { edgesBy } from '../graph/graph.ts'

/** Whose turn it is, where several streams apply at once: nobody's before all that it builds on has been answered. */
export interface Scheduler {
  /** Settles when the turn of an object has come. */
  of(index: number): Promise<void>
  /** Notes that an object was answered, or will not be any more. */
  done(index: number): void
}

/**
 * Makes turns for those of the objects that are `open`; all the others are done. Each stream sends its objects in the order of
 * the whole, so that the first of those that are left always has its turn: no two streams wait for each other.
 */
export function makeScheduler({ graph, nodes }: ApplyOrder, open: ReadonlySet<number>): Scheduler {
  const leaving = edgesBy('from', graph.edges, graph.nodes.length)
  const missing = new Int32Array(graph.nodes.length)
  const waiting = new Map<number, () => void>()
  const isDone = new Uint8Array(graph.nodes.length)
  const comesDown = (index: number): boolean => open.has(index) || (missing[index] ?? 0) > 0
  // Along the order: a milestone is open as long as anything before it is.
  for (const index of nodes)
    if (comesDown(index)) for (const { to } of leaving[index] ?? []) missing[to] = (missing[to] ?? 0) + 1
  const finish = (start: number): void => {
    const finished = [start]
    for (let index = finished.pop(); index !== undefined; index = finished.pop()) {
      if (isDone[index] === 1) continue
      isDone[index] = 1
      for (const { to } of leaving[index] ?? []) {
        missing[to] = (missing[to] ?? 0) - 1
        if (missing[to] !== 0) continue
        waiting.get(to)?.()
        if (!open.has(to)) finished.push(to)
      }
    }
  }
  return {
    of: (index) =>
      (missing[index] ?? 0) <= 0 ? Promise.resolve() : new Promise((resolve) => waiting.set(index, resolve)),
    done: finish,
  }
}

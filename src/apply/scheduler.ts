import type { ApplyOrder } from '../graph/apply-order.ts'
import { edgesBy } from '../graph/graph.ts'

/** Lets an object of concurrent streams pass once every object before it in the graph has a response. */
export interface Scheduler {
  /** Settles when an object may be sent. */
  of(index: number): Promise<void>
  /** Records that an object has a response, or will get none. */
  done(index: number): void
}

/**
 * Makes a scheduler for the objects that are `open`; all others count as done. Each stream must send its objects in the order
 * of the set: then the first remaining object may always be sent, and streams cannot deadlock.
 */
export function makeScheduler({ graph, nodes }: ApplyOrder, open: ReadonlySet<number>): Scheduler {
  const outgoing = edgesBy('from', graph.edges, graph.nodes.length)
  const unfinished = new Int32Array(graph.nodes.length)
  const waiters = new Map<number, () => void>()
  const isDone = new Uint8Array(graph.nodes.length)
  const isBlocking = (index: number): boolean => open.has(index) || (unfinished[index] ?? 0) > 0
  // In the order of the set, because a join node is open as long as any node before it is.
  for (const index of nodes)
    if (isBlocking(index)) for (const { to } of outgoing[index] ?? []) unfinished[to] = (unfinished[to] ?? 0) + 1
  const finish = (start: number): void => {
    const finished = [start]
    for (let index = finished.pop(); index !== undefined; index = finished.pop()) {
      if (isDone[index] === 1) continue
      isDone[index] = 1
      for (const { to } of outgoing[index] ?? []) {
        unfinished[to] = (unfinished[to] ?? 0) - 1
        if (unfinished[to] !== 0) continue
        waiters.get(to)?.()
        if (!open.has(to)) finished.push(to)
      }
    }
  }
  return {
    of: (index) =>
      (unfinished[index] ?? 0) <= 0 ? Promise.resolve() : new Promise((resolve) => waiters.set(index, resolve)),
    done: finish,
  }
}

import type { Edge } from './graph.ts'

/** Edges indexed by both ends. */
export interface EdgeIndex {
  readonly leaving: Map<number, Edge[]>
  readonly arriving: Map<number, Edge[]>
}

/** Creates an index of edges. */
export function edgeIndex(edges: readonly Edge[]): EdgeIndex {
  const index: EdgeIndex = { leaving: new Map(), arriving: new Map() }
  for (const edge of edges) addEdgeToIndex(index, edge)
  return index
}

/** Adds an edge to an index. */
export function addEdgeToIndex({ leaving, arriving }: EdgeIndex, edge: Edge): void {
  for (const [lists, node] of [
    [leaving, edge.from],
    [arriving, edge.to],
  ] as const) {
    const list = lists.get(node)
    if (list === undefined) lists.set(node, [edge])
    else list.push(edge)
  }
}

/**
 * Returns a shortest path along edges: empty from a node to itself, undefined if there is none. The search runs from both ends,
 * because one of them is often next to a join with thousands of neighbours.
 */
export function shortestPath({ leaving, arriving }: EdgeIndex, start: number, target: number): Edge[] | undefined {
  const ahead: Search = {
    seen: new Map([[start, undefined]]),
    front: [start],
    lists: leaving,
    next: ({ to }) => to,
  }
  const back: Search = {
    seen: new Map([[target, undefined]]),
    front: [target],
    lists: arriving,
    next: ({ from }) => from,
  }
  let meeting = start === target ? start : undefined
  while (meeting === undefined && ahead.front.length > 0 && back.front.length > 0) {
    const [search, other] = frontierSize(ahead) <= frontierSize(back) ? [ahead, back] : [back, ahead]
    meeting = extend(search, other)
  }
  if (meeting === undefined) return undefined
  const way: Edge[] = []
  for (let edge = ahead.seen.get(meeting); edge !== undefined; edge = ahead.seen.get(edge.from)) way.push(edge)
  way.reverse()
  for (let edge = back.seen.get(meeting); edge !== undefined; edge = back.seen.get(edge.to)) way.push(edge)
  return way
}

/** A search from one end: the edge by which each node was reached, and the nodes that were reached last. */
interface Search {
  readonly seen: Map<number, Edge | undefined>
  front: number[]
  readonly lists: ReadonlyMap<number, readonly Edge[]>
  readonly next: (edge: Edge) => number
}

/** Returns the number of edges of the next step of a search. */
function frontierSize({ front, lists }: Search): number {
  return front.reduce((sum, node) => sum + (lists.get(node)?.length ?? 0), 0)
}

/** Extends a search by one edge in all directions; returns a node where it meets the other search. */
function extend(search: Search, other: Search): number | undefined {
  const reached: number[] = []
  let meeting: number | undefined
  for (const node of search.front) {
    for (const edge of search.lists.get(node) ?? []) {
      const next = search.next(edge)
      if (search.seen.has(next)) continue
      search.seen.set(next, edge)
      reached.push(next)
      if (other.seen.has(next)) meeting ??= next
    }
  }
  search.front = reached
  return meeting
}

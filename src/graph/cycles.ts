import { EDGE_RULES, ruleRank } from './edge-rules.ts'
import { type Edge, edgesBy, type Graph, isSoft } from './graph.ts'
import { addEdgeToIndex, edgeIndex, shortestPath } from './shortest-path.ts'
import { splitJoins } from './split-joins.ts'
import { topologicalSort } from './topological-sort.ts'

/** A soft edge that was left out, and the edges that lead from its end back to its beginning. */
export interface DroppedEdge {
  readonly edge: Edge
  readonly against: readonly Edge[]
}

/** Whether an edge is left out because of what a manifest asks for explicitly, so that somebody should know. */
export function contradictsAnnotation({ against }: DroppedEdge): boolean {
  return against.some(({ rule }) => EDGE_RULES[rule].strength === 'explicit')
}

/** What became of a graph's cycles. */
export interface CycleResolution {
  /** What is left: without a cycle, if there are none of hard and explicit edges alone. */
  readonly graph: Graph
  readonly dropped: readonly DroppedEdge[]
  /** One shortest cycle of each knot of hard and explicit edges, as the edges along it. */
  readonly cycles: readonly (readonly Edge[])[]
}

/**
 * Frees a graph of its cycles. Soft edges are taken in one by one, those with the stronger rule first, and left out where
 * they would close one. Equal graphs give equal results.
 */
export function breakCycles(whole: Graph): CycleResolution {
  const count = whole.nodes.length
  if (topologicalSort(count, whole.edges).length === count) return { graph: whole, dropped: [], cycles: [] }
  const strict = whole.edges.filter((edge) => !isSoft(edge))
  const cycles = stronglyConnected(count, strict).map(shortestCycle)
  if (cycles.length > 0) return { graph: whole, dropped: [], cycles }
  const graph = splitJoins(whole, stronglyConnected(count, whole.edges))
  const dropped = stronglyConnected(graph.nodes.length, graph.edges).flatMap(dropSoftEdges)
  const gone = new Set(dropped.map(({ edge }) => edge))
  return { graph: { ...graph, edges: graph.edges.filter((edge) => !gone.has(edge)) }, dropped, cycles: [] }
}

/** The edges of a knot that have to go so that no cycle is left. */
function dropSoftEdges(component: readonly Edge[]): DroppedEdge[] {
  const reachability = edgeIndex(component.filter((edge) => !isSoft(edge)))
  // What leads into a milestone is taken first: without it the milestone would stand for nothing.
  const soft = component
    .filter(isSoft)
    .toSorted((a, b) => ruleRank(a.rule) - ruleRank(b.rule) || b.to - a.to || a.from - b.from)
  return soft.flatMap((edge) => {
    const against = shortestPath(reachability, edge.to, edge.from)
    if (against !== undefined) return [{ edge, against }]
    addEdgeToIndex(reachability, edge)
    return []
  })
}

/** How many edges are looked at for the shortest cycle of a knot; after that the shortest so far is told. */
const MAX_EDGES_SEARCHED = 2_000_000

function shortestCycle(component: readonly Edge[]): Edge[] {
  const reachability = edgeIndex(component)
  let shortest: Edge[] = []
  let budget = MAX_EDGES_SEARCHED
  for (const edge of component.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    const way = shortestPath(reachability, edge.to, edge.from)
    if (way !== undefined && (shortest.length === 0 || way.length + 1 < shortest.length)) shortest = [edge, ...way]
    budget -= component.length
    if (shortest.length > 0 && (shortest.length <= 2 || budget < 0)) break
  }
  return shortest
}

/** The sets of edges that lie on cycles together (strongly connected components, Tarjan 1972), each as its edges. */
function stronglyConnected(nodes: number, edges: readonly Edge[]): Edge[][] {
  const component = components(nodes, edges)
  const tied = edges.filter(({ from, to }) => component[from] === component[to])
  return [...Map.groupBy(tied, ({ from }) => component[from]).values()]
}

/** The component of each node, as the index of one of its nodes. */
function components(nodes: number, edges: readonly Edge[]): Int32Array {
  const leaving = edgesBy('from', edges, nodes)
  const component = new Int32Array(nodes).fill(-1)
  const found = new Int32Array(nodes)
  const lowest = new Int32Array(nodes)
  const position = new Int32Array(nodes)
  const open: number[] = []
  let count = 0
  for (let start = 0; start < nodes; start += 1) {
    // A stack of our own: a chain of dependencies may be longer than the call stack.
    const path = found[start] === 0 ? [start] : []
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      if (found[node] === 0) {
        count += 1
        found[node] = count
        lowest[node] = count
        open.push(node)
      }
      const edge = leaving[node]?.[position[node] ?? 0]
      if (edge === undefined) {
        path.pop()
        if (lowest[node] === found[node]) closeComponent(node, open, component)
        const parent = path.at(-1)
        if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] ?? 0, lowest[node] ?? 0)
        continue
      }
      position[node] = (position[node] ?? 0) + 1
      if (found[edge.to] === 0) path.push(edge.to)
      else if (component[edge.to] === -1) lowest[node] = Math.min(lowest[node] ?? 0, found[edge.to] ?? 0)
    }
  }
  return component
}

function closeComponent(root: number, open: number[], component: Int32Array): void {
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    component[node] = root
    if (node === root) return
  }
}

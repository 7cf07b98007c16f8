import { EDGE_RULES, ruleRank } from './edge-rules.ts'
import { type Edge, edgesBy, type Graph, isSoft } from './graph.ts'
import { addEdgeToIndex, edgeIndex, shortestPath } from './shortest-path.ts'
import { splitJoins } from './split-joins.ts'
import { topologicalSort } from './topological-sort.ts'

/** A soft edge that was dropped, and the path from its end back to its beginning. */
export interface DroppedEdge {
  readonly edge: Edge
  readonly against: readonly Edge[]
}

/** Whether an edge was dropped because of an annotation, which is worth a warning. */
export function contradictsAnnotation({ against }: DroppedEdge): boolean {
  return against.some(({ rule }) => EDGE_RULES[rule].strength === 'explicit')
}

/** The result of breaking the cycles of a graph. */
export interface CycleResolution {
  /** The kept edges: without cycles, unless hard and explicit edges form one. */
  readonly graph: Graph
  readonly dropped: readonly DroppedEdge[]
  /** A shortest cycle for each strongly connected component of hard and explicit edges, as its edges. */
  readonly cycles: readonly (readonly Edge[])[]
}

/**
 * Breaks the cycles of a graph. Soft edges are added one by one, those with the stronger rule first, and dropped if they would
 * close a cycle. Equal graphs give equal results.
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

/** Returns the edges of a component that must be dropped to break its cycles. */
function dropSoftEdges(component: readonly Edge[]): DroppedEdge[] {
  const reachability = edgeIndex(component.filter((edge) => !isSoft(edge)))
  // Edges into a join come first, because a join without them has no meaning.
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

/** The maximum number of edges visited to find the shortest cycle of a component; then the shortest so far is reported. */
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

/** Returns the strongly connected components (Tarjan 1972), each as its edges. */
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
    // An explicit stack, because a chain of dependencies may be longer than the call stack.
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

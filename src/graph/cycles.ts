import { type Edge, edgesBy, type Graph, isSoft } from './graph.ts'
import { addTo, shortestPath, webOf } from './shortest-path.ts'
import { RULES, rankOf } from './edge-rules.ts'
import { topological } from './topological-sort.ts'
import { unbundle } from './split-joins.ts'

/** A soft edge that was left out, and the edges that lead from its end back to its beginning. */
export interface Dropped {
  readonly edge: Edge
  readonly against: readonly Edge[]
}

/** Whether an edge is left out because of what a manifest asks for explicitly, so that somebody should know. */
export function isAgainstWishes({ against }: Dropped): boolean {
  return against.some(({ rule }) => RULES[rule].force === 'explicit')
}

/** What became of a graph's cycles. */
export interface Resolution {
  /** What is left: without a cycle, if there are none of hard and explicit edges alone. */
  readonly graph: Graph
  readonly dropped: readonly Dropped[]
  /** One shortest cycle of each knot of hard and explicit edges, as the edges along it. */
  readonly cycles: readonly (readonly Edge[])[]
}

/**
 * Frees a graph of its cycles. Soft edges are taken in one by one, those with the stronger rule first, and left out where
 * they would close one. Equal graphs give equal results.
 */
export function resolve(whole: Graph): Resolution {
  const count = whole.nodes.length
  if (topological(count, whole.edges).length === count) return { graph: whole, dropped: [], cycles: [] }
  const strict = whole.edges.filter((edge) => !isSoft(edge))
  const cycles = knots(count, strict).map(shortestCycle)
  if (cycles.length > 0) return { graph: whole, dropped: [], cycles }
  const graph = unbundle(whole, knots(count, whole.edges))
  const dropped = knots(graph.nodes.length, graph.edges).flatMap(untie)
  const gone = new Set(dropped.map(({ edge }) => edge))
  return { graph: { ...graph, edges: graph.edges.filter((edge) => !gone.has(edge)) }, dropped, cycles: [] }
}

/** The edges of a knot that have to go so that no cycle is left. */
function untie(knot: readonly Edge[]): Dropped[] {
  const web = webOf(knot.filter((edge) => !isSoft(edge)))
  // What leads into a milestone is taken first: without it the milestone would stand for nothing.
  const soft = knot
    .filter(isSoft)
    .toSorted((a, b) => rankOf(a.rule) - rankOf(b.rule) || b.after - a.after || a.before - b.before)
  return soft.flatMap((edge) => {
    const against = shortestPath(web, edge.after, edge.before)
    if (against !== undefined) return [{ edge, against }]
    addTo(web, edge)
    return []
  })
}

/** How many edges are looked at for the shortest cycle of a knot; after that the shortest so far is told. */
const PATIENCE = 2_000_000

function shortestCycle(knot: readonly Edge[]): Edge[] {
  const web = webOf(knot)
  let shortest: Edge[] = []
  let patience = PATIENCE
  for (const edge of knot.toSorted((a, b) => a.before - b.before || a.after - b.after)) {
    const way = shortestPath(web, edge.after, edge.before)
    if (way !== undefined && (shortest.length === 0 || way.length + 1 < shortest.length)) shortest = [edge, ...way]
    patience -= knot.length
    if (shortest.length > 0 && (shortest.length <= 2 || patience < 0)) break
  }
  return shortest
}

/** The sets of edges that lie on cycles together (strongly connected components, Tarjan 1972), each as its edges. */
function knots(nodes: number, edges: readonly Edge[]): Edge[][] {
  const component = components(nodes, edges)
  const tied = edges.filter(({ before, after }) => component[before] === component[after])
  return [...Map.groupBy(tied, ({ before }) => component[before]).values()]
}

/** The component of each node, as the index of one of its nodes. */
function components(nodes: number, edges: readonly Edge[]): Int32Array {
  const leaving = edgesBy('before', edges, nodes)
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
        if (lowest[node] === found[node]) close(node, open, component)
        const parent = path.at(-1)
        if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] ?? 0, lowest[node] ?? 0)
        continue
      }
      position[node] = (position[node] ?? 0) + 1
      if (found[edge.after] === 0) path.push(edge.after)
      else if (component[edge.after] === -1) lowest[node] = Math.min(lowest[node] ?? 0, found[edge.after] ?? 0)
    }
  }
  return component
}

function close(root: number, open: number[], component: Int32Array): void {
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    component[node] = root
    if (node === root) return
  }
}

import { type Diagnostic, formatLocation, type Warning } from '../diagnostics.ts'
import { formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { breakCycles, contradictsAnnotation, type DroppedEdge } from './cycles.ts'
import { linkExplicitly } from './edges/explicit-edges.ts'
import { linkImplicitly } from './edges/implicit-edges.ts'
import { edgeReason, formatNode, joinNames } from './explanations.ts'
import type { Edge, Graph, Node } from './graph.ts'
import { newGraphBuilder } from './graph-builder.ts'
import { topologicalSort } from './topological-sort.ts'

/** Manifests in apply order. */
export type Sequence = readonly ResolvedManifest[]

/** The apply order of a set, and the reasons for it. */
export interface ApplyOrder {
  /** The graph, without cycles. */
  readonly graph: Graph
  /** The indices of all nodes, in topological order. */
  readonly nodes: readonly number[]
  /** The objects among them, in apply order. */
  readonly sequence: Sequence
  /** Edges that were dropped because they contradict others. */
  readonly dropped: readonly DroppedEdge[]
}

/** The result of sorting a set. */
export interface SortResult extends ApplyOrder {
  readonly warnings: readonly Warning[]
  /** Errors (E-ORDER), for cycles of edges that must not be dropped. */
  readonly problems: readonly Diagnostic[]
}

/**
 * Sorts manifests with unique identities for apply: along the edges of their graph and, where these leave a choice, by kind,
 * namespace and name. The order does not depend on file names. Explicit order comes from annotations
 * (object/annotations/ordering.ts).
 */
export function sortForApply(manifests: readonly ResolvedManifest[]): SortResult {
  const builder = newGraphBuilder(manifests)
  linkImplicitly(builder)
  const warnings = linkExplicitly(builder)
  const { graph, dropped, cycles } = breakCycles(builder.finish())
  const nodes = topologicalSort(graph.nodes.length, graph.edges, priorityIn(graph))
  return {
    graph,
    nodes,
    sequence: nodes.flatMap((index) => manifestOf(graph.nodes[index]) ?? []),
    dropped,
    warnings: [...warnings, ...dropped.flatMap((each) => contradictionWarning(each, graph) ?? [])],
    problems: cycles.map((cycle) => cycleProblem(cycle, graph)),
  }
}

/** Objects by their rank; joins, which need no waiting, come before them. */
function priorityIn({ nodes }: Graph): (node: number) => number {
  return (index) => (nodes[index]?.kind === 'object' ? index : index - nodes.length)
}

/** Returns the manifest of a node; undefined for joins and external objects. */
export function manifestOf(node: Node | undefined): ResolvedManifest | undefined {
  return node?.kind === 'object' ? node.manifest : undefined
}

/** Returns the index of each manifest in a graph. */
export function indicesIn({ graph }: ApplyOrder): Map<ResolvedManifest, number> {
  const indices = new Map<ResolvedManifest, number>()
  for (const [index, node] of graph.nodes.entries()) if (node.kind === 'object') indices.set(node.manifest, index)
  return indices
}

/** Summarises a sequence: its kinds in order of first appearance, each with the number of objects. */
export function summarizeKinds(sequence: Sequence): string {
  const kinds = Map.groupBy(sequence, ({ id }) => id.kind)
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ')
}

function cycleProblem(cycle: readonly Edge[], graph: Graph): Diagnostic {
  const manifests = cycle.flatMap(({ from }) => manifestOf(graph.nodes[from]) ?? [])
  const [first] = manifests
  const names = [...manifests, ...manifests.slice(0, 1)].map(({ id }) => formatId(id))
  return {
    code: 'E-ORDER',
    reason: 'Cycle',
    message: [`Dependency cycle: ${joinNames(names, MAX_CHAIN_LINES)}.`, ...chainLines(cycle, graph)].join('\n'),
    ...(first === undefined ? {} : { location: first.location, object: formatId(first.id) }),
    hint: 'Remove one of these dependencies.',
  }
}

/** Returns warnings about soft edges that an annotation contradicts. Contradictions among soft edges need no action. */
function contradictionWarning(dropped: DroppedEdge, graph: Graph): Warning | undefined {
  if (!contradictsAnnotation(dropped)) return undefined
  const { edge, against } = dropped
  const manifest = manifestOf(graph.nodes[edge.to]) ?? manifestOf(graph.nodes[edge.from])
  const message = [`${edgeReason(edge, graph)}, but it is applied first:`, ...chainLines(against, graph)].join('\n')
  const hint = 'Correct the annotations, unless this is intended.'
  return {
    reason: 'EdgeDropped',
    message,
    hint,
    ...(manifest === undefined ? {} : { location: manifest.location, object: formatId(manifest.id) }),
  }
}

/** The maximum number of lines of a chain in a message. */
const MAX_CHAIN_LINES = 20

/** Formats a chain of edges, with a line for each object; joins are skipped. */
function chainLines(chain: readonly Edge[], graph: Graph): string[] {
  const objects = chain.filter(({ to }) => graph.nodes[to]?.kind !== 'join')
  const more = objects.length - MAX_CHAIN_LINES
  return [
    ...objects.slice(0, MAX_CHAIN_LINES).map((edge) => {
      const node = graph.nodes[edge.to]
      const manifest = manifestOf(node)
      const where = manifest === undefined ? '' : ` (${formatLocation(manifest.location)})`
      return `- ${formatNode(node)}${where}: ${edgeReason(edge, graph)}`
    }),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ]
}

import { type Diagnostic, placeOf, type Warning } from '../diagnostics.ts'
import { formatId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { breakCycles, contradictsAnnotation, type DroppedEdge } from './cycles.ts'
import { linkExplicitly } from './edges/explicit-edges.ts'
import { linkImplicitly } from './edges/implicit-edges.ts'
import { edgeReason, formatNode, joinNames } from './explanations.ts'
import type { Edge, Graph, Node } from './graph.ts'
import { newGraphBuilder } from './graph-builder.ts'
import { topologicalSort } from './topological-sort.ts'

/** Manifests in the one order in which they are applied. */
export type Sequence = readonly ResolvedManifest[]

/** A set in order, and why it is in that order. */
export interface ApplyOrder {
  /** Without cycles. */
  readonly graph: Graph
  /** All nodes of the graph along its edges. */
  readonly nodes: readonly number[]
  /** The objects among them: the order of apply. */
  readonly sequence: Sequence
  /** What was left out of the graph because it contradicted the rest. */
  readonly dropped: readonly DroppedEdge[]
}

/** What ordering a set yields. */
export interface SortResult extends ApplyOrder {
  readonly warnings: readonly Warning[]
  /** E-ORDER, for cycles that no order can keep. */
  readonly problems: readonly Diagnostic[]
}

/**
 * Brings manifests with unique identities into the order of apply: along the edges of their graph, and where these leave a
 * choice by kind, namespace and name. Equal sets give equal orders, however their files are named. What they say about their
 * own order is in their annotations (object/annotations/ordering.ts).
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

/** Objects by their place among all; milestones, which are nothing to wait for, before them. */
function priorityIn({ nodes }: Graph): (node: number) => number {
  return (index) => (nodes[index]?.kind === 'object' ? index : index - nodes.length)
}

/** The object that a node is; undefined for any other node. */
export function manifestOf(node: Node | undefined): ResolvedManifest | undefined {
  return node?.kind === 'object' ? node.manifest : undefined
}

/** The indices of the objects in a graph. */
export function indicesIn({ graph }: ApplyOrder): Map<ResolvedManifest, number> {
  const indices = new Map<ResolvedManifest, number>()
  for (const [index, node] of graph.nodes.entries()) if (node.kind === 'object') indices.set(node.manifest, index)
  return indices
}

/** A sequence in a few words: its kinds in order of first appearance, each with its number of objects. */
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

/** A soft edge that an annotation contradicts is worth a warning; one that other soft edges contradict is nobody's fault. */
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

/** A longer chain nobody follows. */
const MAX_CHAIN_LINES = 20

/** A chain of edges, a line for each object on it; milestones are passed through. */
function chainLines(chain: readonly Edge[], graph: Graph): string[] {
  const objects = chain.filter(({ to }) => graph.nodes[to]?.kind !== 'milestone')
  const more = objects.length - MAX_CHAIN_LINES
  return [
    ...objects.slice(0, MAX_CHAIN_LINES).map((edge) => {
      const node = graph.nodes[edge.to]
      const manifest = manifestOf(node)
      const where = manifest === undefined ? '' : ` (${placeOf(manifest.location)})`
      return `- ${formatNode(node)}${where}: ${edgeReason(edge, graph)}`
    }),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ]
}

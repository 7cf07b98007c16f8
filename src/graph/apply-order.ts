import { type Problem, placeOf, type Warning } from '../diagnostics.ts'
import { describe } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { type Dropped, isAgainstWishes, resolve } from './cycles.ts'
import { draft } from './graph-builder.ts'
import { linkImplicitly } from './edges/implicit-edges.ts'
import { linkExplicitly } from './edges/explicit-edges.ts'
import { describeNode, listed, reasonOf } from './explanations.ts'
import type { Edge, Graph, Node } from './graph.ts'
import { topological } from './topological-sort.ts'

/** Manifests in the one order in which they are applied. */
export type Sequence = readonly PlacedManifest[]

/** A set in order, and why it is in that order. */
export interface Ordering {
  /** Without cycles. */
  readonly graph: Graph
  /** All nodes of the graph along its edges. */
  readonly nodes: readonly number[]
  /** The objects among them: the order of apply. */
  readonly sequence: Sequence
  /** What was left out of the graph because it contradicted the rest. */
  readonly dropped: readonly Dropped[]
}

/** What ordering a set yields. */
export interface Ordered extends Ordering {
  readonly warnings: readonly Warning[]
  /** E-ORDER, for cycles that no order can keep. */
  readonly problems: readonly Problem[]
}

/**
 * Brings manifests with unique identities into the order of apply: along the edges of their graph, and where these leave a
 * choice by kind, namespace and name. Equal sets give equal orders, however their files are named. What they say about their
 * own order is keyed by annotation (manifests/directives.ts).
 */
export function order(manifests: readonly PlacedManifest[]): Ordered {
  const started = draft(manifests)
  linkImplicitly(started)
  const warnings = linkExplicitly(started)
  const { graph, dropped, cycles } = resolve(started.finish())
  const nodes = topological(graph.nodes.length, graph.edges, priorityIn(graph))
  return {
    graph,
    nodes,
    sequence: nodes.flatMap((index) => manifestOf(graph.nodes[index]) ?? []),
    dropped,
    warnings: [...warnings, ...dropped.flatMap((each) => contradiction(each, graph) ?? [])],
    problems: cycles.map((cycle) => cycleProblem(cycle, graph)),
  }
}

/** Objects by their place among all; milestones, which are nothing to wait for, before them. */
function priorityIn({ nodes }: Graph): (node: number) => number {
  return (index) => (nodes[index]?.kind === 'object' ? index : index - nodes.length)
}

/** The object that a node is; undefined for any other node. */
export function manifestOf(node: Node | undefined): PlacedManifest | undefined {
  return node?.kind === 'object' ? node.manifest : undefined
}

/** The indices of the objects in a graph. */
export function indicesIn({ graph }: Ordering): Map<PlacedManifest, number> {
  const indices = new Map<PlacedManifest, number>()
  for (const [index, node] of graph.nodes.entries()) if (node.kind === 'object') indices.set(node.manifest, index)
  return indices
}

/** A sequence in a few words: its kinds in order of first appearance, each with its number of objects. */
export function outline(sequence: Sequence): string {
  const kinds = Map.groupBy(sequence, ({ id }) => id.kind)
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ')
}

function cycleProblem(cycle: readonly Edge[], graph: Graph): Problem {
  const manifests = cycle.flatMap(({ before }) => manifestOf(graph.nodes[before]) ?? [])
  const [first] = manifests
  const names = [...manifests, ...manifests.slice(0, 1)].map(({ id }) => describe(id))
  return {
    class: 'E-ORDER',
    message: [`The order is a circle: ${listed(names, MOST_LINES)}.`, ...lines(cycle, graph)].join('\n'),
    ...(first === undefined ? {} : { location: first.location, object: describe(first.id) }),
    next: 'Take one of these reasons away.',
  }
}

/** A soft edge that an annotation contradicts is worth a warning; one that other soft edges contradict is nobody's fault. */
function contradiction(dropped: Dropped, graph: Graph): Warning | undefined {
  if (!isAgainstWishes(dropped)) return undefined
  const { edge, against } = dropped
  const manifest = manifestOf(graph.nodes[edge.after]) ?? manifestOf(graph.nodes[edge.before])
  const message = [`${reasonOf(edge, graph)}, and yet it is applied first:`, ...lines(against, graph)].join('\n')
  const next = 'Correct the annotations, unless this is what you want.'
  return {
    message,
    next,
    ...(manifest === undefined ? {} : { location: manifest.location, object: describe(manifest.id) }),
  }
}

/** A longer chain nobody follows. */
const MOST_LINES = 20

/** A chain of edges, a line for each object on it; milestones are passed through. */
function lines(chain: readonly Edge[], graph: Graph): string[] {
  const objects = chain.filter(({ after }) => graph.nodes[after]?.kind !== 'milestone')
  const more = objects.length - MOST_LINES
  return [
    ...objects.slice(0, MOST_LINES).map((edge) => {
      const node = graph.nodes[edge.after]
      const manifest = manifestOf(node)
      const where = manifest === undefined ? '' : ` (${placeOf(manifest.location)})`
      return `- ${describeNode(node)}${where}: ${reasonOf(edge, graph)}`
    }),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ]
}

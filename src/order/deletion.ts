import { kindKeyOf } from '../manifests/manifest.ts'
import { resolve } from './cycles.ts'
import type { Edge, Node } from './graph.ts'
import { isCustom, isLate } from './ladder.ts'
import { manifestOf, type Ordering } from './sequence.ts'
import { topological } from './topology.ts'

/**
 * The order in which the objects of a set go: that of apply reversed, with custom resources gone before anything that may
 * be their definition, their controller, or its rights and its account, because somebody has to finalize them.
 */
export function deletionOf({ graph, nodes: forward }: Ordering): Ordering {
  const objects = graph.nodes.length
  const nodes: Node[] = [...graph.nodes, FINALIZED]
  const reversed = graph.edges.map((edge): Edge => ({ ...edge, before: edge.after, after: edge.before }))
  const finalized = graph.nodes.flatMap((node, index): Edge[] => {
    const rank = deletionRank(node)
    if (rank === 0 || node.kind !== 'object') return []
    const ends = rank === 1 ? { before: index, after: objects } : { before: objects, after: index }
    return [{ ...ends, rule: 'finalizes', path: [] }]
  })
  const { edges, dropped } = resolve({ nodes, edges: [...reversed, ...finalized], outside: [] })
  const positions = new Int32Array(nodes.length)
  for (const [position, index] of forward.entries()) positions[index] = position
  const priority = (index: number) => deletionRank(nodes[index]) * nodes.length - (positions[index] ?? 0)
  const order = topological(nodes.length, edges, priority)
  return {
    graph: { nodes, edges, outside: graph.outside },
    nodes: order,
    sequence: order.flatMap((index) => manifestOf(nodes[index]) ?? []),
    dropped,
  }
}

const FINALIZED: Node = {
  kind: 'milestone',
  title: 'custom resources are gone',
  why: 'what handles custom resources may still have to finalize them',
}

/** Webhooks go first, lest they refuse the rest; then custom resources, their definitions, and everything else. */
function deletionRank(node: Node | undefined): number {
  const manifest = manifestOf(node)
  if (manifest === undefined || isLate(manifest.id)) return 0
  if (isCustom(manifest.id.group)) return 1
  return kindKeyOf(manifest.id) === 'apiextensions.k8s.io/CustomResourceDefinition' ? 2 : 3
}

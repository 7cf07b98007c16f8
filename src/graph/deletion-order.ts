import { isCustom } from '../object/kinds.ts'
import { formatGroupKind } from '../object/object-id.ts'
import { type ApplyOrder, manifestOf } from './apply-order.ts'
import { breakCycles } from './cycles.ts'
import type { EdgeRuleName } from './edge-rules.ts'
import type { Edge, Node } from './graph.ts'
import { isLate } from './kind-order.ts'
import { topologicalSort } from './topological-sort.ts'

/**
 * Returns the deletion order of a set: the reverse apply order, with custom resources deleted before anything that may be their CRD,
 * their controller, or its permissions and its account, because the controller may have to finalize them.
 */
export function deletionOrder({ graph, nodes: forward }: ApplyOrder): ApplyOrder {
  const objects = graph.nodes.length
  const nodes: Node[] = [...graph.nodes, FINALIZED]
  // Waves are about applying: a controller is deleted after its resources, in any wave.
  const back = (rule: EdgeRuleName): EdgeRuleName => (rule === 'wave' ? 'wave back' : rule)
  const reversed = graph.edges.map(({ from, to, rule, path }): Edge => ({ from: to, to: from, rule: back(rule), path }))
  const finalized = graph.nodes.flatMap((node, index): Edge[] => {
    const rank = deletionRank(node)
    if (rank === 0 || node.kind !== 'object') return []
    const ends = rank === 1 ? { from: index, to: objects } : { from: objects, to: index }
    return [{ ...ends, rule: 'finalizes', path: [] }]
  })
  const resolved = breakCycles({ nodes, edges: [...reversed, ...finalized], external: graph.external })
  const positions = new Map(forward.map((index, position) => [index, position]))
  const count = resolved.graph.nodes.length
  const priority = (index: number) => deletionRank(resolved.graph.nodes[index]) * count - (positions.get(index) ?? 0)
  const order = topologicalSort(count, resolved.graph.edges, priority)
  return {
    graph: resolved.graph,
    nodes: order,
    sequence: order.flatMap((index) => manifestOf(resolved.graph.nodes[index]) ?? []),
    dropped: resolved.dropped,
  }
}

const FINALIZED: Node = {
  kind: 'join',
  title: 'custom resources are gone',
  why: 'the controllers of custom resources may have to finalize them',
}

/** Webhooks are deleted first, so that they cannot reject the rest; then custom resources, their CRDs, and everything else. */
function deletionRank(node: Node | undefined): number {
  const manifest = manifestOf(node)
  if (manifest === undefined || isLate(manifest.id)) return 0
  if (isCustom(manifest.id.group)) return 1
  return formatGroupKind(manifest.id) === 'apiextensions.k8s.io/CustomResourceDefinition' ? 2 : 3
}

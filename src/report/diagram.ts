import { EDGE_RULES } from '../graph/edge-rules.ts'
import { formatNode } from '../graph/explanations.ts'
import type { Graph, Node } from '../graph/graph.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { Redactor } from './redactor.ts'
import type { Diagram, DiagramArrow, DiagramNode } from './run-report.ts'

/** The maximum that fits on a screen; GitHub's renderer allows 500 edges. */
const [MAX_NODES, MAX_ARROWS] = [40, 100]

/** From the most to the least detailed. */
const VIEWS: Readonly<Record<string, (graph: Graph) => Diagram>> = {
  object: byObject,
  kind: (graph) => collapse(graph, 'kind', kindNode),
  namespace: (graph) => collapse(graph, 'namespace', namespaceNode),
}

/**
 * A graph as a diagram: with a node for each object if that fits, else for each kind, else for each namespace. Undefined if
 * there are no edges, or if no diagram fits.
 */
export function drawGraph(graph: Graph): Diagram | undefined {
  if (graph.edges.length === 0) return undefined
  for (const view of Object.values(VIEWS)) {
    const diagram = view(graph)
    const isFit = diagram.nodes.length <= MAX_NODES && diagram.arrows.length <= MAX_ARROWS
    // Without arrows, the object view still shows which objects are in which Namespace.
    if (isFit && (diagram.by === 'object' || diagram.arrows.length > 0)) return diagram
  }
  return undefined
}

/** Objects in the frame of their Namespace, which replaces the edges from that Namespace. */
function byObject({ nodes, edges }: Graph): Diagram {
  const drawn = nodes.map((node, index): DiagramNode => {
    const frame = node.kind === 'object' ? namespaceOf(node) : ''
    const label = node.kind === 'object' ? `${node.manifest.id.kind} ${node.manifest.id.name}` : formatNode(node)
    return { key: `n${index}`, label, frame, isJoin: node.kind === 'join' }
  })
  const arrows = edges.flatMap(({ from, to, rule }): DiagramArrow[] => {
    if (rule === 'namespace') return []
    return [{ from: `n${from}`, to: `n${to}`, strength: EDGE_RULES[rule].strength, count: 1 }]
  })
  return { by: 'object', nodes: drawn, arrows }
}

/** A node for several nodes of the graph that share a key. */
interface Group {
  readonly key: string
  readonly label: string
  readonly isJoin: boolean
}

function collapse({ nodes, edges }: Graph, by: string, groupOf: (node: Node) => Group): Diagram {
  const groups = new Map<string, Group & { count: number }>()
  const keys = nodes.map((node) => {
    const group = groupOf(node)
    groups.set(group.key, { ...group, count: (groups.get(group.key)?.count ?? 0) + 1 })
    return group.key
  })
  const names = new Map([...groups.keys()].map((key, index) => [key, `n${index}`]))
  const arrows = new Map<string, DiagramArrow>()
  for (const { from: first, to: last, rule } of edges) {
    const [from = '', to = ''] = [first, last].map((index) => names.get(keys[index] ?? ''))
    if (from === to) continue
    const { strength } = EDGE_RULES[rule]
    const key = `${from} ${strength} ${to}`
    arrows.set(key, { from, to, strength, count: (arrows.get(key)?.count ?? 0) + 1 })
  }
  const drawn = [...groups.values()].map(({ key, label, count, isJoin }) => {
    return { key: names.get(key) ?? '', label: count === 1 ? label : `${count} ${label}`, frame: '', isJoin }
  })
  return { by, nodes: drawn, arrows: [...arrows.values()] }
}

function otherNode(node: Node): Group {
  return { key: formatNode(node), label: formatNode(node), isJoin: node.kind === 'join' }
}

function kindNode(node: Node): Group {
  if (node.kind !== 'object') return otherNode(node)
  return { key: formatGroupKind(node.manifest.id), label: node.manifest.id.kind, isJoin: false }
}

function namespaceNode(node: Node): Group {
  if (node.kind !== 'object') return otherNode(node)
  const namespace = namespaceOf(node)
  if (namespace === '') return { key: '', label: 'without a namespace', isJoin: false }
  return { key: `/${namespace}`, label: `in ${namespace}`, isJoin: false }
}

/** The namespace that an object is in, or that it is; empty for none. */
function namespaceOf({ manifest: { id } }: Extract<Node, { kind: 'object' }>): string {
  return formatGroupKind(id) === '/Namespace' ? id.name : id.namespace
}

const LINES = { hard: '-->', explicit: '==>', soft: '-.->' } as const

/** A diagram in Mermaid syntax. */
export function renderMermaid({ nodes, arrows }: Diagram, redactor: Redactor): string {
  const box = ({ key, label, isJoin }: DiagramNode) =>
    isJoin ? `${key}(["${redactor.label(label)}"])` : `${key}["${redactor.label(label)}"]`
  const framed = [...Map.groupBy(nodes, ({ frame }) => frame)].flatMap(([frame, members], index) => {
    const lines = members.map((member) => `  ${box(member)}`)
    return frame === '' ? lines : [`  subgraph f${index}["${redactor.label(`Namespace ${frame}`)}"]`, ...lines, '  end']
  })
  const lines = arrows.map(
    ({ from, to, strength, count }) => `  ${from} ${LINES[strength]}${count > 1 ? `|${count}|` : ''} ${to}`,
  )
  return ['flowchart LR', ...framed, ...lines].join('\n')
}

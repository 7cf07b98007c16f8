import { EDGE_RULES } from '../graph/edge-rules.ts'
import { formatNode } from '../graph/explanations.ts'
import type { Graph, Node } from '../graph/graph.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { Redactor } from './redactor.ts'

/** What fits on a screen; GitHub's renderer stops at 500 edges. */
const MAX_NODES = 40
const MAX_EDGES = 100

/** A box of a picture, and the frame that it stands in. */
interface Box {
  readonly key: string
  readonly label: string
  readonly frame?: string
  /** Whether it stands for no object. */
  readonly isPoint?: boolean
}

/** An arrow of a picture, which may stand for several edges. */
interface Arrow {
  readonly fromKey: string
  readonly toKey: string
  readonly line: '-->' | '==>' | '-.->'
  readonly count: number
}

interface Diagram {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

const LINES = { hard: '-->', explicit: '==>', soft: '-.->' } as const

/**
 * A graph as a Mermaid diagram: object by object where it is small, else with the objects of a kind as one box, else with
 * those of a namespace. Undefined where there is nothing to show, and where no picture would fit.
 */
export function drawDiagram(
  graph: Graph,
  redactor: Redactor,
): { readonly diagram: string; readonly by: string } | undefined {
  if (graph.edges.length === 0) return undefined
  for (const [by, view] of Object.entries(VIEWS)) {
    const diagram = view(graph)
    const isFit = diagram.boxes.length <= MAX_NODES && diagram.arrows.length <= MAX_EDGES
    // Objects say something by their frames alone.
    if (isFit && (by === 'object' || diagram.arrows.length > 0)) return { diagram: mermaid(diagram, redactor), by }
  }
  return undefined
}

/** From the closest to the widest. */
const VIEWS: Readonly<Record<string, (graph: Graph) => Diagram>> = {
  object: byObject,
  kind: (graph) => collapsed(graph, kindBox),
  namespace: (graph) => collapsed(graph, namespaceBox),
}

/** Each object in the frame of its Namespace, which takes the place of the edges that come from there. */
function byObject({ nodes, edges }: Graph): Diagram {
  const boxes = nodes.map((node, index): Box => {
    const namespace = node.kind === 'object' ? homeOf(node) : ''
    const label = node.kind === 'object' ? `${node.manifest.id.kind} ${node.manifest.id.name}` : formatNode(node)
    return { key: `n${index}`, label, frame: namespace, isPoint: node.kind === 'milestone' }
  })
  const arrows = edges.flatMap(({ from, to, rule }): Arrow[] => {
    if (rule === 'namespace') return []
    return [{ fromKey: `n${from}`, toKey: `n${to}`, line: LINES[EDGE_RULES[rule].strength], count: 1 }]
  })
  return { boxes, arrows }
}

function collapsed({ nodes, edges }: Graph, boxOf: (node: Node) => Box): Diagram {
  const boxes = new Map<string, Box & { count: number }>()
  const keys = nodes.map((node) => {
    const box = boxOf(node)
    const known = boxes.get(box.key)
    boxes.set(box.key, { ...box, count: (known?.count ?? 0) + 1 })
    return box.key
  })
  const names = new Map([...boxes.keys()].map((key, index) => [key, `n${index}`]))
  const arrows = new Map<string, Arrow>()
  for (const { from, to, rule } of edges) {
    const [fromKey = '', toKey = ''] = [from, to].map((index) => names.get(keys[index] ?? ''))
    if (fromKey === toKey) continue
    const line = LINES[EDGE_RULES[rule].strength]
    const key = `${fromKey} ${line} ${toKey}`
    arrows.set(key, { fromKey, toKey, line, count: (arrows.get(key)?.count ?? 0) + 1 })
  }
  const labelled = [...boxes.values()].map(({ key, label, count, isPoint = false }) => ({
    key: names.get(key) ?? '',
    label: count === 1 ? label : `${count} ${label}`,
    isPoint,
  }))
  return { boxes: labelled, arrows: [...arrows.values()] }
}

function pointBox(node: Node): Box {
  return { key: formatNode(node), label: formatNode(node), isPoint: node.kind === 'milestone' }
}

function kindBox(node: Node): Box {
  if (node.kind !== 'object') return pointBox(node)
  return { key: formatGroupKind(node.manifest.id), label: node.manifest.id.kind }
}

function namespaceBox(node: Node): Box {
  if (node.kind !== 'object') return pointBox(node)
  const home = homeOf(node)
  return home === '' ? { key: '', label: 'without a namespace' } : { key: `/${home}`, label: `in ${home}` }
}

/** The namespace that an object lives in, or is; empty for none. */
function homeOf({ manifest: { id } }: Extract<Node, { kind: 'object' }>): string {
  return formatGroupKind(id) === '/Namespace' ? id.name : id.namespace
}

function mermaid({ boxes, arrows }: Diagram, redactor: Redactor): string {
  const box = ({ key, label, isPoint }: Box) =>
    isPoint === true ? `${key}(["${redactor.label(label)}"])` : `${key}["${redactor.label(label)}"]`
  const frames = Map.groupBy(boxes, ({ frame }) => frame ?? '')
  const framed = [...frames].flatMap(([frame, members], index) => {
    const lines = members.map((member) => `  ${box(member)}`)
    return frame === '' ? lines : [`  subgraph f${index}["${redactor.label(`Namespace ${frame}`)}"]`, ...lines, '  end']
  })
  const lines = arrows.map(
    ({ fromKey, toKey, line, count }) => `  ${fromKey} ${line}${count > 1 ? `|${count}|` : ''} ${toKey}`,
  )
  return ['flowchart LR', ...framed, ...lines].join('\n')
}

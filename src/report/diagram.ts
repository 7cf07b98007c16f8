import { kindKeyOf } from '../object/manifest.ts'
import { describeNode } from '../graph/explanations.ts'
import type { Graph, Node } from '../graph/graph.ts'
import { RULES } from '../graph/edge-rules.ts'
import type { Gate } from './redactor.ts'

/** What fits on a screen; GitHub's renderer stops at 500 edges. */
const MOST_NODES = 40
const MOST_EDGES = 100

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
  readonly from: string
  readonly to: string
  readonly line: '-->' | '==>' | '-.->'
  readonly count: number
}

interface Picture {
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

const LINES = { hard: '-->', explicit: '==>', soft: '-.->' } as const

/**
 * A graph as a Mermaid diagram: object by object where it is small, else with the objects of a kind as one box, else with
 * those of a namespace. Undefined where there is nothing to show, and where no picture would fit.
 */
export function drawGraph(graph: Graph, gate: Gate): { readonly diagram: string; readonly by: string } | undefined {
  if (graph.edges.length === 0) return undefined
  for (const [by, view] of Object.entries(VIEWS)) {
    const picture = view(graph)
    const isFit = picture.boxes.length <= MOST_NODES && picture.arrows.length <= MOST_EDGES
    // Objects say something by their frames alone.
    if (isFit && (by === 'object' || picture.arrows.length > 0)) return { diagram: mermaid(picture, gate), by }
  }
  return undefined
}

/** From the closest to the widest. */
const VIEWS: Readonly<Record<string, (graph: Graph) => Picture>> = {
  object: byObject,
  kind: (graph) => collapsed(graph, kindBox),
  namespace: (graph) => collapsed(graph, namespaceBox),
}

/** Each object in the frame of its Namespace, which takes the place of the edges that come from there. */
function byObject({ nodes, edges }: Graph): Picture {
  const boxes = nodes.map((node, index): Box => {
    const namespace = node.kind === 'object' ? homeOf(node) : ''
    const label = node.kind === 'object' ? `${node.manifest.id.kind} ${node.manifest.id.name}` : describeNode(node)
    return { key: `n${index}`, label, frame: namespace, isPoint: node.kind === 'milestone' }
  })
  const arrows = edges.flatMap(({ before, after, rule }): Arrow[] => {
    if (rule === 'namespace') return []
    return [{ from: `n${before}`, to: `n${after}`, line: LINES[RULES[rule].force], count: 1 }]
  })
  return { boxes, arrows }
}

function collapsed({ nodes, edges }: Graph, boxOf: (node: Node) => Box): Picture {
  const boxes = new Map<string, Box & { count: number }>()
  const keys = nodes.map((node) => {
    const box = boxOf(node)
    const known = boxes.get(box.key)
    boxes.set(box.key, { ...box, count: (known?.count ?? 0) + 1 })
    return box.key
  })
  const names = new Map([...boxes.keys()].map((key, index) => [key, `n${index}`]))
  const arrows = new Map<string, Arrow>()
  for (const { before, after, rule } of edges) {
    const [from = '', to = ''] = [before, after].map((index) => names.get(keys[index] ?? ''))
    if (from === to) continue
    const line = LINES[RULES[rule].force]
    const key = `${from} ${line} ${to}`
    arrows.set(key, { from, to, line, count: (arrows.get(key)?.count ?? 0) + 1 })
  }
  const labelled = [...boxes.values()].map(({ key, label, count, isPoint = false }) => ({
    key: names.get(key) ?? '',
    label: count === 1 ? label : `${count} ${label}`,
    isPoint,
  }))
  return { boxes: labelled, arrows: [...arrows.values()] }
}

function pointBox(node: Node): Box {
  return { key: describeNode(node), label: describeNode(node), isPoint: node.kind === 'milestone' }
}

function kindBox(node: Node): Box {
  if (node.kind !== 'object') return pointBox(node)
  return { key: kindKeyOf(node.manifest.id), label: node.manifest.id.kind }
}

function namespaceBox(node: Node): Box {
  if (node.kind !== 'object') return pointBox(node)
  const home = homeOf(node)
  return home === '' ? { key: '', label: 'without a namespace' } : { key: `/${home}`, label: `in ${home}` }
}

/** The namespace that an object lives in, or is; empty for none. */
function homeOf({ manifest: { id } }: Extract<Node, { kind: 'object' }>): string {
  return kindKeyOf(id) === '/Namespace' ? id.name : id.namespace
}

function mermaid({ boxes, arrows }: Picture, gate: Gate): string {
  const box = ({ key, label, isPoint }: Box) =>
    isPoint === true ? `${key}(["${gate.label(label)}"])` : `${key}["${gate.label(label)}"]`
  const frames = Map.groupBy(boxes, ({ frame }) => frame ?? '')
  const framed = [...frames].flatMap(([frame, members], index) => {
    const lines = members.map((member) => `  ${box(member)}`)
    return frame === '' ? lines : [`  subgraph f${index}["${gate.label(`Namespace ${frame}`)}"]`, ...lines, '  end']
  })
  const lines = arrows.map(({ from, to, line, count }) => `  ${from} ${line}${count > 1 ? `|${count}|` : ''} ${to}`)
  return ['flowchart LR', ...framed, ...lines].join('\n')
}

import { formatFieldPath } from '../object/field-path.ts'
import { formatId } from '../object/object-id.ts'
import type { Step } from '../yaml/field.ts'
import { contradictsAnnotation, type DroppedEdge } from './cycles.ts'
import { EDGE_RULES } from './edge-rules.ts'
import { type Edge, edgesBy, type Graph, type Node } from './graph.ts'

/** Formats a node for messages. */
export function formatNode(node: Node | undefined): string {
  if (node === undefined) return ''
  if (node.kind === 'object') return formatId(node.manifest.id)
  return node.kind === 'external' ? formatId(node.id) : node.title
}

/**
 * Returns the reason for an edge, as a sentence without the full stop, for instance `Deployment shop/web reads ConfigMap shop/env in
 * spec.template.spec.containers[0].envFrom[0]`.
 */
export function edgeReason(edge: Edge, { nodes }: Pick<Graph, 'nodes'>): string {
  const { from, to, rule } = edge
  for (const end of [nodes[from], nodes[to]]) if (end?.kind === 'join') return end.why
  const ends: Record<string, Node | undefined> = { '{to}': nodes[to], '{from}': nodes[from] }
  return EDGE_RULES[rule].text.replaceAll(/\{\w+\}/g, (end) => formatNode(ends[end])) + fieldSuffix(edge.path)
}

/** The field of a reason, up to the last entry of a list, since the rest repeats what the sentence says. */
function fieldSuffix(path: readonly Step[]): string {
  const last = path.findLastIndex((step) => typeof step === 'number')
  return path.length === 0 ? '' : ` in ${formatFieldPath(last === -1 ? path : path.slice(0, last + 1))}`
}

/** The maximum number of names in a line: of objects that come before, and of objects outside of the set. */
const [MAX_NAMED_OBJECTS, MAX_NAMED_EXTERNAL] = [3, 5]

/**
 * Returns a function that explains the position of the object with an index, one line for each reason: `after ConfigMap shop/env:
 * reads it in spec.volumes[0]`. References to objects outside of the set are listed too.
 */
export function makeExplainer(graph: Graph): (index: number) => string[] {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  const missing = Map.groupBy(graph.external, ({ from }) => from)
  const shared = new Map<number, string>() // thousands of objects may come after one join
  const line = (edge: Edge): string => {
    const node = graph.nodes[edge.from]
    if (node?.kind !== 'join') return `after ${formatNode(node)}: ${shortReason(edge)}`
    const known = shared.get(edge.from)
    if (known !== undefined) return known
    const members = (arriving[edge.from] ?? []).map(({ from }) => graph.nodes[from])
    const names = members.filter((member) => member?.kind !== 'join').map(formatNode)
    const made = `after ${joinNames(names)}: ${node.why}`
    shared.set(edge.from, made)
    return made
  }
  return (index) => {
    const node = graph.nodes[index]
    const external = node?.kind === 'object' ? (missing.get(node.manifest) ?? []) : []
    const named = external.map(({ id, path }) => `${formatId(id)}, named${fieldSuffix(path)}, is not in the set`)
    return [...(arriving[index] ?? []).map(line), ...named]
  }
}

function shortReason({ rule, path }: Edge): string {
  const text: string = EDGE_RULES[rule].text
  return text.replace('{to} ', '').replace('{to}', 'this').replace('{from}', 'it') + fieldSuffix(path)
}

/** Joins names in a line; from `max` on, the others are counted. */
export function joinNames(names: readonly string[], most = MAX_NAMED_OBJECTS, between = ', '): string {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join(between)
}

/** Explains the position of each object, in apply order, line by line. */
export function* explainAll(graph: Graph, nodes: readonly number[]): Generator<string> {
  const explain = makeExplainer(graph)
  for (const index of nodes) {
    if (graph.nodes[index]?.kind !== 'object') continue
    yield formatNode(graph.nodes[index])
    for (const reason of explain(index)) yield `  ${reason}`
  }
}

/** Returns remarks on an order: edges that were dropped, and references to objects outside of the set. */
export function orderRemarks(graph: Graph, dropped: readonly DroppedEdge[]): string[] {
  const missing = [...new Set(graph.external.map(({ id }) => formatId(id)))]
  return [
    ...dropped
      .filter((each) => !contradictsAnnotation(each))
      .map(
        ({ edge }) => `Dropped from the order, because other dependencies contradict it: ${edgeReason(edge, graph)}.`,
      ),
    ...(missing.length === 0 ? [] : [`Referenced, but not in the set: ${joinNames(missing, MAX_NAMED_EXTERNAL)}.`]),
  ]
}

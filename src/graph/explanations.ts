import { pathText } from '../manifests/validation/validation-error.ts'
import { describe } from '../object/manifest.ts'
import type { Step } from '../yaml/field.ts'
import { type Dropped, isAgainstWishes } from './cycles.ts'
import { type Edge, edgesBy, type Graph, type Node } from './graph.ts'
import { RULES } from './edge-rules.ts'

/** A node's name as messages write it. */
export function describeNode(node: Node | undefined): string {
  if (node === undefined) return ''
  if (node.kind === 'object') return describe(node.manifest.id)
  return node.kind === 'outside' ? describe(node.id) : node.title
}

/**
 * Why there is an edge, as a sentence without its end, for instance `Deployment shop/web reads ConfigMap shop/env in
 * spec.template.spec.containers[0].envFrom[0]`.
 */
export function reasonOf(edge: Edge, { nodes }: Pick<Graph, 'nodes'>): string {
  const { before, after, rule } = edge
  for (const end of [nodes[before], nodes[after]]) if (end?.kind === 'milestone') return end.why
  const ends: Record<string, Node | undefined> = { '{after}': nodes[after], '{before}': nodes[before] }
  return RULES[rule].says.replaceAll(/\{\w+\}/g, (end) => describeNode(ends[end])) + inField(edge.path)
}

/** Where a reason is written: up to the last entry of a list, since what follows only spells out what the sentence says. */
function inField(path: readonly Step[]): string {
  const last = path.findLastIndex((step) => typeof step === 'number')
  return path.length === 0 ? '' : ` in ${pathText(last === -1 ? path : path.slice(0, last + 1))}`
}

/** More names in one line nobody reads. */
const MOST_NAMES = 3
const MOST_MISSING = 5

/**
 * Makes a function that says why the object of an index stands where it stands, a line for each reason: `after ConfigMap
 * shop/env: reads it in spec.volumes[0]`. What it names and the set does not have is told too.
 */
export function explainer(graph: Graph): (index: number) => string[] {
  const arriving = edgesBy('after', graph.edges, graph.nodes.length)
  const missing = Map.groupBy(graph.outside, ({ from }) => from)
  const shared = new Map<number, string>() // thousands of objects may come after one milestone
  const line = (edge: Edge): string => {
    const node = graph.nodes[edge.before]
    if (node?.kind !== 'milestone') return `after ${describeNode(node)}: ${shortReason(edge)}`
    const known = shared.get(edge.before)
    if (known !== undefined) return known
    const members = (arriving[edge.before] ?? []).map(({ before }) => graph.nodes[before])
    const names = members.filter((member) => member?.kind !== 'milestone').map(describeNode)
    const made = `after ${listed(names)}: ${node.why}`
    shared.set(edge.before, made)
    return made
  }
  return (index) => {
    const node = graph.nodes[index]
    const outside = node?.kind === 'object' ? (missing.get(node.manifest) ?? []) : []
    const named = outside.map(({ id, path }) => `${describe(id)}, named${inField(path)}, is not in the set`)
    return [...(arriving[index] ?? []).map(line), ...named]
  }
}

function shortReason({ rule, path }: Edge): string {
  const says: string = RULES[rule].says
  return says.replace('{after} ', '').replace('{after}', 'this').replace('{before}', 'it') + inField(path)
}

/** Names in a line, those that are too many as a number. */
export function listed(names: readonly string[], most = MOST_NAMES, between = ', '): string {
  const more = names.length - most
  return [...names.slice(0, most), ...(more > 0 ? [`${more} more`] : [])].join(between)
}

/** The place of each object and the reasons for it, line by line in the order of apply. */
export function* explanations(graph: Graph, nodes: readonly number[]): Generator<string> {
  const explain = explainer(graph)
  for (const index of nodes) {
    if (graph.nodes[index]?.kind !== 'object') continue
    yield describeNode(graph.nodes[index])
    for (const reason of explain(index)) yield `  ${reason}`
  }
}

/** What people should know about an order beside the order itself: what was left out of it, and what the set does not have. */
export function remarks(graph: Graph, dropped: readonly Dropped[]): string[] {
  const missing = [...new Set(graph.outside.map(({ id }) => describe(id)))]
  return [
    ...dropped
      .filter((each) => !isAgainstWishes(each))
      .map(({ edge }) => `Left out of the order, because other reasons contradict it: ${reasonOf(edge, graph)}.`),
    ...(missing.length === 0 ? [] : [`Named by the set, and not in it: ${listed(missing, MOST_MISSING)}.`]),
  ]
}

import { describeNode } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'
import { RULES } from '../graph/edge-rules.ts'
import type { Ordering } from '../graph/apply-order.ts'

/** What must not be applied, because something that it explicitly depends on did not come to its end. */
export interface Holds {
  /** Notes that a node failed, and how, such as `was refused`: everything that depends on it explicitly is held back. */
  fail(index: number, how: string): void
  /** Whether a node itself failed. */
  hasFailed(index: number): boolean
  /** Why an object is held back, as a sentence without its end; undefined where nothing holds it. */
  reason(index: number): string | undefined
}

/** Starts with nothing held back. */
export function makeHolds({ graph }: Ordering): Holds {
  const explicit = graph.edges.filter(({ rule }) => RULES[rule].force === 'explicit')
  const leaving = edgesBy('before', explicit, graph.nodes.length)
  const reasons = new Map<number, string>()
  const failed = new Set<number>()
  return {
    reason: (index) => reasons.get(index),
    hasFailed: (index) => failed.has(index),
    fail: (start, how) => {
      failed.add(start)
      const cause = `${describeNode(graph.nodes[start])} ${how}`
      const open = [{ index: start, through: '' }]
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const { after } of leaving[at.index] ?? []) {
          if (reasons.has(after)) continue
          const node = graph.nodes[after]
          const through = node?.kind === 'milestone' ? `, and ${node.why}` : at.through
          reasons.set(after, `${cause}${through}`)
          open.push({ index: after, through })
        }
      }
    },
  }
}

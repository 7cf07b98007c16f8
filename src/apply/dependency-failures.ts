import type { ApplyOrder } from '../graph/apply-order.ts'
import { EDGE_RULES } from '../graph/edge-rules.ts'
import { formatNode } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'

/** What must not be applied, because something that it explicitly depends on did not come to its end. */
export interface DependencyFailures {
  /** Notes that a node failed, and how, such as `was refused`: everything that depends on it explicitly is held back. */
  recordFailure(index: number, how: string): void
  /** Whether a node itself failed. */
  hasFailed(index: number): boolean
  /** Why an object is held back, as a sentence without its end; undefined where nothing holds it. */
  skipMessage(index: number): string | undefined
}

/** Starts with nothing held back. */
export function trackDependencyFailures({ graph }: ApplyOrder): DependencyFailures {
  const explicit = graph.edges.filter(({ rule }) => EDGE_RULES[rule].strength === 'explicit')
  const leaving = edgesBy('from', explicit, graph.nodes.length)
  const reasons = new Map<number, string>()
  const failed = new Set<number>()
  return {
    skipMessage: (index) => reasons.get(index),
    hasFailed: (index) => failed.has(index),
    recordFailure: (start, how) => {
      failed.add(start)
      const cause = `${formatNode(graph.nodes[start])} ${how}`
      const open = [{ index: start, through: '' }]
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const { to } of leaving[at.index] ?? []) {
          if (reasons.has(to)) continue
          const node = graph.nodes[to]
          const through = node?.kind === 'milestone' ? `, and ${node.why}` : at.through
          reasons.set(to, `${cause}${through}`)
          open.push({ index: to, through })
        }
      }
    },
  }
}

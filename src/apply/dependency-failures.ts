import type { ApplyOrder } from '../graph/apply-order.ts'
import { EDGE_RULES } from '../graph/edge-rules.ts'
import { formatNode } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'

/** Tracks the objects that are skipped because an object that they explicitly depend on failed. */
export interface DependencyFailures {
  /** Records that a node failed and how, such as `was rejected`: all that explicitly depend on it are skipped. */
  recordFailure(index: number, failure: string): void
  /** Whether a node itself failed. */
  hasFailed(index: number): boolean
  /** Why an object is skipped, as a sentence without a full stop; undefined if it is not. */
  skipMessage(index: number): string | undefined
}

/** Starts without any failure. */
export function trackDependencyFailures({ graph }: ApplyOrder): DependencyFailures {
  const explicit = graph.edges.filter(({ rule }) => EDGE_RULES[rule].strength === 'explicit')
  const outgoing = edgesBy('from', explicit, graph.nodes.length)
  const reasons = new Map<number, string>()
  const failed = new Set<number>()
  return {
    skipMessage: (index) => reasons.get(index),
    hasFailed: (index) => failed.has(index),
    recordFailure: (start, failure) => {
      failed.add(start)
      const cause = `${formatNode(graph.nodes[start])} ${failure}`
      const open = [{ index: start, through: '' }]
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const { to } of outgoing[at.index] ?? []) {
          if (reasons.has(to)) continue
          const node = graph.nodes[to]
          const through = node?.kind === 'join' ? `, and ${node.why}` : at.through
          reasons.set(to, `${cause}${through}`)
          open.push({ index: to, through })
        }
      }
    },
  }
}

import type { ObjectId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { Step } from '../yaml/field.ts'
import { EDGE_RULES, type EdgeRuleName } from './edge-rules.ts'

/** What stands in the graph. */
export type Node =
  | { readonly kind: 'object'; readonly manifest: ResolvedManifest }
  | ({ readonly kind: 'milestone' } & JoinNode)
  /** An object that is not in the set, and that one of the set depends on explicitly. */
  | { readonly kind: 'outside'; readonly id: ObjectId }

/**
 * A point between many and many: all that come before lead to it, and it leads to all that come after, so that the edges
 * are about as many as the objects.
 */
export interface JoinNode {
  readonly title: string
  /** Why the ones come before the others, as a sentence without its end. */
  readonly why: string
}

/** That one node comes before another, by their indices in the graph. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly rule: EdgeRuleName
  /** The field that says so, of the one or the other; empty where none does. */
  readonly path: readonly Step[]
}

/** A reference that leads outside of the set. It is no error: the object may live in the cluster already. */
export interface ExternalReference {
  readonly from: ResolvedManifest
  readonly id: ObjectId
  readonly rule: EdgeRuleName
  readonly path: readonly Step[]
}

/**
 * What has to come before what. The place of a node depends on identities alone: the objects stand as a person would
 * write them (`sortByKind`), the rest follows.
 */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly external: readonly ExternalReference[]
}

/** Whether an edge may be dropped where it closes a cycle. */
export function isSoft({ rule }: Edge): boolean {
  return EDGE_RULES[rule].strength === 'soft'
}

/** For each node, the edges that begin there (it comes `before`) or end there (it comes `after`). */
export function edgesBy(end: 'from' | 'to', edges: Iterable<Edge>, nodes: number): (readonly Edge[])[] {
  const lists: Edge[][] = Array.from({ length: nodes }, () => [])
  for (const edge of edges) lists[edge[end]]?.push(edge)
  return lists
}

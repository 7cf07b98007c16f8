import type { ObjectId } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { Step } from '../yaml/field.ts'
import { EDGE_RULES, type EdgeRuleName } from './edge-rules.ts'

/** A node of the graph. */
export type Node =
  | { readonly kind: 'object'; readonly manifest: ResolvedManifest }
  | ({ readonly kind: 'join' } & JoinNode)
  /** An object outside of the set that an object of the set explicitly depends on. */
  | { readonly kind: 'external'; readonly id: ObjectId }

/**
 * A node between many nodes before and many nodes after, so that there are about as many edges as objects.
 */
export interface JoinNode {
  readonly title: string
  /** Why the nodes before come before the nodes after, as a sentence without the full stop. */
  readonly why: string
}

/** An edge from a node to one that comes after it, by their indices. */
export interface Edge {
  readonly from: number
  readonly to: number
  readonly rule: EdgeRuleName
  /** The field behind it, in one of the two objects; empty if there is none. */
  readonly path: readonly Step[]
}

/** A reference to an object outside of the set. It is not an error, because the object may already be in the cluster. */
export interface ExternalReference {
  readonly from: ResolvedManifest
  readonly id: ObjectId
  readonly rule: EdgeRuleName
  readonly path: readonly Step[]
}

/**
 * A dependency graph. The index of a node depends on identities only: objects are sorted by kind (`sortByKind`), other nodes
 * follow.
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

/** Returns, for each node, the edges that begin there (`from`) or end there (`to`). */
export function edgesBy(end: 'from' | 'to', edges: Iterable<Edge>, nodes: number): (readonly Edge[])[] {
  const lists: Edge[][] = Array.from({ length: nodes }, () => [])
  for (const edge of edges) lists[edge[end]]?.push(edge)
  return lists
}

import type { ObjectId } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Step } from '../yaml/field.ts'
import { RULES, type RuleName } from './edge-rules.ts'

/** What stands in the graph. */
export type Node =
  | { readonly kind: 'object'; readonly manifest: PlacedManifest }
  | ({ readonly kind: 'milestone' } & Milestone)
  /** An object that is not in the set, and that one of the set depends on explicitly. */
  | { readonly kind: 'outside'; readonly id: ObjectId }

/**
 * A point between many and many: all that come before lead to it, and it leads to all that come after, so that the edges
 * are about as many as the objects.
 */
export interface Milestone {
  readonly title: string
  /** Why the ones come before the others, as a sentence without its end. */
  readonly why: string
}

/** That one node comes before another, by their indices in the graph. */
export interface Edge {
  readonly before: number
  readonly after: number
  readonly rule: RuleName
  /** The field that says so, of the one or the other; empty where none does. */
  readonly path: readonly Step[]
}

/** A reference that leads outside of the set. It is no error: the object may live in the cluster already. */
export interface Outside {
  readonly from: PlacedManifest
  readonly id: ObjectId
  readonly rule: RuleName
  readonly path: readonly Step[]
}

/**
 * What has to come before what. The place of a node depends on identities alone: the objects stand as a person would
 * write them (`asOnTheLadder`), the rest follows.
 */
export interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly outside: readonly Outside[]
}

/** Whether an edge may be dropped where it closes a cycle. */
export function isSoft({ rule }: Edge): boolean {
  return RULES[rule].force === 'soft'
}

/** For each node, the edges that begin there (it comes `before`) or end there (it comes `after`). */
export function edgesBy(end: 'before' | 'after', edges: Iterable<Edge>, nodes: number): (readonly Edge[])[] {
  const lists: Edge[][] = Array.from({ length: nodes }, () => [])
  for (const edge of edges) lists[edge[end]]?.push(edge)
  return lists
}

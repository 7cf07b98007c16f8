import { APPLY_STEPS, factsOf } from '../object/kinds.ts'
import type { ObjectId } from '../object/object-id.ts'

const RANKS: ReadonlyMap<string, number> = new Map(APPLY_STEPS.map((step, rank) => [step, rank]))
const OTHERS_RANK = APPLY_STEPS.indexOf('others')

/** Returns the rank of a kind in the apply order, from 0. */
function kindRank(id: Pick<ObjectId, 'group' | 'kind'>): number {
  return RANKS.get(factsOf(id).step ?? 'others') ?? OTHERS_RANK
}

/** Whether the server calls objects of a kind to admit others, so that they come as late as possible. */
export function isLate(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return kindRank(id) > OTHERS_RANK
}

/**
 * Sorts by the step of the kind, then by group, kind, namespace and name, each by code unit, independent of the locale. The result
 * depends on identities only.
 */
export function sortByKind<T extends { readonly id: ObjectId }>(items: readonly T[]): T[] {
  const ranked = items.map((item) => ({ item, rank: kindRank(item.id) }))
  return ranked.sort((a, b) => a.rank - b.rank || compare(a.item.id, b.item.id)).map(({ item }) => item)
}

function compare(a: ObjectId, b: ObjectId): number {
  for (const part of ['group', 'kind', 'namespace', 'name'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1
  }
  return 0
}

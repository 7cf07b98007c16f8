import type { ApplyResult } from '../apply/apply-result.ts'
import { CHANGES, type PlannedResult } from '../plan/object-plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'

/** The words for what becomes of an object, in the order in which they are counted. */
export const RESULT_WORDS = [
  ...CHANGES,
  ...['completed', 'unchanged', 'ignored', 'terminating', 'failed', 'skipped', 'pending'],
] as const satisfies readonly (PlannedResult | ApplyResult['result'])[]

/** What becomes of an object, in one word. */
export type ResultWord = ApplyResult['result']

/** How many objects have which result. */
export type Counts = Readonly<Record<ResultWord | 'objects', number>>

/** Counts results; all of them are `objects`. */
export function countResults(results: readonly { readonly result: ResultWord }[]): Counts {
  const counts = Object.fromEntries(RESULT_WORDS.map((word) => [word, 0])) as Record<ResultWord, number>
  for (const { result } of results) counts[result] += 1
  return { objects: results.length, ...counts }
}

/** The words for what becomes of an object that was removed from Git, in the order in which they are counted. */
export const PRUNE_WORDS = [
  ...['pruned', 'kept', 'abandoned', 'already deleted'],
] as const satisfies readonly PruneDecision['result'][]

/** What becomes of an object that was removed from Git, in one word. */
export type PruneWord = PruneDecision['result']

/** How many objects that were removed from Git have which result. */
export type PruneCounts = Readonly<Record<PruneWord, number>>

/** Counts the results of objects that were removed from Git. */
export function countPruned(decisions: readonly { readonly result: PruneWord }[]): PruneCounts {
  const counts = { pruned: 0, kept: 0, abandoned: 0, 'already deleted': 0 }
  for (const { result } of decisions) counts[result] += 1
  return counts
}

/** How many objects were written, or would be. */
export function countChanges(counts: Counts, pruneCounts: PruneCounts): number {
  return CHANGES.reduce((sum, word) => sum + counts[word], pruneCounts.pruned)
}

import type { ApplyResult } from '../apply/apply-result.ts'
import { CHANGES, type PlannedResult } from '../plan/object-plan.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'

/** The results of objects, in the order of the counts. */
export const RESULT_WORDS = [
  ...CHANGES,
  ...['completed', 'unchanged', 'ignored', 'terminating', 'failed', 'skipped', 'pending'],
] as const satisfies readonly (PlannedResult | ApplyResult['result'])[]

/** The result of an object. */
export type ResultWord = ApplyResult['result']

/** The number of objects with each result. */
export type Counts = Readonly<Record<ResultWord | 'objects', number>>

/** Counts results; `objects` is their total. */
export function countResults(results: readonly { readonly result: ResultWord }[]): Counts {
  const counts = Object.fromEntries(RESULT_WORDS.map((word) => [word, 0])) as Record<ResultWord, number>
  for (const { result } of results) counts[result] += 1
  return { objects: results.length, ...counts }
}

/** The results of objects removed from Git, in the order of the counts. */
export const PRUNE_WORDS = [
  ...['pruned', 'kept', 'abandoned', 'already deleted'],
] as const satisfies readonly PruneDecision['result'][]

/** The result of an object removed from Git. */
export type PruneWord = PruneDecision['result']

/** The number of objects removed from Git with each result. */
export type PruneCounts = Readonly<Record<PruneWord, number>>

/** Counts the results of objects removed from Git. */
export function countPruned(decisions: readonly { readonly result: PruneWord }[]): PruneCounts {
  const counts = { pruned: 0, kept: 0, abandoned: 0, 'already deleted': 0 }
  for (const { result } of decisions) counts[result] += 1
  return counts
}

/** The number of objects that were or would be written. */
export function countChanges(counts: Counts, pruneCounts: PruneCounts): number {
  return CHANGES.reduce((sum, word) => sum + counts[word], pruneCounts.pruned)
}

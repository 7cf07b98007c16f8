import type { Diagnostic } from '../diagnostics.ts'
import { joinNames } from '../graph/explanations.ts'
import { type Hint, hint, option } from '../hint.ts'
import type { ScopeFingerprint } from '../object/inventory-record.ts'
import { formatId } from '../object/object-id.ts'
import { isPruned, type KeepReason, type PruneDecision } from './prune-decision.ts'
import type { PruneLimit, PrunePolicy } from './prune-policy.ts'

/** Why a run deletes nothing at all, and what to do next. */
export interface PruneBlock extends KeepReason {
  readonly hint: Hint
}

/** What decides whether a run may delete anything. */
export interface PruneLimitInput {
  readonly policy: PrunePolicy
  /** The number of objects in the inventory. */
  readonly size: number
  /** API versions for which API discovery failed. */
  readonly unknown: ReadonlySet<string>
  /** The scope fingerprints of the last run and of this one. */
  readonly scopes: readonly [previous: ScopeFingerprint, current: ScopeFingerprint]
  /** Files that had objects before, and are skipped now. */
  readonly hiddenFiles: readonly string[]
}

/** What a run may delete if the workflow sets no limit. */
const DEFAULT_LIMIT: PruneLimit = { objects: 10, percent: 20 }
/** By default, it also deletes at most this percentage of an inventory with at least so many objects. */
const [MAX_DEFAULT_PERCENT, MIN_OBJECTS_FOR_PERCENT] = [50, 4]

/** Why a run deletes nothing of what it would prune; undefined if it may. The limits block all deletions, or none. */
export function checkPruneLimits(
  pruneDecisions: readonly PruneDecision[],
  input: PruneLimitInput,
): PruneBlock | undefined {
  const count = pruneDecisions.filter(isPruned).length
  if (count === 0) return undefined
  const { policy, size, unknown, scopes, hiddenFiles } = input
  if (unknown.size > 0)
    return {
      reason: 'ApiUnavailable',
      message: `API discovery failed for ${[...unknown].sort().join(', ')}`,
      hint: 'Check `kubectl get apiservices` for one that is not available.',
    }
  const changes = changedScope(...scopes)
  if (changes.length > 0 && !policy.mayChangeScope)
    return {
      reason: 'ScopeChanged',
      message: `the scope of the set has changed (${changes.join(', ')}), which may be the only reason`,
      hint: hint`To delete them, set ${option('prune-allow', 'scope-change')} for one run. Otherwise, undo the change of the scope.`,
    }
  if (hiddenFiles.length > 0 && !policy.mayChangeScope)
    return {
      reason: 'NoObjectsInFile',
      message: `${hiddenFiles.slice(0, MAX_NAMED_OBJECTS).join(', ')} had objects before, and no manifest now`,
      hint: hint`To delete the objects, delete the file, or set ${option('prune-allow', 'scope-change')} for one run.`,
    }
  return overLimit(count, size, policy.most)
}

function overLimit(count: number, size: number, limit: PruneLimit | undefined): PruneBlock | undefined {
  const { objects, percent } = limit ?? DEFAULT_LIMIT
  const allowed = Math.max(objects, Math.floor((size * percent) / 100))
  const raiseHint = hint`To delete them, set ${option('prune-limit', count)} or more for one run.`
  const share = `${count} of the ${size} objects in the inventory`
  if (count > allowed)
    return {
      reason: 'TooManyDeletions',
      message: `that would be ${share}, and the limit is ${allowed}`,
      hint: raiseHint,
    }
  if (limit === undefined && size >= MIN_OBJECTS_FOR_PERCENT && count > (size * MAX_DEFAULT_PERCENT) / 100)
    return { reason: 'MoreThanHalf', message: `that would be ${share}, more than half of it`, hint: raiseHint }
  return undefined
}

/** The parts in which two scope fingerprints differ, sorted; none if the previous one is empty, that is unknown. */
export function changedScope(previous: ScopeFingerprint, current: ScopeFingerprint): string[] {
  if (Object.keys(previous).length === 0) return []
  const names = new Set([...Object.keys(previous), ...Object.keys(current)])
  return [...names].filter((name) => previous[name] !== current[name]).sort()
}

/** Prune decisions by which nothing is deleted, for a reason. */
export function blockPrunes(
  pruneDecisions: readonly PruneDecision[],
  { reason, message }: KeepReason,
): PruneDecision[] {
  return pruneDecisions.map((decision) =>
    isPruned(decision) ? { ...decision, result: 'kept', reason, message, isPostponed: true } : decision,
  )
}

/** How many objects or files a message names. */
const MAX_NAMED_OBJECTS = 20

/** The error (E-GUARD) about deletions that are blocked. */
export function pruneBlockDiagnostic(pruneDecisions: readonly PruneDecision[], block: PruneBlock): Diagnostic {
  const names = pruneDecisions.filter(isPruned).map(({ id }) => formatId(id))
  const what = names.length === 1 ? 'An object removed from Git is' : `${names.length} objects removed from Git are`
  return {
    code: 'E-GUARD',
    reason: block.reason,
    message: `${what} not deleted: ${block.message}.\n- ${joinNames(names, MAX_NAMED_OBJECTS, '\n- ')}`,
    hint: block.hint,
  }
}

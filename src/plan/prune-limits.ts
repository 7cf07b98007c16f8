import type { Diagnostic } from '../diagnostics.ts'
import { joinNames } from '../graph/explanations.ts'
import { type Hint, hint, option } from '../hint.ts'
import type { ScopeFingerprint } from '../object/inventory-record.ts'
import { formatId } from '../object/object-id.ts'
import { isPruned, type KeepReason, type PruneDecision } from './prune-decision.ts'
import type { PruneLimit, PrunePolicy } from './prune-policy.ts'

/** Why nothing at all is deleted, and what to do about it. */
export interface PruneBlock extends KeepReason {
  readonly hint: Hint
}

/** What decides whether a run may delete anything. */
export interface PruneLimitInput {
  readonly policy: PrunePolicy
  /** How many objects the inventory has. */
  readonly size: number
  /** API versions of which the server does not say what it serves. */
  readonly unknown: ReadonlySet<string>
  /** By what the set was chosen before, and is now. */
  readonly scopes: readonly [live: ScopeFingerprint, now: ScopeFingerprint]
  /** Files that gave objects before, and are not taken for manifests now. */
  readonly hiddenFiles: readonly string[]
}

/** What a run may delete where the workflow sets no limit. */
const DEFAULT_LIMIT: PruneLimit = { objects: 10, percent: 20 }
/** Then it also deletes no more than this share of an inventory, unless that has fewer objects than this. */
const [MAX_DEFAULT_PERCENT, MIN_OBJECTS_FOR_PERCENT] = [50, 4]

/** Why a run deletes nothing of what it would: deleting is refused as a whole, never by halves. Undefined where it may. */
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
      message: `the server does not say what it serves in ${[...unknown].sort().join(', ')}`,
      hint: 'Look at `kubectl get apiservices`: one that is not available answers like this.',
    }
  const planChange = changedScope(...scopes)
  if (planChange.length > 0 && !policy.mayChangeScope)
    return {
      reason: 'ScopeChanged',
      message: `the set is chosen in another way than before (${planChange.join(', ')}), so they may be missing for that alone`,
      hint: hint`If they are to go, allow it for one run with ${option('prune-allow', 'scope-change')}; else correct what has changed.`,
    }
  if (hiddenFiles.length > 0 && !policy.mayChangeScope)
    return {
      reason: 'NoObjectsInFile',
      message: `${hiddenFiles.slice(0, MAX_NAMED_OBJECTS).join(', ')} had objects before, and what is in there now is no manifest`,
      hint: hint`If they are to go, delete the file, or allow it for one run with ${option('prune-allow', 'scope-change')}.`,
    }
  return overLimit(count, size, policy.most)
}

function overLimit(count: number, size: number, most: PruneLimit | undefined): PruneBlock | undefined {
  const { objects, percent } = most ?? DEFAULT_LIMIT
  const allowed = Math.max(objects, Math.floor((size * percent) / 100))
  const raise = hint`If they are to go, allow it for one run with ${option('prune-limit', count)}, or more.`
  const share = `${count} of the ${size} objects of the inventory`
  if (count > allowed)
    return { reason: 'TooManyDeletions', message: `that would be ${share}, and ${allowed} is the most`, hint: raise }
  if (most === undefined && size >= MIN_OBJECTS_FOR_PERCENT && count > (size * MAX_DEFAULT_PERCENT) / 100)
    return { reason: 'MoreThanHalf', message: `that would be ${share}, more than half of it`, hint: raise }
  return undefined
}

/** In what two selections differ. Nothing is known of one that is empty. */
export function changedScope(live: ScopeFingerprint, now: ScopeFingerprint): string[] {
  if (Object.keys(live).length === 0) return []
  return [...new Set([...Object.keys(live), ...Object.keys(now)])].filter((name) => live[name] !== now[name]).sort()
}

/** Departures of which nothing is deleted. */
export function blockPrunes(
  pruneDecisions: readonly PruneDecision[],
  { reason, message }: KeepReason,
): PruneDecision[] {
  return pruneDecisions.map((decision) =>
    isPruned(decision) ? { ...decision, result: 'kept', reason, message, isPostponed: true } : decision,
  )
}

/** More names in one message nobody reads. */
const MAX_NAMED_OBJECTS = 20

/** What is told of deletions that a run withholds. */
export function pruneBlockDiagnostic(pruneDecisions: readonly PruneDecision[], block: PruneBlock): Diagnostic {
  const names = pruneDecisions.filter(isPruned).map(({ id }) => formatId(id))
  const what = names.length === 1 ? 'An object that has left Git is' : `${names.length} objects that have left Git are`
  return {
    code: 'E-GUARD',
    reason: block.reason,
    message: `${what} not deleted: ${block.message}.\n- ${joinNames(names, MAX_NAMED_OBJECTS, '\n- ')}`,
    hint: block.hint,
  }
}

import { nextEntries } from '../inventory/next-record.ts'
import { mergeFileDigests } from '../object/file-digests.ts'
import { EMPTY_RECORD, type InventoryRecord, type ScopeFingerprint } from '../object/inventory-record.ts'
import { isChange } from '../plan/object-plan.ts'
import type { Plan, PlanInput } from '../plan/plan.ts'
import { changedScope } from '../plan/prune-limits.ts'
import type { Execution, PlannedSet } from './execution.ts'

/** The record of a set whose plan was executed, with the given entries. */
export function nextState(
  entries: InventoryRecord['entries'],
  { pruneDecisions }: Pick<Plan, 'pruneDecisions'>,
  { record: previous = EMPTY_RECORD, selection, files }: Pick<PlanInput, 'record' | 'selection' | 'files'>,
  { source, cluster: { identity, serverVersion } }: Pick<Execution, 'source' | 'cluster'>,
): InventoryRecord {
  // As long as a deletion is postponed, the scope stays the one under which its object was applied.
  const isPostponed = pruneDecisions.some((decision) => decision.isPostponed)
  const keepsScope = isPostponed && Object.keys(previous.selection).length > 0
  return {
    ...previous,
    ...{ cluster: identity || previous.cluster, serverVersion, entries },
    ...{ commit: source.commit ?? '', branch: source.branch ?? '' },
    selection: keepsScope ? previous.selection : selection,
    files: keepsScope ? mergeFileDigests(previous.files, files) : files,
  }
}

/** Whether a plan needs no write at all, not even of the record. */
export function isUpToDate({ input, plan }: PlannedSet, execution: Pick<Execution, 'source' | 'cluster'>): boolean {
  const { record } = input
  const hasNoChanges = !plan.objects.some(isChange) && plan.pruneDecisions.every(({ result }) => result === 'kept')
  const { entries, isNew } = nextEntries(record?.entries, plan, input.dryRuns, new Map(), [])
  if (!hasNoChanges || isNew || record === undefined || input.applyOnly !== undefined) return false
  const next = nextState(entries, plan, input, execution)
  const texts = ({ commit, branch, cluster, serverVersion, files }: InventoryRecord) =>
    [commit, branch, cluster, serverVersion, files].join('\n')
  return texts(record) === texts(next) && isSameScope(record.selection, next.selection)
}

function isSameScope(a: ScopeFingerprint, b: ScopeFingerprint): boolean {
  return Object.keys(a).length === Object.keys(b).length && changedScope(a, b).length === 0
}

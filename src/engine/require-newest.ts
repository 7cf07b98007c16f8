import { Failure } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import { EMPTY_RECORD, type InventoryRecord } from '../object/inventory-record.ts'
import { type CommitAncestry, compareCommits } from '../source/commit-ancestry.ts'
import { gitEnvironment } from '../source/git-environment.ts'
import { warn } from './events.ts'
import type { Execution } from './execution.ts'

/** Raises E-GUARD if the commit does not descend from the one that was applied last, unless a rollback is allowed. */
export async function requireNewest(
  record: InventoryRecord | undefined,
  { set, source, config, signal, tempDir, emit }: Execution,
): Promise<CommitAncestry> {
  const last = record ?? EMPTY_RECORD
  const now = { commit: source.commit ?? '', branch: source.branch ?? '' }
  const options = { environment: gitEnvironment(config.environment), tempDir, signal, emit }
  const ancestry = await compareCommits(now, last, config.source, options)
  const [to, from] = [now.commit, last.commit].map((commit) => commit.slice(0, 12) || 'no commit') as [string, string]
  if (ancestry.kind === 'rewritten') {
    const message = `The branch was rewritten: its tip ${to} does not descend from ${from}, which was applied last. This run follows the branch.`
    warn([{ reason: 'BranchRewritten', message }], emit)
  }
  if (ancestry.kind !== 'other' && ancestry.kind !== 'unknown') return ancestry
  if (set.policy.allowRollback) {
    emit({ type: 'rollback', from, to })
    return ancestry
  }
  const by = last.run || 'an earlier run'
  if (ancestry.kind === 'unknown')
    throw new Failure({
      code: 'E-GUARD',
      reason: 'AncestryUnknown',
      message: `Cannot tell whether commit ${to} descends from ${from} (last applied by ${by}): ${ancestry.message}.`,
      hint: ancestry.hint,
    })
  throw new Failure({
    code: 'E-GUARD',
    reason: 'NotNewestCommit',
    message: `Commit ${to} does not descend from ${from}, which was applied last (by ${by})${branchText(now.branch, last.branch)}.`,
    hint: hint`A rerun of an old workflow run must not undo a newer one. To go back on purpose, revert in Git, or set ${option('allow-rollback', 'true')} for one run.`,
  })
}

function branchText(now: string, last: string): string {
  if (now === last || last === '') return ''
  return `; that run read ${last}, this one reads ${now || 'no branch'}`
}

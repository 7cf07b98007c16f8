import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { diagnosticsOf, Failure } from '../diagnostics.ts'
import { type Hint, hint, option } from '../hint.ts'
import { branchTip, descendsOnRemote, isAncestorIn, isShallow } from './commit-history.ts'
import { type CommitSha, isCommitSha } from './commit-sha.ts'
import { type GitOptions, openGit } from './git.ts'
import { initialise } from './git-repository.ts'
import { isRepository, withNetworkRetry } from './remote.ts'
import type { LocalConfig, RemoteConfig, SourceConfig } from './source-config.ts'

/** A commit, and the branch that it is of, as a full name or `HEAD`; both are empty where they are not known. */
export interface AppliedCommit {
  readonly commit: string
  readonly branch: string
}

/**
 * How a commit stands to the one that was applied last: there is no such one (`first`), or it is the `same`; it descends from it
 * (`newer`); it is the tip of the branch that was rewritten (`rewritten`); it does not descend from it (`other`); or
 * nobody can say (`unknown`, with the reason and what to do about it).
 */
export type CommitAncestry =
  | { readonly kind: 'first' | 'same' | 'newer' | 'rewritten' | 'other' }
  | { readonly kind: 'unknown'; readonly message: string; readonly hint: Hint }

/**
 * Says how the commit of a source stands to the last one. The remote is asked, since a checkout may lack its history, and since
 * the tip of the branch is the newest by definition, whatever it descends from. Never rejects for what git cannot tell.
 */
export async function compareCommits(
  now: AppliedCommit,
  last: AppliedCommit,
  config: SourceConfig,
  options: GitOptions,
): Promise<CommitAncestry> {
  if (last.commit === '') return { kind: 'first' }
  if (now.commit === last.commit) return { kind: 'same' }
  if (!isCommitSha(now.commit)) return unknown('what is read now is no commit', ONCE)
  if (!isCommitSha(last.commit)) return unknown('the last one is no commit', ONCE)
  const question = { commit: now.commit, ancestor: last.commit, branch: now.branch === last.branch ? now.branch : '' }
  try {
    return await (config.kind === 'remote'
      ? askRemote(question, config, options)
      : askCheckout(question, config, options))
  } catch (error) {
    options.signal.throwIfAborted()
    if (!(error instanceof Failure)) throw error
    const [problem] = diagnosticsOf(error)
    return unknown(problem?.message ?? '', problem?.hint ?? 'Run again.')
  }
}

/** Whether a commit descends from another one, and else whether it is the tip of a branch that both were applied from. */
interface AncestryQuestion {
  readonly commit: CommitSha
  readonly ancestor: CommitSha
  /** Empty where the last one was of another branch, of which the tip says nothing. */
  readonly branch: string
}

async function askRemote(
  question: AncestryQuestion,
  config: RemoteConfig,
  options: GitOptions,
): Promise<CommitAncestry> {
  const { commit, ancestor, branch } = question
  const folder = join(options.tempDir, 'history')
  await mkdir(folder, { recursive: true })
  const git = openGit(folder, options, config)
  if (!isRepository(folder)) await initialise(git, config.url)
  const tip = branch === '' ? undefined : await withNetworkRetry(() => branchTip(git, branch), options)
  const isNewer = await withNetworkRetry(() => descendsOnRemote(git, commit, ancestor, branch), options)
  return { kind: isNewer ? 'newer' : tip === commit ? 'rewritten' : 'other' }
}

async function askCheckout(
  question: AncestryQuestion,
  config: LocalConfig,
  options: GitOptions,
): Promise<CommitAncestry> {
  const { commit, ancestor } = question
  const git = openGit(config.path, options)
  // That it descends is proven by the commits themselves; that it does not is not, where some are missing.
  if (await isAncestorIn(git, commit, ancestor)) return { kind: 'newer' }
  const { upstream } = config
  if (upstream?.ref.kind === 'commit' && upstream.ref.sha === commit) return askRemote(question, upstream, options)
  if (!(await isShallow(git))) return { kind: 'other' }
  return unknown('the checkout lacks its history', HISTORY)
}

const ONCE = hint`If that is meant, set ${option('allow-rollback', 'true')} for one run.`
const HISTORY =
  'Check out with `fetch-depth: 0`; or leave the checkout step out and name the repository, so that its server is asked.'

function unknown(reason: string, hint: Hint): CommitAncestry {
  return { kind: 'unknown', message: reason.replace(/\.$/, ''), hint }
}

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

/** A commit and its branch, as a full name or `HEAD`; each is empty if it is not known. */
export interface AppliedCommit {
  readonly commit: string
  readonly branch: string
}

/**
 * How a commit relates to the last applied one: there is none (`first`); it is the `same`; it descends from that one
 * (`newer`); it does not, but is the tip of the same branch, which was rewritten (`rewritten`); it does not (`other`); or
 * that is not known (`unknown`, with the reason and a hint).
 */
export type CommitAncestry =
  | { readonly kind: 'first' | 'same' | 'newer' | 'rewritten' | 'other' }
  | { readonly kind: 'unknown'; readonly message: string; readonly hint: Hint }

/**
 * Compares the commit of a source with the last applied one. Asks the remote, because a checkout may lack history, and
 * because the tip of a branch is the newest commit by definition, whatever it descends from. Errors of git give `unknown`.
 */
export async function compareCommits(
  now: AppliedCommit,
  last: AppliedCommit,
  config: SourceConfig,
  options: GitOptions,
): Promise<CommitAncestry> {
  if (last.commit === '') return { kind: 'first' }
  if (now.commit === last.commit) return { kind: 'same' }
  if (!isCommitSha(now.commit)) return unknown('the current source has no commit', ALLOW_ONCE)
  if (!isCommitSha(last.commit)) return unknown('the last run applied no commit', ALLOW_ONCE)
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

/** Asks whether a commit descends from another one, and otherwise whether it is the tip of the branch of both. */
interface AncestryQuestion {
  readonly commit: CommitSha
  readonly ancestor: CommitSha
  /** Empty if the commits were applied from different branches: the tip of one means nothing for the other. */
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
  // The commits at hand can prove that it descends; with some missing, they cannot prove that it does not.
  if (await isAncestorIn(git, commit, ancestor)) return { kind: 'newer' }
  const { upstream } = config
  if (upstream?.ref.kind === 'commit' && upstream.ref.sha === commit) return askRemote(question, upstream, options)
  if (!(await isShallow(git))) return { kind: 'other' }
  return unknown('the checkout lacks the history', FETCH_HISTORY)
}

const ALLOW_ONCE = hint`If this is intended, set ${option('allow-rollback', 'true')} for one run.`
const FETCH_HISTORY =
  'Check out with `fetch-depth: 0`, or remove the checkout step and name the repository, so that its server is asked.'

function unknown(reason: string, hint: Hint): CommitAncestry {
  return { kind: 'unknown', message: reason.replace(/\.$/, ''), hint }
}

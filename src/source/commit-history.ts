import type { CommitSha } from './commit-sha.ts'
import type { Git } from './git.ts'
import { commitAt, listRemote, REMOTE } from './git-repository.ts'

/** Returns the tip of a branch (a full name or `HEAD`) on the remote; undefined if there is no such branch. */
export async function branchTip(git: Git, branch: string): Promise<CommitSha | undefined> {
  return (await listRemote(git, [branch])).get(branch)
}

/** The number of commits that are fetched first: an ancestor is rarely far away. */
const INITIAL_DEPTH = 200

/**
 * Whether a commit of the remote descends from another one. Fetches history without trees and files: first that of the
 * branch, unless it is empty, because not every server returns a commit by its id.
 */
export async function descendsOnRemote(
  git: Git,
  commit: CommitSha,
  ancestor: CommitSha,
  branch: string,
): Promise<boolean> {
  const options = ['--no-tags', '--no-write-fetch-head', '--recurse-submodules=no', '--filter=tree:0']
  const fetch = (depth: string, source: string) => git.text(['fetch', ...options, depth, REMOTE, source])
  if (branch !== '') await fetch(`--depth=${INITIAL_DEPTH}`, branch)
  const isOnBranch = (await commitAt(git, commit)) !== undefined
  const source = isOnBranch ? branch : commit
  if (!isOnBranch) await fetch(`--depth=${INITIAL_DEPTH}`, commit)
  if (await isAncestorIn(git, commit, ancestor)) return true
  if (!(await isShallow(git))) return false
  await fetch('--unshallow', source)
  return isAncestorIn(git, commit, ancestor)
}

/** Whether a commit descends from another one, according to the history that the local repository has. */
export async function isAncestorIn(git: Git, commit: CommitSha, ancestor: CommitSha): Promise<boolean> {
  // Not `merge-base`, which would fetch a missing commit.
  const history = await git.text(['rev-list', '--end-of-options', commit])
  return history.split('\n').includes(ancestor)
}

/** Whether a repository lacks part of its history. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git.text(['rev-parse', '--is-shallow-repository'])) === 'true'
}

import type { CommitSha } from './commit-sha.ts'
import type { Git } from './git.ts'
import { commitAt, listRemote, REMOTE } from './git-repository.ts'

/** The tip of a branch on the remote, given as a full name or `HEAD`; undefined where there is no such branch. */
export async function branchTip(git: Git, branch: string): Promise<CommitSha | undefined> {
  return (await listRemote(git, [branch])).get(branch)
}

/** Commits of a history that are asked for at first: an ancestor is seldom far away. */
const INITIAL_DEPTH = 200

/**
 * Whether a commit of the remote descends from another one; of its history no trees and files are fetched. It is looked for on
 * its branch first, if that is given: not every server hands out a commit by its id.
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
  const isThere = (await commitAt(git, commit)) !== undefined
  const source = isThere ? branch : commit
  if (!isThere) await fetch(`--depth=${INITIAL_DEPTH}`, commit)
  if (await isAncestorIn(git, commit, ancestor)) return true
  if (!(await isShallow(git))) return false
  await fetch('--unshallow', source)
  return isAncestorIn(git, commit, ancestor)
}

/** Whether a commit descends from another one, as far as the repository itself has its history. */
export async function isAncestorIn(git: Git, commit: CommitSha, ancestor: CommitSha): Promise<boolean> {
  // Not `merge-base`, which would fetch a commit that is not there.
  const history = await git.text(['rev-list', '--end-of-options', commit])
  return history.split('\n').includes(ancestor)
}

/** Whether a repository lacks a part of its history. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git.text(['rev-parse', '--is-shallow-repository'])) === 'true'
}

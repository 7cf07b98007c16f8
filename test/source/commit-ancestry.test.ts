import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type CommitAncestry, compareCommits } from '../../src/source/commit-ancestry.ts'
import { isCommitSha } from '../../src/source/commit-sha.ts'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import type { LocalConfig, RemoteConfig, SourceConfig } from '../../src/source/source-config.ts'
import { commit, git, makeRepository, temporaryFolder } from '../../testbed/repository.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'

// How a commit stands to the one that was applied last, asked of a real git server and of real checkouts.

const root = temporaryFolder()
let server: GitServer
before(async () => {
  server = await startGitServer(root)
})
after(() => server.stop())

const BRANCH = 'refs/heads/main'

function remote(name: string): RemoteConfig {
  return { kind: 'remote', transport: 'https', url: `${server.url}/${name}`, ref: { kind: 'name', name: 'main' } }
}

function checkout(path: string, upstream?: RemoteConfig): LocalConfig {
  return { kind: 'local', path, ref: { kind: 'default' }, ...(upstream === undefined ? {} : { upstream }) }
}

/** Makes a repository of a few commits; `served` lets clients ask for any of them, as GitHub does. */
function history(name: string, length: number): { readonly folder: string; readonly commits: readonly string[] } {
  const folder = join(root, name)
  const commits = [makeRepository(folder, { 'a.yaml': '0' })]
  git(folder, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  for (let index = 1; index < length; index += 1) commits.push(commit(folder, { 'a.yaml': String(index) }))
  return { folder, commits }
}

async function standing(
  config: SourceConfig,
  now: string,
  last: string,
  branches = [BRANCH, BRANCH],
): Promise<CommitAncestry> {
  const options = {
    environment: gitEnvironment(process.env),
    tempDir: temporaryFolder(),
    signal: new AbortController().signal,
    emit: () => {},
  }
  const [young = '', old = ''] = branches
  return compareCommits({ commit: now, branch: young }, { commit: last, branch: old }, config, options)
}

test('a commit is the first, the same, newer or another one, as the remote tells', async () => {
  const { commits } = history('o/plain', 3)
  const [first = '', second = '', third = ''] = commits
  assert.equal((await standing(remote('o/plain'), third, '')).kind, 'first')
  assert.equal((await standing(remote('o/plain'), second, second)).kind, 'same')
  assert.equal((await standing(remote('o/plain'), third, first)).kind, 'newer')
  assert.equal((await standing(remote('o/plain'), second, first)).kind, 'newer')
  assert.equal((await standing(remote('o/plain'), first, second)).kind, 'other')
})

test('F030: a branch that was rewritten is followed from its tip alone, and only on the branch of before', async () => {
  const { folder, commits } = history('o/rewritten', 3)
  const [first = '', , third = ''] = commits
  git(folder, 'reset', '--hard', '--quiet', first)
  const young = commit(folder, { 'a.yaml': 'other' })
  assert.equal((await standing(remote('o/rewritten'), young, third)).kind, 'rewritten')
  assert.equal((await standing(remote('o/rewritten'), first, third)).kind, 'other')
  assert.equal((await standing(remote('o/rewritten'), young, third, [BRANCH, 'refs/heads/other'])).kind, 'other')
  assert.equal((await standing(remote('o/rewritten'), young, third, ['', ''])).kind, 'other')
})

test('an ancestor that is far away is found', async () => {
  const { commits } = history('o/long', 260)
  assert.equal((await standing(remote('o/long'), commits.at(-1) ?? '', commits[0] ?? '')).kind, 'newer')
})

test('F032: a checkout proves what its commits prove; what it lacks is asked of the remote, or not known', async () => {
  const { folder, commits } = history('o/shallow', 3)
  const [first = '', second = '', third = ''] = commits
  assert.equal((await standing(checkout(folder), third, first)).kind, 'newer')
  assert.equal((await standing(checkout(folder), first, third)).kind, 'other')
  const shallow = temporaryFolder()
  git(shallow, 'clone', '--quiet', '--depth=1', `file://${folder}`, 'clone')
  const lacking = checkout(join(shallow, 'clone'))
  const unknown = await standing(lacking, third, second)
  assert.ok(unknown.kind === 'unknown' && unknown.hint.includes('`fetch-depth: 0`'))
  assert.ok(isCommitSha(third))
  const upstream: RemoteConfig = { ...remote('o/shallow'), ref: { kind: 'commit', sha: third } }
  assert.equal((await standing(checkout(lacking.path, upstream), third, second)).kind, 'newer')
})

test('the same question may be asked again, in the same run', async () => {
  const { commits } = history('o/again', 2)
  const [first = '', second = ''] = commits
  const options = {
    environment: gitEnvironment(process.env),
    tempDir: temporaryFolder(),
    signal: new AbortController().signal,
    emit: () => {},
  }
  const [now, last] = [second, first].map((sha) => ({ commit: sha, branch: BRANCH }))
  assert.ok(now !== undefined && last !== undefined)
  for (const _ of ['once', 'again'])
    assert.equal((await compareCommits(now, last, remote('o/again'), options)).kind, 'newer')
})

test('a remote that cannot be asked makes nothing newer', async () => {
  const { commits } = history('o/unreachable', 2)
  const [first = '', second = ''] = commits
  const gone = { ...remote('o/nothing'), url: `${server.url}/o/nothing` }
  assert.equal((await standing(gone, second, first)).kind, 'unknown')
  assert.equal((await standing(remote('o/unreachable'), '', first)).kind, 'unknown')
})

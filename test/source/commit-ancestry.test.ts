import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type CommitAncestry, compareCommits } from '../../src/source/commit-ancestry.ts'
import { isCommitSha } from '../../src/source/commit-sha.ts'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import type { LocalConfig, RemoteConfig, SourceConfig } from '../../src/source/source-config.ts'
import { commit, git, makeRepository, temporaryFolder } from '../../testbed/repository.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'

// Compares commits on a real git server and in real checkouts.

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

/** Creates a repository of `length` commits that clients may fetch by id, as on GitHub. */
function makeHistory(name: string, length: number): { readonly folder: string; readonly commits: readonly string[] } {
  const folder = join(root, name)
  const commits = [makeRepository(folder, { 'a.yaml': '0' })]
  git(folder, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  for (let index = 1; index < length; index += 1) commits.push(commit(folder, { 'a.yaml': String(index) }))
  return { folder, commits }
}

async function compare(
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
  const [currentBranch = '', lastBranch = ''] = branches
  return compareCommits({ commit: now, branch: currentBranch }, { commit: last, branch: lastBranch }, config, options)
}

test('a commit is the first, the same, newer or another one, according to the remote', async () => {
  const { commits } = makeHistory('o/plain', 3)
  const [first = '', second = '', third = ''] = commits
  assert.equal((await compare(remote('o/plain'), third, '')).kind, 'first')
  assert.equal((await compare(remote('o/plain'), second, second)).kind, 'same')
  assert.equal((await compare(remote('o/plain'), third, first)).kind, 'newer')
  assert.equal((await compare(remote('o/plain'), second, first)).kind, 'newer')
  assert.equal((await compare(remote('o/plain'), first, second)).kind, 'other')
})

test('only the tip of the same branch counts as rewritten', async () => {
  const { folder, commits } = makeHistory('o/rewritten', 3)
  const [first = '', , third = ''] = commits
  git(folder, 'reset', '--hard', '--quiet', first)
  const tip = commit(folder, { 'a.yaml': 'other' })
  assert.equal((await compare(remote('o/rewritten'), tip, third)).kind, 'rewritten')
  assert.equal((await compare(remote('o/rewritten'), first, third)).kind, 'other')
  assert.equal((await compare(remote('o/rewritten'), tip, third, [BRANCH, 'refs/heads/other'])).kind, 'other')
  assert.equal((await compare(remote('o/rewritten'), tip, third, ['', ''])).kind, 'other')
})

test('an ancestor that is far away is found', async () => {
  const { commits } = makeHistory('o/long', 260)
  assert.equal((await compare(remote('o/long'), commits.at(-1) ?? '', commits[0] ?? '')).kind, 'newer')
})

test('a shallow checkout asks the remote for missing history, or the ancestry is unknown', async () => {
  const { folder, commits } = makeHistory('o/shallow', 3)
  const [first = '', second = '', third = ''] = commits
  assert.equal((await compare(checkout(folder), third, first)).kind, 'newer')
  assert.equal((await compare(checkout(folder), first, third)).kind, 'other')
  const shallow = temporaryFolder()
  git(shallow, 'clone', '--quiet', '--depth=1', `file://${folder}`, 'clone')
  const shallowCheckout = checkout(join(shallow, 'clone'))
  const unknown = await compare(shallowCheckout, third, second)
  assert.ok(unknown.kind === 'unknown' && unknown.hint.includes('`fetch-depth: 0`'))
  assert.ok(isCommitSha(third))
  const upstream: RemoteConfig = { ...remote('o/shallow'), ref: { kind: 'commit', sha: third } }
  assert.equal((await compare(checkout(shallowCheckout.path, upstream), third, second)).kind, 'newer')
})

test('commits may be compared twice in the same run', async () => {
  const { commits } = makeHistory('o/again', 2)
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

test('the ancestry is unknown if the remote cannot be reached', async () => {
  const { commits } = makeHistory('o/unreachable', 2)
  const [first = '', second = ''] = commits
  const gone = { ...remote('o/nothing'), url: `${server.url}/o/nothing` }
  assert.equal((await compare(gone, second, first)).kind, 'unknown')
  assert.equal((await compare(remote('o/unreachable'), '', first)).kind, 'unknown')
})

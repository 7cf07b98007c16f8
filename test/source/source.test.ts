import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import { formatHint } from '../../src/hint.ts'
import { parseRef } from '../../src/options/ref.ts'
import { DEFAULT_LIMITS, type ReadLimits } from '../../src/read-limits.ts'
import { fetchSource } from '../../src/source/fetch-source.ts'
import { cachePath } from '../../src/source/git-cache.ts'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import type { Ref, RemoteConfig } from '../../src/source/source-config.ts'
import type { SourceEvent } from '../../src/source/source-event.ts'
import type { SelectFiles, SourceTree } from '../../src/source/source-tree.ts'
import { commit, git, makeRepository, temporaryFolder } from '../../testbed/repository.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'
import { startSshServer } from '../sshserver.ts'

const TOKEN = 'the-token'
const root = temporaryFolder()
const repository = join(root, 'owner/config')
const everything: SelectFiles = (entries) =>
  new Map(entries.filter(({ kind }) => kind === 'file').map(({ path }) => [path, 'manifest']))

let server: GitServer
let first: string

before(async () => {
  first = makeRepository(repository, { 'a.yaml': 'a: 1\n', 'deep/b.yaml': Buffer.from([0xff, 0x00, 0x0a]) })
  server = await startGitServer(root, TOKEN)
})
after(() => server.stop())

function remote(options: Partial<RemoteConfig> = {}): RemoteConfig {
  const authorization = `basic ${Buffer.from(`x-access-token:${TOKEN}`).toString('base64')}`
  return {
    kind: 'remote',
    transport: 'https',
    url: `${server.url}/owner/config`,
    ref: ref('main'),
    authorization,
    ...options,
  }
}

function ref(name: string): Ref {
  const parsed = parseRef(name)
  assert.ok('value' in parsed && parsed.value !== undefined)
  return parsed.value
}

async function fetch(
  config: RemoteConfig,
  signal = new AbortController().signal,
  environment: NodeJS.ProcessEnv = process.env,
  limits: ReadLimits = DEFAULT_LIMITS,
): Promise<{ source: SourceTree; events: SourceEvent[] }> {
  const events: SourceEvent[] = []
  // With a space, as in the paths of some self-hosted runners.
  const tempDir = join(temporaryFolder(), 'a run')
  mkdirSync(tempDir)
  const source = await fetchSource(config, everything, {
    environment: gitEnvironment(environment),
    tempDir,
    signal,
    limits,
    emit: (event) => events.push(event),
  })
  return { source, events }
}

function cloneOf({ events }: { readonly events: readonly SourceEvent[] }) {
  return events.find((event) => event.type === 'clone')
}

function fetchedOf({ events }: { readonly events: readonly SourceEvent[] }) {
  return events.find((event) => event.type === 'fetched')
}

async function failure(config: RemoteConfig) {
  const error = await fetch(config).then(
    () => assert.fail('nothing failed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Failure, String(error))
  return {
    code: error.problems[0]?.code,
    reason: error.problems[0]?.reason,
    message: error.message,
    hint: formatHint(error.problems[0]?.hint ?? ''),
  }
}

test('a branch is cloned at its tip, with unchanged bytes and one request for all contents', async () => {
  const { source, events } = await fetch(remote())
  assert.equal(source.commit, first)
  assert.deepEqual(source.files.get('deep/b.yaml'), Buffer.from([0xff, 0x00, 0x0a]))
  assert.deepEqual([...new Set(events.map(({ type }) => type))], ['clone', 'git-progress', 'fetched'])
})

test('a ref may be a tag, an annotated tag, a full commit id or the default branch', async () => {
  git(repository, 'tag', 'v1', first)
  git(repository, 'tag', '--annotate', '--message=x', 'v1-annotated', first)
  for (const name of ['v1', 'v1-annotated', first, 'refs/tags/v1', first.toUpperCase()]) {
    assert.equal((await fetch(remote({ ref: ref(name) }))).source.commit, first, name)
  }
  assert.equal((await fetch(remote({ ref: { kind: 'default' } }))).source.commit, first)
})

test('a ref that does not exist is E-GIT-REF, and the hint lists branches', async () => {
  const missing = await failure(remote({ ref: ref('mian') }))
  assert.equal(missing.code, 'E-GIT-REF')
  assert.equal(missing.reason, 'RefNotFound')
  assert.match(missing.message, /`mian`/)
  assert.match(missing.hint, /: main\./)
  assert.equal((await failure(remote({ ref: ref('0'.repeat(40)) }))).code, 'E-GIT-REF')
})

test('a name that is both a branch and a tag is rejected with both full names', async () => {
  git(repository, 'branch', 'both', first)
  git(repository, 'tag', 'both', first)
  const both = await failure(remote({ ref: ref('both') }))
  assert.equal(both.code, 'E-GIT-REF')
  assert.match(both.hint, /`ref: refs\/heads\/both` or `ref: refs\/tags\/both`/)
  assert.equal((await fetch(remote({ ref: ref('refs/heads/both') }))).source.commit, first)
})

test('an object that is not a commit is rejected', async () => {
  const blob = git(repository, 'rev-parse', 'main:a.yaml')
  assert.equal((await failure(remote({ ref: ref(blob) }))).code, 'E-GIT-REF')
})

test('a wrong token is E-GIT-AUTH without retries, and is not in the message', async () => {
  const from = server.requests.length
  const wrong = await failure(
    remote({ authorization: `basic ${Buffer.from('x-access-token:wrong-token').toString('base64')}` }),
  )
  assert.equal(wrong.code, 'E-GIT-AUTH')
  assert.doesNotMatch(wrong.message, /wrong-token|eC1hY2Nl/)
  assert.ok(server.requests.length - from <= 2)
})

test('exactly one authorization header is sent, even if the clone has others configured', async () => {
  const cacheDir = temporaryFolder()
  const config = remote({ cacheDir })
  await fetch(config)
  const cache = cachePath(cacheDir, config.url)
  for (const key of ['http.extraHeader', `http.${server.url}/.extraHeader`]) {
    git(cache, 'config', '--add', key, 'Authorization: basic aW5oZXJpdGVk')
  }
  const from = server.requests.length
  await fetch(config)
  assert.ok(server.requests.length > from)
  for (const { authorization } of server.requests.slice(from)) assert.deepEqual(authorization, [remote().authorization])
})

test('a token does not follow a redirect', async () => {
  const other = await startGitServer(root)
  server.intercept((request, response) => {
    response.writeHead(302, { location: `${other.url}${request.url}` }).end()
    return true
  })
  const moved = await failure(remote())
  server.intercept(() => false)
  assert.equal(moved.code, 'E-SOURCE')
  assert.equal(moved.reason, 'RepositoryMoved')
  assert.deepEqual(other.requests, [])
  await other.stop()
})

test('a network failure is retried, and is E-GIT-NET if it persists', async () => {
  let failures = 1
  server.intercept((_, response) => {
    if (failures === 0) return false
    failures -= 1
    response.writeHead(503).end('down for a moment')
    return true
  })
  const { source, events } = await fetch(remote())
  assert.equal(source.commit, first)
  assert.ok(events.some((event) => event.type === 'network-retry' && /503/.test(event.message) && event.seconds === 1))
  server.intercept(() => false)

  const gone = await failure(remote({ url: 'http://127.0.0.1:1/owner/config' }))
  assert.equal(gone.code, 'E-GIT-NET')
})

test('a repository that does not exist is E-GIT-AUTH, because servers hide repositories that a token may not read', async () => {
  assert.equal((await failure(remote({ url: `${server.url}/owner/other` }))).code, 'E-GIT-AUTH')
})

test('a cached clone is created once, then updated, unless it is up to date', async () => {
  const cacheDir = temporaryFolder()
  const config = remote({ cacheDir })
  assert.equal(cloneOf(await fetch(config))?.isUpdate, false)
  const again = await fetch(config)
  assert.equal(cloneOf(again)?.isUpdate, true)
  assert.deepEqual(fetchedOf(again), { type: 'fetched', commit: again.source.commit, previous: again.source.commit })
  const second = commit(repository, { 'a.yaml': 'a: 2\n' })
  const { source, events } = await fetch(config)
  assert.equal(source.commit, second)
  assert.equal(String(source.files.get('a.yaml')), 'a: 2\n')
  assert.deepEqual(fetchedOf({ events }), { type: 'fetched', commit: second, previous: first })
})

test('a cached clone with damaged objects is deleted and cloned again', async () => {
  const cacheDir = temporaryFolder()
  const config = remote({ cacheDir })
  await fetch(config)
  const objects = join(cachePath(cacheDir, config.url), 'objects')
  for (const entry of readdirSync(objects, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    rmSync(file)
    writeFileSync(file, 'damaged')
    truncateSync(file, 3)
  }
  const { source, events } = await fetch(config)
  assert.equal(String(source.files.get('a.yaml')), 'a: 2\n')
  assert.ok(events.some(({ type }) => type === 'cache-discarded'))
})

test('files that exceed the limits are reported and not read, and the cached clone is kept', async () => {
  const config = remote({ cacheDir: temporaryFolder() })
  const limits = { ...DEFAULT_LIMITS, 'file-size': 4 }
  await fetch(config)
  const { source, events } = await fetch(config, undefined, undefined, limits)
  assert.deepEqual([...source.files.keys()], ['deep/b.yaml'])
  assert.deepEqual(
    source.problems.map(({ reason, location, hint = '' }) => [
      reason,
      location?.file,
      formatHint(hint).includes('`read-limits: file-size=1MiB`'),
    ]),
    [['FileTooLarge', 'a.yaml', true]],
  )
  assert.ok(!events.some(({ type }) => type === 'cache-discarded'))
  const total = await fetch(config, undefined, undefined, { ...DEFAULT_LIMITS, 'total-size': 7 })
  assert.deepEqual([total.source.files.size, total.source.problems.length], [0, 1])
  assert.equal(total.source.problems[0]?.reason, 'TotalTooLarge')
  assert.match(total.source.problems[0]?.message ?? '', /8 bytes/)
})

test('links of a commit have their targets, even in a blobless clone', async () => {
  const linked = join(root, 'owner/linked')
  makeRepository(linked, { 'real/a.yaml': 'a: 1\n' })
  symlinkSync('real', join(linked, 'current'))
  symlinkSync('/etc/passwd', join(linked, 'x.yaml'))
  commit(linked, {})
  const { source } = await fetch(remote({ url: `${server.url}/owner/linked` }))
  const links = source.entries.filter(({ kind }) => kind === 'link').map(({ path, target }) => `${path} -> ${target}`)
  assert.deepEqual(links, ['current -> real', 'x.yaml -> /etc/passwd'])
})

test('jobs that share a git cache take turns, and an abandoned lock is taken over', async () => {
  const cacheDir = temporaryFolder()
  const config = remote({ cacheDir })
  const results = await Promise.all(Array.from({ length: 4 }, () => fetch(config)))
  assert.equal(new Set(results.map(({ source }) => source.commit)).size, 1)
  assert.equal(results.filter((result) => cloneOf(result)?.isUpdate === false).length, 1)

  const lock = `${cachePath(cacheDir, config.url)}.lock`
  mkdirSync(lock)
  utimesSync(lock, new Date(0), new Date(0))
  const last = await fetch(config)
  assert.equal(fetchedOf(last)?.previous, last.source.commit)
  assert.deepEqual(readdirSync(cacheDir).length, 1)
})

test('a git cache folder that cannot be used is an error without waiting for a lock', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const unusable = await failure(remote({ cacheDir: join(file, 'git-cache') }))
  assert.equal(unusable.reason, 'CacheNotWritable')
  assert.match(unusable.message, /ENOTDIR/)
})

test('a repository over ssh needs the key and a known host', async () => {
  const ssh = await startSshServer(root)
  const url = `ssh://git@127.0.0.1:${ssh.port}/owner/config`
  const base = { kind: 'remote', transport: 'ssh', url, ref: ref('main') } as const
  const { source } = await fetch({ ...base, sshKey: ssh.clientKey, sshKnownHosts: ssh.knownHosts })
  assert.equal(String(source.files.get('a.yaml')), 'a: 2\n')

  const unknownHost = await failure({ ...base, sshKey: ssh.clientKey })
  assert.equal(unknownHost.code, 'E-GIT-AUTH')
  assert.match(unknownHost.hint, /`ssh-known-hosts`/)
  const noKey = await failure({ ...base, sshKnownHosts: ssh.knownHosts })
  assert.equal(noKey.code, 'E-GIT-AUTH')
  assert.match(noKey.hint, /`ssh-key`/)
  const agent = await startAgent(ssh.clientKey)
  const environment = { ...process.env, SSH_AUTH_SOCK: agent.socket }
  assert.equal(
    (await fetch({ ...base, sshKnownHosts: ssh.knownHosts }, undefined, environment)).source.commit,
    source.commit,
  )
  agent.stop()
  await ssh.stop()
})

/** Starts an ssh-agent with one key. */
async function startAgent(key: string) {
  const folder = temporaryFolder()
  const socket = join(folder, 'agent.sock')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  for (const deadline = Date.now() + 10_000; !existsSync(socket); ) {
    assert.ok(Date.now() < deadline, 'ssh-agent did not start')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  writeFileSync(join(folder, 'key'), key, { mode: 0o600 })
  execFileSync('ssh-add', ['-q', join(folder, 'key')], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return { socket, stop: () => agent.kill() }
}

test('a fetch that hangs ends when the run is stopped', async () => {
  const stop = new AbortController()
  server.intercept((request) => {
    if (request.method !== 'POST') return false
    setTimeout(() => stop.abort(), 100)
    return true // without a response
  })
  await assert.rejects(fetch(remote(), stop.signal), (error: unknown) => error instanceof Error && stop.signal.aborted)
  server.intercept(() => false)
})

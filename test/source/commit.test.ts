import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../../src/diagnostics.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { discoverFiles, filesToRead } from '../../src/render/file-discovery.ts'
import { fetchSource } from '../../src/source/fetch-source.ts'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import type { SelectFiles } from '../../src/source/source-tree.ts'
import { commit, git, makeRepository, temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { type GitServer, startGitServer } from '../gitserver.ts'
import { runs } from '../runs.ts'

// Reads unusual and malicious trees with real git, from a server and from a checkout.

const root = temporaryFolder()
let server: GitServer

before(async () => {
  server = await startGitServer(root, 'the-token')
})
after(() => server.stop())

const options = () => ({
  environment: gitEnvironment(process.env),
  tempDir: temporaryFolder(),
  signal: new AbortController().signal,
  limits: DEFAULT_LIMITS,
  emit: () => {},
})

const scope = { paths: [''], include: [], exclude: [] }
const select: SelectFiles = (entries) => filesToRead(discoverFiles(entries, scope), entries)

/** Reads a repository; `rejected` has the file and reason of each problem. */
async function read(name: string, from: 'server' | 'checkout') {
  const source = await fetchSource(
    from === 'server'
      ? {
          kind: 'remote',
          transport: 'https',
          url: `${server.url}/${name}`,
          ref: { kind: 'default' },
          authorization: `basic ${Buffer.from('x-access-token:the-token').toString('base64')}`,
        }
      : { kind: 'local', path: join(root, name), ref: { kind: 'name', name: 'main' } },
    select,
    options(),
  )
  const { files, problems } = discoverFiles(source.entries, scope)
  const rejected = problems.map(({ location, reason }) => `${location?.file}: ${reason}`)
  return { files, rejected, read: new Map([...source.files].map(([path, bytes]) => [path, String(bytes)])) }
}

/** Creates a repository whose tree has entries that a work tree could not have: mode, path and content of each. */
function makeTree(name: string, entries: readonly (readonly [mode: string, path: Buffer, content: string])[]): void {
  const folder = join(root, name)
  makeRepository(folder, {})
  for (const [mode, path, content] of entries) {
    const oid =
      mode === '160000'
        ? content
        : execFileSync('git', ['hash-object', '-w', '--stdin'], {
            cwd: folder,
            input: content,
            encoding: 'utf8',
          }).trim()
    const input = Buffer.concat([Buffer.from(`${mode} ${oid}\t`), path, Buffer.from('\0')])
    execFileSync('git', ['update-index', '--add', '-z', '--index-info'], { cwd: folder, input })
  }
  git(folder, 'commit', '--quiet', '--message=planted')
}

for (const from of ['server', 'checkout'] as const) {
  test(`links of a commit are followed inside the tree, and no file outside is read (${from})`, async () => {
    const name = `links/${from}`
    const folder = join(root, name)
    writeFiles(root, { 'outside.yaml': 'canary', 'links/outside.yaml': 'canary' })
    makeRepository(folder, { 'base/a.yaml': 'a', 'deploy/b.yaml': 'b', 'deploy/outside/s.yaml': 'other' })
    for (const [path, target] of [
      ['deploy/base', '../base'],
      ['deploy/absolute.yaml', join(root, 'outside.yaml')],
      ['deploy/up.yaml', '../../outside.yaml'],
      ['deploy/l', '../..'],
      ['deploy/n.yaml', 'l/../outside/s.yaml'],
    ] as const) {
      symlinkSync(target, join(folder, path))
    }
    commit(folder, {})
    const found = await read(name, from)
    assert.deepEqual(found.files, ['base/a.yaml', 'deploy/b.yaml', 'deploy/outside/s.yaml'])
    assert.deepEqual(
      found.rejected.map((text) => text.split(':')[0]),
      ['deploy/absolute.yaml', 'deploy/l', 'deploy/n.yaml', 'deploy/up.yaml'],
    )
    assert.ok(![...found.read.values()].includes('canary'))
  })

  test(`names that differ in letter case or normalisation, and names with special characters, are read (${from})`, async () => {
    const names = [
      'A.yaml',
      'a.yaml',
      'caf\u00e9.yaml',
      'cafe\u0301.yaml',
      'x\n::error::.yaml',
      '-rf.yaml',
      '*?.yaml',
      '"q".yaml',
    ]
    const name = `names/${from}`
    makeTree(
      name,
      names.map((path) => ['100644', Buffer.from(path), `content of ${path}`]),
    )
    const found = await read(name, from)
    assert.deepEqual(found.read, new Map(names.map((path) => [path, `content of ${path}`])))
  })

  test(`a name that is not UTF-8 is rejected, and other files are read (${from})`, async () => {
    const name = `bytes/${from}`
    makeTree(name, [
      ['100644', Buffer.from('good.yaml'), 'good'],
      ['100644', Buffer.from([0x62, 0xff, 0x2e, 0x79, 0x6d, 0x6c]), 'bad'],
    ])
    const found = await read(name, from)
    assert.deepEqual(found.files, ['good.yaml'])
    assert.match(found.rejected.join(), /NameNotUtf8/)
  })

  test(`a submodule is rejected and never initialised, even with a malicious .gitmodules (${from})`, async () => {
    const name = `submodules/${from}`
    const canary = join(root, `canary-${from}`)
    const modules = `[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c touch% ${canary}\n[submodule "../../y"]\n\tpath = "sub\\r"\n\turl = ./y\n`
    makeTree(name, [
      ['100644', Buffer.from('.gitmodules'), modules],
      ['100644', Buffer.from('a.yaml'), 'a'],
      ['160000', Buffer.from('sub'), '0123456789012345678901234567890123456789'],
    ])
    const found = await read(name, from)
    assert.deepEqual(found.rejected, ['sub: Submodule'])
    assert.equal(existsSync(canary), false)
  })

  test(`filters and LFS attributes do not apply: the bytes are those of the commit (${from})`, async () => {
    const name = `filters/${from}`
    const folder = join(root, name)
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'
    const canary = join(root, `filtered-${from}`)
    makeTree(name, [
      ['100644', Buffer.from('.gitattributes'), '*.yaml filter=custom text eol=crlf working-tree-encoding=UTF-16\n'],
      ['100644', Buffer.from('a.yaml'), pointer],
    ])
    for (const side of ['smudge', 'clean', 'process']) git(folder, 'config', `filter.custom.${side}`, `touch ${canary}`)
    const found = await read(name, from)
    assert.equal(found.read.get('a.yaml'), pointer)
    assert.equal(existsSync(canary), false)
  })
}

test('100,000 files are listed and matched against patterns', () => {
  const entries = Array.from({ length: 100_000 }, (_, n) => {
    const number = String(n).padStart(6, '0')
    return { path: `team-${number.slice(0, 3)}/app-${number}.yaml`, kind: 'file' as const }
  })
  const { files, warnings } = discoverFiles(entries, { ...scope, exclude: ['team-01*/', 'none/'] })
  assert.equal(files.length, 90_000)
  assert.equal(warnings.length, 1)
})

test('property: for any tree, the files that are read are those of the commit', async () => {
  const part = fc.constantFrom('a', 'b', 'c.yaml', 'd.yaml', '.e', 'f g')
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const target = fc.oneof(path, fc.constantFrom('..', '../a', '../../x.yaml', '/etc/passwd', '.', 'c.yaml'))
  const entry = fc.oneof(
    fc.tuple(fc.constant('100644'), path, fc.string({ maxLength: 5 })),
    fc.tuple(fc.constant('120000'), path, target),
  )
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 8 }), async (given) => {
      const entries = given.filter(
        ([, own], index) =>
          !given.some(([, other], at) => (at < index && other === own) || own.startsWith(`${other}/`)),
      )
      number += 1
      const name = `random/${number}`
      makeTree(
        name,
        entries.map(([mode, own, content]) => [mode, Buffer.from(own), content]),
      )
      const committed = new Map(entries.filter(([mode]) => mode === '100644').map(([, own, content]) => [own, content]))
      for (const from of ['server', 'checkout'] as const) {
        const found = await read(name, from)
        for (const [own, content] of found.read) assert.equal(content, committed.get(own), own)
        assert.deepEqual([...found.read.keys()].toSorted(), [...found.files].toSorted())
      }
    }),
    runs(5),
  )
})

test('a folder that is not a repository is read with links inside it, and without pipes', async () => {
  const folder = temporaryFolder()
  const outside = temporaryFolder()
  writeFiles(outside, { 'canary.yaml': 'canary' })
  writeFiles(folder, { 'real/a.yaml': 'a' })
  mkdirSync(join(folder, 'deploy'))
  symlinkSync('../real', join(folder, 'deploy/real'))
  symlinkSync(outside, join(folder, 'deploy/away'))
  writeFileSync(join(folder, 'deploy/b.yaml'), 'b')
  execFileSync('mkfifo', [join(folder, 'deploy/pipe.yaml')])
  const source = await fetchSource({ kind: 'local', path: folder, ref: { kind: 'default' } }, select, options())
  assert.deepEqual([...source.files.keys()].toSorted(), ['deploy/b.yaml', 'real/a.yaml'])
  assert.equal(discoverFiles(source.entries, scope).problems[0]?.reason, 'LinkNotFollowed')
  assert.ok(readdirSync(join(folder, 'deploy')).includes('pipe.yaml'))
})

test('a commit with unsafe paths is rejected', async () => {
  const name = 'unsafe/tree'
  makeTree(name, [['100644', Buffer.from('a.yaml'), 'a']])
  const folder = join(root, name)
  const git = (input: Buffer | string, ...args: string[]) =>
    execFileSync('git', args, { cwd: folder, input, encoding: 'utf8' }).trim()
  const blob = git('planted', 'hash-object', '-w', '--stdin')
  const record = (mode: string, path: string, oid: string) =>
    Buffer.concat([Buffer.from(`${mode} ${path}\0`), Buffer.from(oid, 'hex')])
  const inner = git(record('100644', 'planted.yaml', blob), 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin')
  const tree = git(record('40000', '..', inner), 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin')
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
  const unsafe = git('', ...identity, 'commit-tree', tree, '-m', 'unsafe')
  git('', 'update-ref', 'refs/heads/main', unsafe)
  for (const from of ['server', 'checkout'] as const) {
    await assert.rejects(read(name, from), (error: unknown) => {
      assert.ok(error instanceof Failure)
      return error.problems[0]?.reason === 'UnsafePath'
    })
  }
})

import assert from 'node:assert/strict'
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { fetchSource } from '../../src/source/fetch-source.ts'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import type { Ref } from '../../src/source/source-config.ts'
import type { SelectFiles } from '../../src/source/source-tree.ts'
import { commit, git, makeRepository, temporaryFolder, writeFiles } from '../../testbed/repository.ts'

const manifests: SelectFiles = (entries) =>
  new Map(
    entries.filter(({ kind, path }) => kind === 'file' && path.endsWith('.yaml')).map(({ path }) => [path, 'manifest']),
  )

function read(path: string, ref: Ref = { kind: 'default' }) {
  return fetchSource({ kind: 'local', path, ref }, manifests, {
    environment: gitEnvironment(process.env),
    tempDir: temporaryFolder(),
    signal: new AbortController().signal,
    limits: DEFAULT_LIMITS,
    emit: () => {},
  })
}

async function problems(path: string, ref?: Ref) {
  const error = await read(path, ref).then(
    () => assert.fail('nothing failed'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Failure, String(error))
  return error.problems
}

test('a folder that is not a repository is read as it is on disk', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'b/x.yaml': 'x', 'a.yaml': 'a', 'c.txt': 'c' })
  const source = await read(folder)
  assert.equal(source.commit, undefined)
  assert.deepEqual([...source.files.keys()], ['a.yaml', 'b/x.yaml'])
})

test('a folder inside a checkout is read as it is on disk', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'a.yaml': 'a' })
  writeFiles(folder, { 'rendered/x.yaml': 'x' })
  assert.deepEqual([...(await read(join(folder, 'rendered'))).files.keys()], ['x.yaml'])
})

test('the root of a checkout is read at its commit', async () => {
  const folder = temporaryFolder()
  const sha = makeRepository(folder, { 'a.yaml': 'committed' })
  const source = await read(folder)
  assert.equal(source.commit, sha)
  assert.equal(String(source.files.get('a.yaml')), 'committed')
})

test('manifests that differ from the commit are errors, one for each', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'a.yaml': 'a', 'b.yaml': 'b', 'c.yaml': 'c', '.gitignore': 'ignored/\n', 'd.txt': 'd' })
  writeFiles(folder, { 'a.yaml': 'changed', 'new.yaml': 'new', 'ignored/x.yaml': 'x', 'd.txt': 'changed' })
  rmSync(join(folder, 'b.yaml'))
  const found = await problems(folder)
  assert.deepEqual(new Set(found.map(({ reason }) => reason)), new Set(['NotCommitted']))
  const states = found.map(({ location, message }) => `${location?.file}: ${/is ([\w ]+),/.exec(message)?.[1]}`)
  assert.deepEqual(states.sort(), ['a.yaml: modified', 'b.yaml: deleted', 'new.yaml: not committed'])
})

test('files that are not manifests may differ from the commit, even if a build reads them', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'overlay/kustomization.yaml': 'resources: []\n', 'app.js': 'a' })
  writeFiles(folder, { 'app.js': 'b', 'build/output.log': 'x' })
  const select: SelectFiles = (entries) => new Map(entries.map(({ path }) => [path, 'build']))
  const options = {
    environment: gitEnvironment(process.env),
    tempDir: temporaryFolder(),
    signal: new AbortController().signal,
    limits: DEFAULT_LIMITS,
    emit: () => {},
  }
  const source = await fetchSource({ kind: 'local', path: folder, ref: { kind: 'default' } }, select, options)
  assert.equal(String(source.files.get('app.js')), 'a')
})

test('converted line endings are not a difference', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'a.yaml': 'a: 1\nb: 2\n' })
  writeFileSync(join(folder, 'a.yaml'), 'a: 1\r\nb: 2\r\n')
  assert.equal(String((await read(folder)).files.get('a.yaml')), 'a: 1\nb: 2\n')
})

test('with a ref, a checkout is read at that commit, and its work tree may differ', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'a.yaml': 'first' })
  git(folder, 'tag', 'v1')
  commit(folder, { 'a.yaml': 'second' })
  writeFiles(folder, { 'a.yaml': 'third' })
  const source = await read(folder, { kind: 'name', name: 'v1' })
  assert.equal(String(source.files.get('a.yaml')), 'first')
  assert.equal((await problems(folder, { kind: 'name', name: 'v2' }))[0]?.code, 'E-GIT-REF')
})

test('an abbreviated commit id is not accepted as a ref', async () => {
  const folder = temporaryFolder()
  const sha = makeRepository(folder, { 'a.yaml': 'a' })
  assert.equal((await problems(folder, { kind: 'name', name: sha.slice(0, 8) }))[0]?.code, 'E-GIT-REF')
})

test('a checkout may have a submodule beside the manifests', async () => {
  const folder = temporaryFolder()
  const other = join(folder, 'other')
  makeRepository(other, { 'x.yaml': 'x' })
  const checkout = join(folder, 'checkout')
  makeRepository(checkout, { 'deploy/a.yaml': 'a' })
  git(checkout, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'vendor/sub')
  commit(checkout, {})
  assert.deepEqual([...(await read(checkout)).files.keys()], ['deploy/a.yaml'])
})

test('a partial checkout that lacks a file to read is an error', async () => {
  const folder = temporaryFolder()
  makeRepository(join(folder, 'origin'), { 'deploy/a.yaml': 'a', 'other/b.yaml': 'b' })
  git(join(folder, 'origin'), 'config', 'uploadpack.allowFilter', 'true')
  git(folder, 'clone', '--quiet', '--filter=blob:none', '--sparse', `file://${folder}/origin`, 'checkout')
  git(join(folder, 'checkout'), 'sparse-checkout', 'set', 'deploy')
  const [problem] = await problems(join(folder, 'checkout'))
  assert.equal(problem?.reason, 'PartialCheckout')
  assert.match(problem?.message ?? '', /1 of the 2 files/)
})

test('no program that the configuration of a checkout names is run', async () => {
  const folder = temporaryFolder()
  makeRepository(folder, { 'a.yaml': 'a', '.gitattributes': '*.yaml filter=canary\n' })
  const canary = join(folder, '.git/canary')
  writeFileSync(canary, `#!/bin/sh\n: >'${folder}/.git/ran'\ncat\n`)
  chmodSync(canary, 0o755)
  for (const key of [
    'filter.canary.clean',
    'filter.canary.smudge',
    'core.fsmonitor',
    'core.hooksPath',
    'core.sshCommand',
    'core.pager',
  ]) {
    git(folder, 'config', key, canary)
  }
  writeFileSync(join(folder, 'a.yaml'), 'a')
  await read(folder)
  assert.throws(() => rmSync(join(folder, '.git/ran')), { code: 'ENOENT' })
})

test('links out of a folder are listed, and their targets are not read', async () => {
  const folder = temporaryFolder()
  const outside = temporaryFolder()
  writeFiles(outside, { 'secret.yaml': 'secret' })
  symlinkSync(outside, join(folder, 'link'))
  symlinkSync(join(outside, 'secret.yaml'), join(folder, 'link.yaml'))
  writeFiles(folder, { 'a.yaml': 'a' })
  const source = await read(folder)
  assert.deepEqual([...source.files.keys()], ['a.yaml'])
  assert.deepEqual(
    source.entries.map(({ kind }) => kind),
    ['file', 'link', 'link'],
  )
})

test('a missing folder, and a ref for a folder without commits, are errors', async () => {
  assert.equal((await problems('/not/there'))[0]?.reason, 'FolderNotFound')
  const [problem] = await problems(temporaryFolder(), { kind: 'name', name: 'main' })
  assert.equal(problem?.reason, 'RefWithoutRepository')
})

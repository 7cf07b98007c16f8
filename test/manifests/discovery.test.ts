import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/errors.ts'
import { discover, wanted } from '../../src/manifests/discovery.ts'
import type { TreeEntry } from '../../src/source/tree.ts'

const tree = (...paths: string[]): TreeEntry[] => paths.map((path) => ({ path, kind: 'file' }))
const link = (path: string): TreeEntry => ({ path, kind: 'link' })

function problems(entries: readonly TreeEntry[], ...paths: string[]): string[] {
  try {
    discover(entries, paths)
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.problems.map(({ location, message, next }) => `${location?.file ?? ''}: ${message} ${next ?? ''}`)
  }
  return assert.fail('nothing was refused')
}

test('every .yaml, .yml and .json below the paths is read, once, in byte order', () => {
  const entries = tree('b.yaml', 'a/z.yml', 'a/B.json', 'a/b/c.yaml', 'README.md', 'other/x.yaml')
  assert.deepEqual(discover(entries, ['a', 'b.yaml', 'a/b']).files, ['a/B.json', 'a/b/c.yaml', 'a/z.yml', 'b.yaml'])
})

test('the order of the tree and of the paths does not matter', () => {
  const entries = tree('c.yaml', 'a/b.yaml', 'a/a.yaml')
  assert.deepEqual(discover(entries, ['']).files, discover(entries.toReversed(), ['a', 'c.yaml']).files)
})

test('a path does not take in its sibling with a longer name (F003)', () => {
  assert.deepEqual(discover(tree('app/a.yaml', 'app-evil/b.yaml'), ['app']).files, ['app/a.yaml'])
})

test('folders and files that start with a dot are passed over with a reason, unless they are the path', () => {
  const { files, skipped } = discover(tree('.github/workflows/ci.yml', '.x.yaml', 'a.yaml', '.hidden/b.yaml'), [
    '',
    '.hidden',
  ])
  assert.deepEqual(files, ['.hidden/b.yaml', 'a.yaml'])
  assert.deepEqual(
    skipped.map(({ location }) => location.file),
    ['.github/workflows/ci.yml', '.x.yaml', '.hidden/b.yaml'],
  )
})

test('a path with a kustomization is built, and its whole tree is wanted', () => {
  const entries = [...tree('base/kustomization.yml', 'base/a.yaml', 'scripts/run.sh', 'prod/Kustomization'), link('l')]
  const discovery = discover(entries, ['prod', 'base'])
  assert.deepEqual(discovery.kustomizations, ['prod', 'base'])
  assert.deepEqual(
    wanted(discovery, entries),
    new Set(['base/kustomization.yml', 'base/a.yaml', 'scripts/run.sh', 'prod/Kustomization']),
  )
})

test('a kustomization or a chart below a raw path is refused by name, all of them at once', () => {
  const found = problems(
    tree('a.yaml', 'apps/web/kustomization.yaml', 'charts/db/Chart.yaml', 'charts/db/templates/x.yaml'),
    '',
  )
  assert.equal(found.length, 2)
  assert.match(
    found[0] ?? '',
    /^apps\/web\/kustomization\.yaml: `apps\/web` is a kustomization below the raw path `\.`.*`path: apps\/web`/,
  )
  assert.match(found[1] ?? '', /^charts\/db\/Chart\.yaml: `charts\/db` is a Helm chart below the raw path/)
})

test('a path that is a chart is refused', () => {
  assert.match(
    problems(tree('chart/Chart.yaml', 'chart/templates/x.yaml'), 'chart')[0] ?? '',
    /The path `chart` is a Helm chart.*helm template/,
  )
})

test('a path that is not there is an error that names its neighbours (F005)', () => {
  assert.match(
    problems(tree('deploy/prod/a.yaml', 'deploy/stage/a.yaml'), 'deploy/pord')[0] ?? '',
    /no `deploy\/pord`.*deploy\/prod, deploy\/stage/,
  )
  assert.match(problems([], '')[0] ?? '', /no files at all/)
})

test('a link that may hold manifests, and a submodule, are refused; other links are passed over (F008, F017)', () => {
  const entries: TreeEntry[] = [...tree('a.yaml'), link('b.yaml'), link('common'), { path: 'sub', kind: 'submodule' }]
  assert.deepEqual(
    problems(entries, '').map((message) => message.split(' ')[0]),
    ['b.yaml:', 'common:', 'sub:'],
  )
  const { skipped } = discover([...tree('a.yaml'), link('CLAUDE.md')], [''])
  assert.match(skipped[0]?.reason ?? '', /symbolic link/)
})

test('a path that is a link, or leads through one, is refused (F007)', () => {
  const entries = [...tree('real/a.yaml'), link('current')]
  for (const path of ['current', 'current/prod'])
    assert.match(problems(entries, path)[0] ?? '', /^current: .*Name the place/)
})

test('a path that names a file which is no manifest is an error', () => {
  assert.match(
    problems(tree('extra.yaml.txt', 'a.yaml'), 'extra.yaml.txt', 'a.yaml')[0] ?? '',
    /^extra\.yaml\.txt: .*no manifest/,
  )
})

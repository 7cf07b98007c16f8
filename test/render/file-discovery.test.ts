import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatHint } from '../../src/hint.ts'
import { discoverFiles, filesToRead } from '../../src/render/file-discovery.ts'
import type { Scope } from '../../src/render/scope.ts'
import { compareBytes, type TreeEntry } from '../../src/source/source-tree.ts'

const tree = (...paths: string[]): TreeEntry[] => paths.map((path) => ({ path, kind: 'file' }))
const link = (path: string, target: string): TreeEntry => ({ path, kind: 'link', target })

function find(entries: readonly TreeEntry[], scope: Partial<Scope> = {}) {
  const sorted = entries.toSorted((a, b) => compareBytes(a.path, b.path))
  const discovery = discoverFiles(sorted, { paths: [''], include: [], exclude: [], ...scope })
  return {
    ...discovery,
    renders: discovery.renders.map(({ renderer, folder }) => `${renderer.name} ${folder}`),
    skipped: discovery.skipped.map(({ location, reason }) => `${location.file}: ${reason}`),
    problems: discovery.problems.map(
      ({ location, message, hint: next }) => `${location?.file}: ${message} ${formatHint(next ?? '')}`,
    ),
    warnings: discovery.warnings.map(({ message }) => message),
  }
}

test('every .yaml, .yml and .json below the paths is read, once, in byte order', () => {
  const entries = tree('b.yaml', 'a/z.yml', 'a/B.json', 'a/b/c.yaml', 'README.md', 'other/x.yaml')
  assert.deepEqual(find(entries, { paths: ['a', 'b.yaml', 'a/b'] }).files, [
    'a/B.json',
    'a/b/c.yaml',
    'a/z.yml',
    'b.yaml',
  ])
})

test('the order of the paths does not matter', () => {
  const entries = tree('c.yaml', 'a/b.yaml', 'a/a.yaml')
  assert.deepEqual(find(entries).files, find(entries, { paths: ['c.yaml', 'a'] }).files)
})

test('a path does not take in its sibling with a longer name (F003)', () => {
  assert.deepEqual(find(tree('app/a.yaml', 'app-evil/b.yaml'), { paths: ['app'] }).files, ['app/a.yaml'])
})

test('names that differ in case or in how an accent is written are different files (F013)', () => {
  const entries = tree('A.yaml', 'a.yaml', 'caf\u00e9.yaml', 'cafe\u0301.yaml')
  assert.equal(find(entries).files.length, 4)
})

test('odd names are names like any other (F014)', () => {
  const odd = ['a\n::error::x.yaml', '##[add-mask]x.yaml', '| <b>.yaml', '-rf.yaml', '$(id).yaml', ' .yaml']
  assert.equal(find(tree(...odd)).files.length, odd.length)
})

test('a name that is no UTF-8 is refused (F015)', () => {
  assert.match(find(tree('a.yaml', 'b\uFFFD.yaml')).problems.join(), /^b\uFFFD\.yaml: The name .* no UTF-8/)
})

test('folders and files that start with a dot are passed over with a reason, unless they are the path (F082)', () => {
  const { files, skipped } = find(tree('.github/workflows/ci.yml', '.x.yaml', 'a.yaml', '.hidden/b.yaml'), {
    paths: ['', '.hidden'],
  })
  assert.deepEqual(files, ['.hidden/b.yaml', 'a.yaml'])
  assert.deepEqual(skipped, [
    '.github/workflows/ci.yml: in a folder or file whose name starts with a dot',
    '.x.yaml: in a folder or file whose name starts with a dot',
  ])
})

test('a path with a kustomization is built, and its whole tree is wanted', () => {
  const entries = [
    ...tree('base/kustomization.yml', 'base/a.yaml', 'scripts/run.sh', 'prod/Kustomization'),
    link('l', 'base'),
  ]
  const scope = { paths: ['prod', 'base'], include: [], exclude: [] }
  const discovery = discoverFiles(entries, scope)
  assert.deepEqual(find(entries, scope).renders, ['kustomize prod', 'kustomize base'])
  assert.deepEqual(
    filesToRead(discovery, entries),
    new Map(
      ['base/kustomization.yml', 'base/a.yaml', 'scripts/run.sh', 'prod/Kustomization'].map((path) => [path, 'build']),
    ),
  )
})

test('a kustomization or a chart below a path is refused by name, all of them at once, and not read (F082)', () => {
  const { problems, files } = find(
    tree(
      'a.yaml',
      'apps/web/kustomization.yaml',
      'apps/web/x.yaml',
      'charts/db/Chart.yaml',
      'charts/db/templates/x.yaml',
    ),
  )
  assert.deepEqual(files, ['a.yaml'])
  assert.equal(problems.length, 2)
  assert.match(
    problems[0] ?? '',
    /^apps\/web\/kustomization\.yaml: `apps\/web` is a kustomization below the raw path `\.`.*`path: apps\/web`.*`exclude: apps\/web\/`/,
  )
  assert.match(
    problems[1] ?? '',
    /^charts\/db\/Chart\.yaml: `charts\/db` is a Helm chart below the raw path.*helm template/,
  )
})

test('a path that is a chart, or the file of a build, is refused', () => {
  assert.match(
    find(tree('chart/Chart.yaml', 'chart/templates/x.yaml'), { paths: ['chart'] }).problems.join(),
    /The path `chart` is a Helm chart.*helm template/,
  )
  assert.match(
    find(tree('app/kustomization.yaml'), { paths: ['app/kustomization.yaml'] }).problems.join(),
    /Name its folder: `path: app`/,
  )
})

test('a path that is not there is an error that names its neighbours (F005)', () => {
  assert.match(
    find(tree('deploy/prod/a.yaml', 'deploy/stage/a.yaml'), { paths: ['deploy/pord'] }).problems.join(),
    /no `deploy\/pord`.*deploy\/prod, deploy\/stage/,
  )
  assert.match(find([]).problems.join(), /no files at all/)
})

test('a path that names a file is read if its name is that of a manifest (F006)', () => {
  assert.deepEqual(find(tree('a.yaml', 'b.yaml'), { paths: ['b.yaml'] }).files, ['b.yaml'])
  assert.match(
    find(tree('extra.yaml.txt', 'a.yaml'), { paths: ['extra.yaml.txt', 'a.yaml'] }).problems.join(),
    /^extra\.yaml\.txt: .*no manifest/,
  )
})

test('links inside of the tree are followed, to files, to folders and in a path, and each file is read once (F007)', () => {
  const entries = [
    ...tree('real/a.yaml', 'real/deep/b.yaml', 'deploy/c.yaml'),
    link('current', 'real'),
    link('deploy/a.yaml', '../real/a.yaml'),
    link('deploy/more', '../current/deep'),
    link('deploy/c2.yaml', 'c.yaml'),
    link('deploy/README', 'c.yaml'),
  ]
  assert.deepEqual(find(entries, { paths: ['current'] }).files, ['real/a.yaml', 'real/deep/b.yaml'])
  assert.deepEqual(find(entries, { paths: ['deploy'] }), {
    files: ['deploy/c.yaml', 'real/a.yaml', 'real/deep/b.yaml'],
    renders: [],
    skipped: [],
    warnings: [],
    problems: [],
  })
})

test('a link out of the tree, to nothing or in a circle is refused where it may hold manifests (F008, F011, F012)', () => {
  const entries = [
    ...tree('a.yaml'),
    link('b.yaml', '/etc/passwd'),
    link('common', '../elsewhere'),
    link('gone.yaml', 'none'),
    link('loop', 'loop'),
    link('CLAUDE.md', '/nowhere'),
  ]
  assert.deepEqual(
    find(entries).problems.map((problem) => problem.split(' Let it')[0]),
    [
      'b.yaml: This is a symbolic link that leads out of the repository.',
      'common: This is a symbolic link that leads out of the repository.',
      'gone.yaml: This is a symbolic link that leads to nothing.',
      'loop: This is a symbolic link that leads in a circle, or through too many links.',
    ],
  )
  assert.match(find(entries, { paths: ['common/x'] }).problems.join(), /^common: .* leads out/)
})

test('links that lead round and round, or multiply folders, end the walk (F011)', () => {
  assert.deepEqual(find([...tree('a/b/x.yaml'), link('a/b/up', '../..')]).files, ['a/b/x.yaml'])
  const levels = Array.from({ length: 40 }, (_, n) => [
    link(`d${n}/a`, `../d${n + 1}`),
    link(`d${n}/b`, `../d${n + 1}`),
  ])
  const { problems } = find([...levels.flat(), ...tree('d40/x.yaml')], { paths: ['d0'] })
  assert.match(problems.join(), /same folders too often/)
})

test('a submodule is refused, unless it is left out (F017)', () => {
  const entries: TreeEntry[] = [...tree('a.yaml'), { path: 'vendor/sub', kind: 'submodule' }]
  assert.match(find(entries).problems.join(), /^vendor\/sub: This is a git submodule/)
  assert.match(find(entries, { paths: ['vendor/sub'] }).problems.join(), /^vendor\/sub: This is a git submodule/)
  assert.deepEqual(find(entries, { exclude: ['vendor/'] }).problems, [])
})

test('patterns choose files as a .gitignore does, and what they leave out is listed', () => {
  const entries = tree(
    'apps/web/a.yaml',
    'apps/web/test/t.yaml',
    'charts/db/Chart.yaml',
    'charts/db/values.yaml',
    'z.json',
  )
  const excluded = find(entries, { exclude: ['charts/', 'test/', '!apps/web/test/keep.yaml'] })
  assert.deepEqual(excluded.files, ['apps/web/a.yaml', 'z.json'])
  assert.deepEqual(excluded.skipped, [
    'apps/web/test/t.yaml: `exclude` names it',
    'charts/db/Chart.yaml: `exclude` names it',
    'charts/db/values.yaml: `exclude` names it',
  ])
  const included = find(entries, { include: ['apps/**/*.yaml', '!t.yaml'] })
  assert.deepEqual(included.files, ['apps/web/a.yaml'])
  assert.deepEqual(included.problems, [])
  assert.ok(included.skipped.includes('z.json: `include` does not name it'))
  assert.deepEqual(find(entries, { include: ['/z.*'], exclude: ['z.json'] }).files, [])
})

test('patterns mean the path by which a file is reached, and letter case counts', () => {
  const entries = [...tree('base/x.yaml', 'deploy/Y.yaml'), link('deploy/base', '../base')]
  const scope = { paths: ['deploy'] }
  assert.deepEqual(find(entries, { ...scope, include: ['deploy/base/'] }).files, ['base/x.yaml'])
  assert.deepEqual(find(entries, { ...scope, exclude: ['deploy/base/'] }).files, ['deploy/Y.yaml'])
  assert.deepEqual(find(entries, { ...scope, exclude: ['y.yaml'] }).files, ['base/x.yaml', 'deploy/Y.yaml'])
})

test('a file that a path names itself is read whatever the patterns say', () => {
  assert.deepEqual(find(tree('a.yaml'), { paths: ['a.yaml'], exclude: ['*.yaml'] }).files, ['a.yaml'])
})

test('a build that is named itself is no obstacle below another path, in whatever order', () => {
  const entries = tree('a.yaml', 'apps/web/kustomization.yaml', 'apps/web/x.yaml')
  for (const paths of [
    ['', 'apps/web'],
    ['apps/web', ''],
  ]) {
    const { files, renders, problems } = find(entries, { paths })
    assert.deepEqual([files, renders, problems], [['a.yaml'], ['kustomize apps/web'], []])
  }
})

test('patterns do not make raw manifests of what belongs to a build', () => {
  const entries = tree(
    'app/Kustomization',
    'app/deploy.yaml',
    'charts/x/Chart.yml',
    'charts/x/templates/t.yaml',
    'd/a.yaml',
  )
  const { files, problems } = find(entries, { include: ['*.yaml'] })
  assert.deepEqual(files, ['d/a.yaml'])
  assert.equal(problems.length, 2)
  assert.deepEqual(find(entries, { include: ['d/'] }).problems, [])
})

test('patterns have no say in a path that is built, which is a warning, unless its kustomization is excluded', () => {
  const entries = tree('kustomization.yaml', 'deploy/a.yaml')
  const built = find(entries, { include: ['deploy/'] })
  assert.deepEqual(built.renders, ['kustomize '])
  assert.match(built.warnings.join(), /`include` has no say in the path `\.`/)
  const raw = find(entries, { exclude: ['./kustomization.yaml'] })
  assert.deepEqual([raw.renders, raw.files, raw.warnings], [[], ['deploy/a.yaml'], []])
})

test('a folder may be called as the file of a build is', () => {
  assert.deepEqual(find(tree('Kustomization/x.yaml', 'dump/Chart.yaml/y.yaml')).files, [
    'Kustomization/x.yaml',
    'dump/Chart.yaml/y.yaml',
  ])
})

test('an ending in capitals is not read, and listed', () => {
  assert.match(find(tree('a.yaml', 'b.YAML')).skipped.join(), /^b\.YAML: its ending is not in small letters/)
})

test('a pattern that matches nothing is most likely misspelt, and said', () => {
  const { warnings } = find(tree('.github/x.yml', 'a.yaml', 'b.yaml', 'docs/x.md'), {
    include: ['a.yaml', 'c.yaml', '# note'],
    exclude: ['tset/', '.github/', 'docs/'],
  })
  assert.deepEqual(warnings, [
    'The pattern `c.yaml` of `include` or `exclude` matches no file.',
    'The pattern `tset/` of `include` or `exclude` matches no file.',
  ])
})

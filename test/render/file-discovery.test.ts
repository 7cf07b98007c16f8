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
    problems: discovery.problems.map(({ location, reason }) => `${location?.file}: ${reason}`),
    hints: discovery.problems.map(({ hint = '' }) => formatHint(hint)),
    warnings: discovery.warnings.map(({ reason, message }) => `${reason}: ${message}`),
  }
}

test('every .yaml, .yml and .json file below the paths is read once, in byte order', () => {
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

test('a path does not include a sibling whose name has it as a prefix', () => {
  assert.deepEqual(find(tree('app/a.yaml', 'app-other/b.yaml'), { paths: ['app'] }).files, ['app/a.yaml'])
})

test('names that differ in letter case or Unicode normalisation are different files', () => {
  const entries = tree('A.yaml', 'a.yaml', 'caf\u00e9.yaml', 'cafe\u0301.yaml')
  assert.equal(find(entries).files.length, 4)
})

test('names with special characters are read like any other', () => {
  const names = ['a\n::error::x.yaml', '##[add-mask]x.yaml', '| <b>.yaml', '-rf.yaml', '$(id).yaml', ' .yaml']
  assert.equal(find(tree(...names)).files.length, names.length)
})

test('a name that is not UTF-8 is rejected', () => {
  assert.deepEqual(find(tree('a.yaml', 'b\uFFFD.yaml')).problems, ['b\uFFFD.yaml: NameNotUtf8'])
})

test('folders and files that start with a dot are skipped with a reason, unless a path names them', () => {
  const { files, skipped } = find(tree('.github/workflows/ci.yml', '.x.yaml', 'a.yaml', '.hidden/b.yaml'), {
    paths: ['', '.hidden'],
  })
  assert.deepEqual(files, ['.hidden/b.yaml', 'a.yaml'])
  assert.deepEqual(skipped, [
    '.github/workflows/ci.yml: its name or that of its folder starts with a dot',
    '.x.yaml: its name or that of its folder starts with a dot',
  ])
})

test('a path with a kustomization is built, and all files of the tree are read', () => {
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

test('kustomizations and charts below a path are rejected together, and not read', () => {
  const { problems, hints, files } = find(
    tree(
      'a.yaml',
      'apps/web/kustomization.yaml',
      'apps/web/x.yaml',
      'charts/db/Chart.yaml',
      'charts/db/templates/x.yaml',
    ),
  )
  assert.deepEqual(files, ['a.yaml'])
  assert.deepEqual(problems, ['apps/web/kustomization.yaml: NotRendered', 'charts/db/Chart.yaml: ChartNotRendered'])
  assert.match(hints[0] ?? '', /`path: apps\/web`.*`exclude: apps\/web\/`/)
  assert.match(hints[1] ?? '', /helm template.*`exclude: charts\/db\/`/)
})

test('a path that is a chart or the file of a kustomization is rejected', () => {
  const chart = find(tree('chart/Chart.yaml', 'chart/templates/x.yaml'), { paths: ['chart'] })
  assert.deepEqual(chart.problems, ['chart/Chart.yaml: ChartNotRendered'])
  const marker = find(tree('app/kustomization.yaml'), { paths: ['app/kustomization.yaml'] })
  assert.deepEqual(marker.problems, ['app/kustomization.yaml: PathIsRenderedFile'])
  assert.match(marker.hints.join(), /`path: app`/)
})

test('a path that does not exist is an error whose hint lists its siblings', () => {
  const missing = find(tree('deploy/prod/a.yaml', 'deploy/stage/a.yaml'), { paths: ['deploy/pord'] })
  assert.deepEqual(missing.problems, ['deploy/pord: PathNotFound'])
  assert.match(missing.hints.join(), /deploy\/prod, deploy\/stage/)
  assert.deepEqual(find([]).problems, [': NoFiles'])
})

test('a path that names a file is read if it has the extension of a manifest', () => {
  assert.deepEqual(find(tree('a.yaml', 'b.yaml'), { paths: ['b.yaml'] }).files, ['b.yaml'])
  const { problems } = find(tree('extra.yaml.txt', 'a.yaml'), { paths: ['extra.yaml.txt', 'a.yaml'] })
  assert.deepEqual(problems, ['extra.yaml.txt: NotAManifestFile'])
})

test('links inside the tree are followed, to files, to folders and in a path, and each file is read once', () => {
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
    hints: [],
  })
})

test('a link that cannot be followed is rejected if it may stand for manifests', () => {
  const entries = [
    ...tree('a.yaml'),
    link('b.yaml', '/etc/passwd'),
    link('common', '../elsewhere'),
    link('gone.yaml', 'none'),
    link('loop', 'loop'),
    link('CLAUDE.md', '/nowhere'),
  ]
  assert.deepEqual(find(entries).problems, [
    'b.yaml: LinkNotFollowed',
    'common: LinkNotFollowed',
    'gone.yaml: LinkNotFollowed',
    'loop: LinkNotFollowed',
  ])
  assert.deepEqual(find(entries, { paths: ['common/x'] }).problems, ['common: LinkNotFollowed'])
})

test('links to a folder above are not followed again, and too many paths to a folder are rejected', () => {
  assert.deepEqual(find([...tree('a/b/x.yaml'), link('a/b/up', '../..')]).files, ['a/b/x.yaml'])
  const levels = Array.from({ length: 40 }, (_, n) => [
    link(`d${n}/a`, `../d${n + 1}`),
    link(`d${n}/b`, `../d${n + 1}`),
  ])
  const { problems } = find([...levels.flat(), ...tree('d40/x.yaml')], { paths: ['d0'] })
  assert.match(problems.join(), /LinkNotFollowed/)
})

test('a submodule is rejected unless it is excluded', () => {
  const entries: TreeEntry[] = [...tree('a.yaml'), { path: 'vendor/sub', kind: 'submodule' }]
  assert.deepEqual(find(entries).problems, ['vendor/sub: Submodule'])
  assert.deepEqual(find(entries, { paths: ['vendor/sub'] }).problems, ['vendor/sub: Submodule'])
  assert.deepEqual(find(entries, { exclude: ['vendor/'] }).problems, [])
})

test('patterns match files as in a .gitignore, and files that they leave out are listed', () => {
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
    'apps/web/test/t.yaml: an exclude pattern matches it',
    'charts/db/Chart.yaml: an exclude pattern matches it',
    'charts/db/values.yaml: an exclude pattern matches it',
  ])
  const included = find(entries, { include: ['apps/**/*.yaml', '!t.yaml'] })
  assert.deepEqual(included.files, ['apps/web/a.yaml'])
  assert.deepEqual(included.problems, [])
  assert.ok(included.skipped.includes('z.json: no include pattern matches it'))
  assert.deepEqual(find(entries, { include: ['/z.*'], exclude: ['z.json'] }).files, [])
})

test('patterns match the path by which a file is reached, and are case-sensitive', () => {
  const entries = [...tree('base/x.yaml', 'deploy/Y.yaml'), link('deploy/base', '../base')]
  const scope = { paths: ['deploy'] }
  assert.deepEqual(find(entries, { ...scope, include: ['deploy/base/'] }).files, ['base/x.yaml'])
  assert.deepEqual(find(entries, { ...scope, exclude: ['deploy/base/'] }).files, ['deploy/Y.yaml'])
  assert.deepEqual(find(entries, { ...scope, exclude: ['y.yaml'] }).files, ['base/x.yaml', 'deploy/Y.yaml'])
})

test('patterns do not apply to a file that a path names', () => {
  assert.deepEqual(find(tree('a.yaml'), { paths: ['a.yaml'], exclude: ['*.yaml'] }).files, ['a.yaml'])
})

test('a kustomization that a path names is allowed below another path, in any order', () => {
  const entries = tree('a.yaml', 'apps/web/kustomization.yaml', 'apps/web/x.yaml')
  for (const paths of [
    ['', 'apps/web'],
    ['apps/web', ''],
  ]) {
    const { files, renders, problems } = find(entries, { paths })
    assert.deepEqual([files, renders, problems], [['a.yaml'], ['kustomize apps/web'], []])
  }
})

test('files of kustomizations and charts are not read as plain manifests, even if patterns match them', () => {
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

test('patterns that do not apply to a kustomization give a warning, unless its file is excluded', () => {
  const entries = tree('kustomization.yaml', 'deploy/a.yaml')
  const built = find(entries, { include: ['deploy/'] })
  assert.deepEqual(built.renders, ['kustomize '])
  assert.match(built.warnings.join(), /^IncludeNotApplied: .*`\.`/)
  const plain = find(entries, { exclude: ['./kustomization.yaml'] })
  assert.deepEqual([plain.renders, plain.files, plain.warnings], [[], ['deploy/a.yaml'], []])
})

test('a folder may have the name of a kustomization or chart file', () => {
  assert.deepEqual(find(tree('Kustomization/x.yaml', 'dump/Chart.yaml/y.yaml')).files, [
    'Kustomization/x.yaml',
    'dump/Chart.yaml/y.yaml',
  ])
})

test('a file with an upper-case extension is skipped with a reason', () => {
  assert.match(find(tree('a.yaml', 'b.YAML')).skipped.join(), /^b\.YAML: its extension/)
})

test('a pattern that matches no file gives a warning', () => {
  const { warnings } = find(tree('.github/x.yml', 'a.yaml', 'b.yaml', 'docs/x.md'), {
    include: ['a.yaml', 'c.yaml', '# note'],
    exclude: ['tset/', '.github/', 'docs/'],
  })
  assert.deepEqual(
    warnings.map((warning) => warning.split('`', 2).join('')),
    ['UnusedPattern: The include or exclude pattern c.yaml', 'UnusedPattern: The include or exclude pattern tset/'],
  )
})

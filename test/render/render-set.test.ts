import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMessage, placeOf } from '../../src/diagnostics.ts'
import { discoverFiles } from '../../src/render/file-discovery.ts'
import { FORMATS, type Registry } from '../../src/render/registry.ts'
import { renderSet } from '../../src/render/render-set.ts'
import type { SourceTree } from '../../src/source/source-tree.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { makeOptions, makeRenderer, treeOf } from './trees.ts'

/** Renders the paths of a tree, with renderers that may be made up, and kubectl's output for each folder that it builds. */
async function render(
  source: SourceTree,
  paths: readonly string[],
  { registry = FORMATS, built = {} }: { registry?: Registry; built?: Record<string, string> } = {},
) {
  const secrets: string[] = []
  const options = makeOptions(temporaryFolder(), async ([, folder = '']) => {
    const output = built[folder]
    return {
      code: output === undefined ? 1 : 0,
      signal: null,
      stdout: Buffer.from(output ?? ''),
      stderr: 'no such base',
    }
  })
  const addSecrets = (added: readonly string[]) => secrets.push(...added)
  const discovery = discoverFiles(source.entries, { paths, include: [], exclude: [] }, registry)
  const { files, problems } = await renderSet(source, discovery, { ...options, addSecrets })
  return {
    files: files.map(({ file, bytes, hasSourceLines }) => `${file}${hasSourceLines ? '' : ' (rendered)'}: ${bytes}`),
    problems: problems.map((problem) => `${problem.code} ${placeOf(problem.location)}: ${formatMessage(problem)}`),
    secrets,
  }
}

test('plain files come first, in byte order, then what is rendered, in the order of the paths', async () => {
  const source = treeOf({ 'z/b.yaml': 'b', 'z/a.yaml': 'a', 'z/README': '-', 'y/in': 'y', 'x/in': 'x' })
  const { files } = await render(source, ['y', 'x', 'z'], { registry: [makeRenderer('in')] })
  assert.deepEqual(files, ['z/a.yaml: a', 'z/b.yaml: b', 'y/in (rendered): Y', 'x/in (rendered): X'])
})

test('each renderer gets its own folders, all at once', async () => {
  const calls: string[] = []
  const record = (marker: string) =>
    makeRenderer(marker, {
      render: async (folders) => {
        calls.push(`${marker}: ${folders}`)
        return { files: [], problems: [] }
      },
    })
  const source = treeOf({ 'a/one': '', 'b/two': '', 'c/one': '' })
  await render(source, ['a', 'b', 'c'], { registry: [record('one'), record('two')] })
  assert.deepEqual(calls, ['one: a,c', 'two: b'])
})

test('problems of the paths, of the source and of rendering are reported together, in this order', async () => {
  const broken = makeRenderer('in', {
    render: async () => ({
      files: [],
      problems: [{ code: 'E-SOURCE', message: 'cannot', location: { file: 'a/in' } }],
    }),
  })
  const source = { ...treeOf({ 'a/in': '' }), problems: [{ code: 'E-SOURCE', message: 'too large' } as const] }
  const { problems } = await render(source, ['a', 'none'], { registry: [broken] })
  assert.deepEqual(problems, ['E-SOURCE none: There is no `none`.', 'E-SOURCE : too large', 'E-SOURCE a/in: cannot'])
})

test('rendered files are held to the limits of manifest files', async () => {
  const source = treeOf({ 'a/in': 'x'.repeat(6 * 2 ** 20), 'b/in': 'b' })
  const { files, problems } = await render(source, ['a', 'b'], { registry: [makeRenderer('in')] })
  assert.deepEqual(files, ['b/in (rendered): B'])
  assert.match(problems.join(), /^E-SOURCE a\/in: The file has .*: the limit `file-size` is 5 MiB\.$/)
})

test('a file that the source did not read is left out: its problem is known', async () => {
  const source = treeOf({ 'a.yaml': 'a', 'b.yaml': 'b' })
  const files = new Map([...source.files].filter(([path]) => path !== 'a.yaml'))
  assert.deepEqual((await render({ ...source, files }, [''])).files, ['b.yaml: b'])
})

test('secrets are known before anything is rendered, also where rendering fails', async () => {
  const secrets: string[] = []
  const failing = makeRenderer('in', {
    secrets: () => ['hunter2'],
    render: () => Promise.reject(new Error(`after ${secrets}`)),
  })
  const source = treeOf({ 'a/in': '' })
  const discovery = discoverFiles(source.entries, { paths: ['a'], include: [], exclude: [] }, [failing])
  const addSecrets = (added: readonly string[]) => secrets.push(...added)
  await assert.rejects(renderSet(source, discovery, { ...makeOptions(''), addSecrets }), /after hunter2/)
})

test('without a folder to render nothing is searched for secrets, and kubectl is not run', async () => {
  const source = treeOf({ 'a.yaml': 'a' })
  const nosy = makeRenderer('in', { secrets: () => ['hunter2'] })
  assert.deepEqual(await render(source, [''], { registry: [nosy] }), {
    files: ['a.yaml: a'],
    problems: [],
    secrets: [],
  })
})

const GENERATOR = 'resources: [a.yaml]\nsecretGenerator: [{name: s, literals: [password=hunter2], files: [key=id]}]\n'

test('a kustomization is built by kubectl, and its generated secrets are known', async () => {
  const source = treeOf({ 'app/kustomization.yaml': GENERATOR, 'app/a.yaml': 'kind: X\n', 'app/id': 'the key' })
  const { files, problems, secrets } = await render(source, ['app'], { built: { './app': 'kind: Y\n' } })
  assert.deepEqual([files, problems], [['app/kustomization.yaml (rendered): kind: Y\n'], []])
  assert.deepEqual(secrets, ['password=hunter2', 'hunter2', 'the key'])
})

test('a kustomization that kubectl cannot build is a problem of its file, beside one that it can', async () => {
  const source = treeOf({ 'a/kustomization.yml': '{}', 'b/Kustomization': '{}' })
  const { files, problems } = await render(source, ['a', 'b'], { built: { './b': 'b' } })
  assert.deepEqual(files, ['b/Kustomization (rendered): b'])
  assert.deepEqual(problems, ['E-SOURCE a/kustomization.yml: kubectl kustomize cannot build it: no such base'])
})

test('nothing is built while a kustomization refers to something outside the repository', async () => {
  const remote = 'resources: ["https://example.com/base?ref=main"]\n'
  const source = treeOf({
    'a/kustomization.yaml': 'resources: [../c]\n',
    'b/Kustomization': '{}',
    'c/Kustomization': remote,
  })
  const { files, problems } = await render(source, ['a', 'b'], { built: { './a': 'a', './b': 'b' } })
  assert.deepEqual(files, [])
  assert.equal(problems.length, 1)
  assert.match(problems.join(), /^E-SOURCE c\/Kustomization: The kustomization's `resources` refers to https:/)
})

test('a kustomization that has a key twice is refused, with the place of the second one', async () => {
  const source = treeOf({ 'a/kustomization.yaml': 'resources: []\nresources: []\n' })
  const { files, problems } = await render(source, ['a'], { built: { './a': 'a' } })
  assert.deepEqual(files, [])
  assert.match(problems.join(), /^E-PARSE a\/kustomization\.yaml:2: This key stands twice/)
})

test('a chart is refused, and nothing is rendered for it', async () => {
  const { files, problems } = await render(treeOf({ 'db/Chart.yaml': '', 'db/values.yaml': '' }), ['db'])
  assert.deepEqual(files, [])
  assert.deepEqual(problems, ['E-SOURCE db/Chart.yaml: The path `db` is a Helm chart. Charts are not rendered.'])
})

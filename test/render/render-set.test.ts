import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation } from '../../src/diagnostics.ts'
import { discoverFiles } from '../../src/render/file-discovery.ts'
import { FORMATS, type Registry } from '../../src/render/registry.ts'
import { renderSet } from '../../src/render/render-set.ts'
import type { SourceTree } from '../../src/source/source-tree.ts'
import { temporaryFolder } from '../../testbed/repository.ts'
import { makeOptions, makeRenderer, treeOf } from './trees.ts'

/** Renders the paths of a tree, with any renderers, and with an output of kubectl for each folder that it builds. */
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
    problems: problems.map(({ code, location, reason }) => `${code} ${formatLocation(location)}: ${reason}`),
    messages: problems.map(({ message }) => message),
    secrets,
  }
}

test('plain files come first, in byte order, then rendered ones, in the order of the paths', async () => {
  const source = treeOf({ 'z/b.yaml': 'b', 'z/a.yaml': 'a', 'z/README': '-', 'y/in': 'y', 'x/in': 'x' })
  const { files } = await render(source, ['y', 'x', 'z'], { registry: [makeRenderer('in')] })
  assert.deepEqual(files, ['z/a.yaml: a', 'z/b.yaml: b', 'y/in (rendered): Y', 'x/in (rendered): X'])
})

test('each renderer gets all its folders in one call', async () => {
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
      problems: [{ code: 'E-SOURCE', reason: 'Broken', message: '', location: { file: 'a/in' } }],
    }),
  })
  const source = {
    ...treeOf({ 'a/in': '' }),
    problems: [{ code: 'E-SOURCE', reason: 'TooLarge', message: '' } as const],
  }
  const { problems } = await render(source, ['a', 'none'], { registry: [broken] })
  assert.deepEqual(problems, ['E-SOURCE none: PathNotFound', 'E-SOURCE : TooLarge', 'E-SOURCE a/in: Broken'])
})

test('the limits on manifest files apply to rendered files', async () => {
  const source = treeOf({ 'a/in': 'x'.repeat(6 * 2 ** 20), 'b/in': 'b' })
  const { files, problems } = await render(source, ['a', 'b'], { registry: [makeRenderer('in')] })
  assert.deepEqual(files, ['b/in (rendered): B'])
  assert.deepEqual(problems, ['E-SOURCE a/in: FileTooLarge'])
})

test('a file that the source did not read is left out', async () => {
  const source = treeOf({ 'a.yaml': 'a', 'b.yaml': 'b' })
  const files = new Map([...source.files].filter(([path]) => path !== 'a.yaml'))
  assert.deepEqual((await render({ ...source, files }, [''])).files, ['b.yaml: b'])
})

test('secrets are added before anything is rendered', async () => {
  const secrets: string[] = []
  const failing = makeRenderer('in', {
    secrets: () => ['pa55word'],
    render: () => Promise.reject(new Error(`after ${secrets}`)),
  })
  const source = treeOf({ 'a/in': '' })
  const discovery = discoverFiles(source.entries, { paths: ['a'], include: [], exclude: [] }, [failing])
  const addSecrets = (added: readonly string[]) => secrets.push(...added)
  await assert.rejects(renderSet(source, discovery, { ...makeOptions(''), addSecrets }), /after pa55word/)
})

test('without a folder to render, no secrets are searched, and kubectl is not run', async () => {
  const source = treeOf({ 'a.yaml': 'a' })
  const renderer = makeRenderer('in', { secrets: () => ['pa55word'] })
  assert.deepEqual(await render(source, [''], { registry: [renderer] }), {
    files: ['a.yaml: a'],
    problems: [],
    messages: [],
    secrets: [],
  })
})

const GENERATOR = 'resources: [a.yaml]\nsecretGenerator: [{name: s, literals: [password=pa55word], files: [key=id]}]\n'

test('a kustomization is built by kubectl, and the values of generated Secrets are added as secrets', async () => {
  const source = treeOf({ 'app/kustomization.yaml': GENERATOR, 'app/a.yaml': 'kind: X\n', 'app/id': 'the key' })
  const { files, problems, secrets } = await render(source, ['app'], { built: { './app': 'kind: Y\n' } })
  assert.deepEqual([files, problems], [['app/kustomization.yaml (rendered): kind: Y\n'], []])
  assert.deepEqual(secrets, ['password=pa55word', 'pa55word', 'the key'])
})

test('a kustomization that kubectl cannot build is a problem, and others are built', async () => {
  const source = treeOf({ 'a/kustomization.yml': '{}', 'b/Kustomization': '{}' })
  const { files, problems, messages } = await render(source, ['a', 'b'], { built: { './b': 'b' } })
  assert.deepEqual(files, ['b/Kustomization (rendered): b'])
  assert.deepEqual(problems, ['E-SOURCE a/kustomization.yml: BuildFailed'])
  assert.match(messages.join(), /: no such base$/)
})

test('nothing is built if a kustomization refers to something outside the repository', async () => {
  const remote = 'resources: ["https://example.com/base?ref=main"]\n'
  const source = treeOf({
    'a/kustomization.yaml': 'resources: [../c]\n',
    'b/Kustomization': '{}',
    'c/Kustomization': remote,
  })
  const { files, problems } = await render(source, ['a', 'b'], { built: { './a': 'a', './b': 'b' } })
  assert.deepEqual(files, [])
  assert.deepEqual(problems, ['E-SOURCE c/Kustomization: RemoteReference'])
})

test('a kustomization with a duplicate key is rejected, at the location of the second one', async () => {
  const source = treeOf({ 'a/kustomization.yaml': 'resources: []\nresources: []\n' })
  const { files, problems } = await render(source, ['a'], { built: { './a': 'a' } })
  assert.deepEqual(files, [])
  assert.deepEqual(problems, ['E-PARSE a/kustomization.yaml:2: DuplicateKey'])
})

test('a chart is rejected, and nothing is rendered', async () => {
  const { files, problems } = await render(treeOf({ 'db/Chart.yaml': '', 'db/values.yaml': '' }), ['db'])
  assert.deepEqual(files, [])
  assert.deepEqual(problems, ['E-SOURCE db/Chart.yaml: ChartNotRendered'])
})

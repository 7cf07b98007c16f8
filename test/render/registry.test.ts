import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discoverFiles, discoverOnce } from '../../src/render/file-discovery.ts'
import { detectFormat, FORMATS, isMarker, type Registry } from '../../src/render/registry.ts'
import { entriesOf, makeRenderer } from './trees.ts'

const scope = (...paths: string[]) => ({ paths, include: [], exclude: [] })

/** The name and marker of the first format in a registry that a folder with these members has. */
function detected(registry: Registry, members: string[], isUsable: (marker: string) => boolean = () => true) {
  const found = detectFormat(members, isUsable, registry)
  return found === undefined ? undefined : `${found.format.name}: ${found.marker}`
}

const known: [members: string[], format: string | undefined][] = [
  [['Kustomization', 'a.yaml'], 'kustomize: Kustomization'],
  [['a.yaml', 'kustomization.yaml', 'kustomization.yml'], 'kustomize: kustomization.yaml'],
  [['Chart.yaml', 'values.yaml'], 'helm: Chart.yaml'],
  [['Chart.yml'], 'helm: Chart.yml'],
  [['Chart.yaml', 'kustomization.yml'], 'kustomize: kustomization.yml'],
  [['a.yaml', 'chart.yaml', 'Kustomization.yaml'], undefined],
  [[], undefined],
]
for (const [members, format] of known)
  test(`a folder with ${members.join(', ') || 'nothing'} is ${format ?? 'plain'}`, () => {
    assert.equal(detected(FORMATS, members), format)
  })

test('the first format in the registry has precedence, regardless of the order of the files', () => {
  const [a, b] = [makeRenderer('a'), makeRenderer('b')]
  assert.equal(detected([a, b], ['a', 'b']), 'a: a')
  assert.equal(detected([b, a], ['a', 'b']), 'b: b')
})

test('without an unusable marker, another marker or the next format is detected', () => {
  const members = ['Chart.yaml', 'kustomization.yaml', 'kustomization.yml']
  const without = (...excluded: string[]) => detected(FORMATS, members, (name) => !excluded.includes(name))
  assert.equal(without('kustomization.yaml'), 'kustomize: kustomization.yml')
  assert.equal(without('kustomization.yaml', 'kustomization.yml'), 'helm: Chart.yaml')
  assert.equal(without(...members), undefined)
})

test('a registered renderer gets the folders with its marker, in the order of the paths, each once', () => {
  const jsonnet = makeRenderer('main.jsonnet')
  const entries = entriesOf('b/main.jsonnet', 'a/main.jsonnet', 'c/x.yaml', 'd/kustomization.yaml')
  const { renders, files } = discoverFiles(entries, scope('b', 'a', 'c', 'd', 'b'), [jsonnet, ...FORMATS])
  assert.deepEqual(
    renders.map(({ renderer, folder }) => [renderer.name, folder]),
    [
      ['main.jsonnet', 'b'],
      ['main.jsonnet', 'a'],
      ['kustomize', 'd'],
    ],
  )
  assert.deepEqual(files, ['c/x.yaml'])
})

test('a folder whose marker is excluded contains plain manifests', () => {
  const registry = [makeRenderer('render.yaml')]
  const entries = entriesOf('a/render.yaml', 'a/x.yaml')
  const { renders, files, problems } = discoverFiles(entries, { ...scope('a'), exclude: ['render.yaml'] }, registry)
  assert.deepEqual([renders, files, problems], [[], ['a/x.yaml'], []])
})

test('messages about a registered renderer have its noun', () => {
  const registry = [makeRenderer('render.yaml', { noun: 'template' }), ...FORMATS]
  const entries = entriesOf('a.yaml', 'b/render.yaml')
  const messages = (path: string) =>
    discoverFiles(entries, scope(path), registry).problems.map(({ message }) => message)
  assert.match(messages('').join(), /^`b` is a template /)
  assert.match(messages('b/render.yaml').join(), /template, kustomization, or chart/)
})

test('the markers of all formats are recognised', () => {
  for (const name of ['Kustomization', 'kustomization.yaml', 'kustomization.yml', 'Chart.yaml', 'Chart.yml'])
    assert.ok(isMarker(name, FORMATS), name)
  assert.ok(!isMarker('values.yaml', FORMATS))
})

test('the same array of entries is walked once, and an equal array again', () => {
  let walks = 0
  const counter = makeRenderer('none', {
    detects: () => {
      walks += 1
      return undefined
    },
  })
  const discover = discoverOnce(scope(''), [counter])
  const entries = entriesOf('a.yaml')
  assert.equal(discover(entries), discover(entries))
  const once = walks
  assert.deepEqual(discover([...entries]), discover(entries))
  assert.equal(walks, 2 * once)
})

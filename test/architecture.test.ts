import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  closureOf,
  drawRooms,
  GROUND_FLOOR,
  IMPORTS,
  ROOT,
  roomOf,
  SOURCES,
  sectionOfContributing,
} from './architecture.ts'

/** The rooms from the top: each may import those below it. */
const ORDER = [
  ...['entrypoints', 'github', 'report', 'options', 'engine', 'prune', 'apply', 'wait', 'inventory', 'dry-run'],
  ...['render', 'source', 'kube', 'plan', 'graph', 'health', 'manifests', 'object', 'yaml', GROUND_FLOOR],
]

/** Rooms without I/O: they read no files, open no sockets, start no programs and do not wait. */
const PURE = ['plan', 'graph', 'health', 'manifests', 'object', 'yaml']

/** The modules that pure rooms may import: parsers, a queue, and modules that hash, compress or check bytes. */
const PURE_MODULES = [
  ...['@cfworker/json-schema', 'js-yaml', 'lossless-json', 'tinyqueue'],
  ...['node:buffer', 'node:crypto', 'node:zlib'],
]

/** Exceptions, by file: reading many files must not block the event loop. */
const IMPURE = new Map([['manifests/read-manifests.ts', 'node:timers/promises']])

test('every room has its place in the order', () => {
  assert.deepEqual([...new Set([...SOURCES.keys()].map(roomOf))].sort(), ORDER.toSorted())
})

test('imports between rooms run downwards only', () => {
  const upwards = [...IMPORTS].flatMap(([file, { files }]) =>
    files
      .filter((target) => ORDER.indexOf(roomOf(target)) < ORDER.indexOf(roomOf(file)))
      .map((target) => `${file} imports ${target}`),
  )
  assert.deepEqual(upwards, [])
})

test('there are no import cycles', () => {
  const cycles = [...IMPORTS.keys()].flatMap((file) => {
    const chain = closureOf(file).get(file)
    return chain === undefined ? [] : [[...chain, file].join(' -> ')]
  })
  assert.deepEqual(cycles, [])
})

test('pure rooms do not import modules with I/O, even indirectly', () => {
  const violations = [...IMPORTS.keys()]
    .filter((file) => PURE.includes(roomOf(file)))
    .flatMap((file) =>
      [...closureOf(file)].flatMap(([target, chain]) => {
        const isModule = !SOURCES.has(target)
        const importer = chain.at(-1) ?? file
        const isAllowed = isModule
          ? PURE_MODULES.includes(target) || IMPURE.get(importer) === target
          : [...PURE, GROUND_FLOOR].includes(roomOf(target))
        return isAllowed ? [] : [[...chain, target].join(' -> ')]
      }),
    )
  assert.deepEqual(violations, [])
})

test('only github/ imports the toolkit of GitHub Actions', () => {
  const importers = [...IMPORTS].filter(([, { modules }]) => modules.includes('@actions/core')).map(([file]) => file)
  assert.deepEqual(
    importers.filter((file) => roomOf(file) !== 'github'),
    [],
  )
})

const DECLARATION = /^export (?:async )?(?:function\*?|const|interface|type|class) (\w+)/

test('every exported name is declared once, and there are no re-exports', () => {
  const files = new Map<string, string[]>()
  for (const [file, text] of SOURCES) {
    for (const line of text.split('\n')) {
      assert.doesNotMatch(line, /^export (\{|\*|default)/, file)
      const name = DECLARATION.exec(line)?.[1]
      if (name !== undefined) files.set(name, [...(files.get(name) ?? []), file])
    }
  }
  assert.deepEqual(
    [...files].filter(([, { length }]) => length > 1),
    [],
  )
})

test('every exported declaration has a comment directly above', () => {
  const undocumented = [...SOURCES].flatMap(([file, text]) => {
    const lines = text.split('\n')
    return lines.flatMap((line, index) =>
      line.startsWith('export ') && !/\*\/$/.test(lines[index - 1] ?? '') ? [`${file}: ${line}`] : [],
    )
  })
  assert.deepEqual(undocumented, [])
})

test('the diagram in CONTRIBUTING.md matches the imports between rooms', () => {
  const drawn = drawRooms(ORDER)
  const shown = /```mermaid\n([\s\S]*?)\n```/.exec(sectionOfContributing('The house'))?.[1]
  assert.equal(shown, drawn, `Paste this picture into the section "The house":\n\n${drawn}\n`)
})

test('CONTRIBUTING.md describes every room', () => {
  const rows = [...sectionOfContributing('The house').matchAll(/^\| `src\/([^/`]+)\/?` \|/gm)].map(([, room]) => room)
  const rooms = ORDER.map((room) => (room === GROUND_FLOOR ? '*.ts' : room))
  assert.deepEqual(rows, rooms)
})

test('CONTRIBUTING.md places each change in at most three rooms, and names files that exist, or that would be new', () => {
  const text = sectionOfContributing('The house')
  const changes = [...text.matchAll(/^\| (?:an?|two) [^|]+ \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)]
  assert.equal(changes.length, 6)
  const newFiles = changes.flatMap(([, files = '']) => pathsIn(files).filter((path) => path.endsWith('.ts')))
  for (const [row, files = '', edits = '', rooms = ''] of changes) {
    const touched = new Set(pathsIn(`${files} ${edits}`).map((path) => path.split('/')[1]))
    assert.deepEqual([...touched].sort(), rooms.split(', ').sort(), row)
    assert.ok(touched.size <= 3, row)
  }
  const isNew = (path: string) => newFiles.includes(path) || path === 'src/entrypoints/cli/'
  const wrong = pathsIn(text).filter((path) => isNew(path) === existsSync(join(ROOT, path)))
  assert.deepEqual(wrong, [])
})

function pathsIn(text: string): string[] {
  return [...text.matchAll(/`(src\/[\w/-]+(?:\.ts|\/))`/g)].flatMap(([, path]) => path ?? [])
}

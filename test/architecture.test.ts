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

/** Rooms that only make values of values: they read no file, open no socket, start no program and wait for nothing. */
const PURE = ['plan', 'graph', 'health', 'manifests', 'object', 'yaml']

/** What pure rooms may import beside each other: parsers, a queue, and what hashes, compresses or checks bytes. */
const PURE_MODULES = [
  ...['@cfworker/json-schema', 'js-yaml', 'lossless-json', 'tinyqueue'],
  ...['node:buffer', 'node:crypto', 'node:zlib'],
]

/** Reading ten thousand files lets other work go on in between. */
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

test('no file imports itself, not even through others', () => {
  const circles = [...IMPORTS.keys()].flatMap((file) => {
    const chain = closureOf(file).get(file)
    return chain === undefined ? [] : [[...chain, file].join(' -> ')]
  })
  assert.deepEqual(circles, [])
})

test('pure rooms reach nothing that acts, not even through the ground floor', () => {
  const acting = [...IMPORTS.keys()]
    .filter((file) => PURE.includes(roomOf(file)))
    .flatMap((file) =>
      [...closureOf(file)].flatMap(([target, chain]) => {
        const isModule = !SOURCES.has(target)
        const importer = chain.at(-1) ?? file
        const isFit = isModule
          ? PURE_MODULES.includes(target) || IMPURE.get(importer) === target
          : [...PURE, GROUND_FLOOR].includes(roomOf(target))
        return isFit ? [] : [[...chain, target].join(' -> ')]
      }),
    )
  assert.deepEqual(acting, [])
})

test('only github/ speaks to the runner', () => {
  const speaking = [...IMPORTS].filter(([, { modules }]) => modules.includes('@actions/core')).map(([file]) => file)
  assert.deepEqual(
    speaking.filter((file) => roomOf(file) !== 'github'),
    [],
  )
})

const DECLARATION = /^export (?:async )?(?:function\*?|const|interface|type|class) (\w+)/

test('an exported name means one thing: it is exported once, and never again from elsewhere', () => {
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
  const silent = [...SOURCES].flatMap(([file, text]) => {
    const lines = text.split('\n')
    return lines.flatMap((line, index) =>
      line.startsWith('export ') && !/\*\/$/.test(lines[index - 1] ?? '') ? [`${file}: ${line}`] : [],
    )
  })
  assert.deepEqual(silent, [])
})

test('CONTRIBUTING.md shows the rooms as they are, with every import that is not there through another room', () => {
  const drawn = drawRooms(ORDER)
  const shown = /```mermaid\n([\s\S]*?)\n```/.exec(sectionOfContributing('The house'))?.[1]
  assert.equal(shown, drawn, `Paste this picture into the section "The house":\n\n${drawn}\n`)
})

test('CONTRIBUTING.md says of every room what lives there', () => {
  const rows = [...sectionOfContributing('The house').matchAll(/^\| `src\/([^/`]+)\/?` \|/gm)].map(([, room]) => room)
  const rooms = ORDER.map((room) => (room === GROUND_FLOOR ? '*.ts' : room))
  assert.deepEqual(rows, rooms)
})

test('CONTRIBUTING.md names files that exist, and adds new ones in at most three rooms for each change', () => {
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

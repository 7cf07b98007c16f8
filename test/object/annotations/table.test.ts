import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ANNOTATIONS, type Annotation } from '../../../src/object/annotations/table.ts'

const SOURCES = join(import.meta.dirname, '../../../src')
const TABLE = 'object/annotations/table.ts'
const rows: readonly (readonly [string, Annotation])[] = Object.entries(ANNOTATIONS)
const names = rows.map(([, { name }]) => name)

/** Names in the format of annotations that are none. */
const OTHERS = new Set([
  // Labels.
  ...['app.kubernetes.io/managed-by', 'applyset.kubernetes.io/id', 'applyset.kubernetes.io/part-of'],
  // A type of Secret.
  'fairlead.dev/inventory',
])

/** The source files by path, without comments and imports. */
const sources = globSync('**/*.ts', { cwd: SOURCES })
  .filter((file) => file !== TABLE)
  .map((file) => {
    const text = readFileSync(join(SOURCES, file), 'utf8')
    return [file, text.replaceAll(/\/\*\*[\s\S]*?\*\/|^ *\/\/.*$|^import .*$|^\} from .*$/gm, '')] as const
  })

test('every annotation in the source code is in the table', () => {
  const found = sources.flatMap(([file, text]) =>
    [
      ...[...text.matchAll(/(?<![\w./:-])[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+\/[a-z][A-Za-z0-9.-]*[A-Za-z0-9]/g)],
      ...[...text.matchAll(/(?<=['\s])#[a-z][\w./-]*/g)],
    ].map(([name]) => ({ file, name: name.replace('#', '') })),
  )
  const unknown = found.filter(({ name }) => !names.includes(name) && !OTHERS.has(name) && !/\/v\d/.test(name))
  assert.deepEqual(unknown, [])
  assert.ok(
    found.some(({ name }) => name === 'cnpg.io/hibernation'),
    'the rules of health are among the sources',
  )
})

test('every annotation in the table is used in the source code', () => {
  const text = sources.map(([, each]) => each).join('\n')
  const unused = rows.filter(([key, { name }]) => !text.includes(`ANNOTATIONS.${key}`) && !text.includes(`#${name}`))
  assert.deepEqual(unused, [])
})

test('every annotation is in the table once, with its tool, its objects and its effect in a sentence', () => {
  assert.equal(new Set(names).size, names.length)
  for (const [, { origin, on, effect }] of rows) {
    assert.match(effect, /^[A-Z`].*\.$/)
    assert.ok(origin !== '' && on !== '')
  }
})

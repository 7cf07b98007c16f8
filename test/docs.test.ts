import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { GENERATED_FILES } from '../scripts/generated-files.ts'
import { OUTPUTS } from '../src/github/outputs-table.ts'
import { OPTIONS } from '../src/options/table.ts'
import { action } from '../testbed/step.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`),
]

test('the first example in the README is the example workflow', () => {
  const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(read('README.md')) ?? []
  assert.deepEqual(load(shown), load(read('examples/workflows/reconcile.yml')))
})

for (const { path, generate } of GENERATED_FILES) {
  test(`${path} matches the tables of options and outputs`, () => {
    assert.equal(read(path), generate(read(path)), 'run `npm run generate`')
  })
}

test('the action has exactly the inputs and outputs of the tables', () => {
  assert.deepEqual(Object.keys(action.inputs), Object.keys(OPTIONS))
  assert.deepEqual(
    Object.keys(action.outputs),
    OUTPUTS.map(({ name }) => name),
  )
})

test('docs/reference/errors.md explains exactly the error codes that exist', () => {
  const [, union = ''] = /export type ErrorCode =([\s\S]*?)\n\n/.exec(read('src/diagnostics.ts')) ?? []
  const codes = [...union.matchAll(/'(E-[A-Z-]+)'/g)].map((match) => match[1])
  const [table = ''] = read('docs/reference/errors.md').split('\n## Reasons')
  const explained = [...table.matchAll(/^\| `(E-[A-Z-]+)`/gm)].map((match) => match[1])
  assert.ok(codes.length > 10)
  assert.deepEqual(explained.toSorted(), codes.toSorted())
})

/** Reasons as the code gives them: as a field, a default or a constant, by a helper, or as the type of a result. */
const REASONS = [
  /reason(?: =|:) (?:[^,;'\n]*\? )?'([A-Z]\w+)'(?: [:|] '([A-Z]\w+)')?/gi,
  /(?:sourceError|validationError|addIssue|unusableRecord|lose|listFailed)\(\s*(?:[\w.]+,\s*)*(?:[^,'()]*\? )?'([A-Z]\w+)'(?: : '([A-Z]\w+)')?/g,
  /Reason\([^)]*\): '([A-Z]\w+)'(?: \| '([A-Z]\w+)')*(?: \| '([A-Z]\w+)')/g,
]

test('docs/reference/errors.md names exactly the reasons that exist', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const code = sources.filter((path) => path.endsWith('.ts')).map((path) => read(`src/${path}`))
  const matches = code.flatMap((text) => REASONS.flatMap((pattern) => [...text.matchAll(pattern)]))
  const given = matches.flatMap(([, ...words]) => words.filter((word) => /^[A-Z]/.test(word ?? '')))
  const [, section = ''] = /^## Reasons\n([\s\S]*)/m.exec(read('docs/reference/errors.md')) ?? []
  const named = [...section.matchAll(/`([A-Z][A-Za-z0-9]+)`/g)].map((match) => match[1])
  assert.ok(given.length > 150)
  assert.deepEqual([...new Set(named)].sort(), [...new Set(given)].sort())
})

test('every link between the pages has a target', () => {
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!target.includes('://')) assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`)
    }
  }
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import { readRunner } from '../../src/github/runner.ts'
import { formatHint } from '../../src/hint.ts'
import { readConfig } from '../../src/options/config.ts'
import { RENAMED_OPTIONS } from '../../src/options/renamed.ts'
import { listOptions, OPTION_GROUPS, OPTIONS } from '../../src/options/table.ts'

const environment = {
  GITHUB_REPOSITORY: 'owner/config',
  KUBECONFIG: '/kubeconfig',
}
const runner = readRunner(environment, 'linux')

/** What is said of inputs that are refused, each as one text. */
function problemsOf(inputs: Record<string, string>): string[] {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  try {
    readConfig(readRunner({ ...environment, ...Object.fromEntries(variables) }, 'linux'))
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.problems.map(({ code, message, hint = '' }) => `${code} ${message} ${formatHint(hint)}`.trim())
  }
  return []
}

test('every option has a default that is valid, and a group', () => {
  for (const row of listOptions()) {
    assert.ok('value' in row.parse(row.default, runner), row.name)
    assert.ok(OPTION_GROUPS.includes(row.group), row.name)
    assert.ok(row.default !== '' || row.defaultText !== undefined, `${row.name} says what its default is`)
  }
})

test('options stand in the table by their groups', () => {
  const groups = listOptions().map(({ group }) => OPTION_GROUPS.indexOf(group))
  assert.deepEqual(
    groups,
    groups.toSorted((a, b) => a - b),
  )
})

test('every example is a valid value, unless only the runner can evaluate it', () => {
  for (const { name, example, parse } of listOptions())
    if (!example.includes('${' + '{')) assert.ok('value' in parse(example, runner), `${name}: ${example}`)
})

test('help texts are sentences, and the others are phrases', () => {
  for (const { name, help, summary, values, defaultText = '' } of listOptions()) {
    assert.match(help, /^[A-Z].*\.$/, name)
    for (const phrase of [summary, values, defaultText])
      assert.doesNotMatch(phrase, /^[A-Z](?!ID)|\.$/, `${name}: ${phrase}`)
  }
})

test('every hint refers to an option of the table', () => {
  const root = join(import.meta.dirname, '../../src')
  const references = globSync('**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\boption\('([^']+)'/g)].map(([, name = '']) => name),
  )
  assert.ok(references.length > 30)
  assert.deepEqual(
    references.filter((name) => !Object.hasOwn(OPTIONS, name)),
    [],
  )
})

test('an old name of an option is refused with its new one', () => {
  for (const { oldName, newName } of RENAMED_OPTIONS) {
    assert.ok(!Object.hasOwn(OPTIONS, oldName))
    for (const text of ['', 'x'])
      assert.deepEqual(problemsOf({ [oldName]: text }), [
        `E-INPUT Input \`${oldName}\`: it is called \`${newName}\` now. Write \`${newName}\` instead.`,
      ])
  }
  assert.equal(RENAMED_OPTIONS.length, 6)
})

test('where the values of a renamed option have changed too, the new one is said', () => {
  const answer = (text: string) => problemsOf({ conflicts: text })[0] ?? ''
  assert.match(answer('overwrite'), /Write `force-conflicts: true` instead of `conflicts: overwrite`\.$/)
  assert.match(answer(' fail '), /Write `force-conflicts: false` instead of `conflicts: fail`\.$/)
})

test('all problems of all options are told together', () => {
  const found = problemsOf({ mode: 'destroy', kubeconfig: '', path: '../x\n/y', 'git-cache': 'true', limits: 'x' })
  const inputs = found.map((text) => /^E-INPUT Input `([\w-]+)`/.exec(text)?.[1])
  assert.deepEqual(inputs.toSorted(), ['git-cache', 'kubeconfig', 'limits', 'mode', 'path', 'path'])
})

test('white space around a value is ignored, also where the value is nothing else', () => {
  const policy = (wait: string) =>
    readConfig(readRunner({ ...environment, INPUT_WAIT: wait }, 'linux')).sets[0].policy.wait
  assert.deepEqual([policy(' false\n'), policy(' \n'), policy('')], [false, true, true])
})

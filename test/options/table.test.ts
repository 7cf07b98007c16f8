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

/** The problems of refused inputs: code, reason, message and hint of each. */
function problemsOf(inputs: Record<string, string>): string[] {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  try {
    readConfig(readRunner({ ...environment, ...Object.fromEntries(variables) }, 'linux'))
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.problems.map(({ code, reason, message, hint = '' }) =>
      `${code} ${reason} ${message} ${formatHint(hint)}`.trim(),
    )
  }
  return []
}

test('every option has a default that is valid, and a group', () => {
  for (const row of listOptions()) {
    assert.ok('value' in row.parse(row.default, runner), row.name)
    assert.ok(OPTION_GROUPS.includes(row.group), row.name)
    assert.ok(row.default !== '' || row.defaultText !== undefined, `${row.name} describes its default`)
  }
})

test('the options are ordered by group', () => {
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

test('an old name of an option is refused with the new one', () => {
  for (const { oldName, newName } of RENAMED_OPTIONS) {
    assert.ok(!Object.hasOwn(OPTIONS, oldName))
    for (const text of ['', 'x'])
      assert.deepEqual(problemsOf({ [oldName]: text }), [
        `E-INPUT OptionRenamed \`${oldName}\` has been renamed to \`${newName}\`. Use \`${newName}\` instead.`,
      ])
  }
  assert.equal(RENAMED_OPTIONS.length, 6)
})

test('the hint about a renamed option has the new value if the values have changed', () => {
  const answer = (text: string) => problemsOf({ conflicts: text })[0] ?? ''
  assert.match(answer('overwrite'), /`force-conflicts: true` instead of `conflicts: overwrite`\.$/)
  assert.match(answer(' fail '), /`force-conflicts: false` instead of `conflicts: fail`\.$/)
})

test('the problems of all options are reported together', () => {
  const found = problemsOf({ mode: 'destroy', kubeconfig: '', path: '../x\n/y', 'git-cache': 'true', limits: 'x' })
  const inputs = found.map((text) => /^E-INPUT .*?`([\w-]+)`/.exec(text)?.[1])
  assert.deepEqual(inputs.toSorted(), ['git-cache', 'kubeconfig', 'limits', 'mode', 'path', 'path'])
})

test('white space around a value is ignored, and a value of white space only is empty', () => {
  const policy = (wait: string) =>
    readConfig(readRunner({ ...environment, INPUT_WAIT: wait }, 'linux')).sets[0].policy.wait
  assert.deepEqual([policy(' false\n'), policy(' \n'), policy('')], [false, true, true])
})

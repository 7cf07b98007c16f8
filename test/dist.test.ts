import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from '../src/process.ts'
import { temporaryFolder } from '../testbed/repository.ts'

const root = join(import.meta.dirname, '..')

test('dist/ is up to date with the sources', async () => {
  const folder = join(temporaryFolder(), 'dist')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: temporaryFolder() }
  const exit = await runProgram('sh', ['-c', scripts.build.replaceAll(/\bdist\b/g, folder)], { cwd: root, env })
  assert.equal(exit.code, 0, String(exit.stdout) + exit.stderr)
  for (const name of ['index.js', 'package.json', 'licenses.txt', 'post/index.js', 'post/package.json']) {
    const isEqual = readFileSync(join(folder, name)).equals(readFileSync(join(root, 'dist', name)))
    assert.ok(isEqual, `dist/${name} is out of date: run \`npm run build\` and commit dist/`)
  }
  assert.deepEqual(
    readdirSync(join(root, 'dist'), { recursive: true }).toSorted(),
    readdirSync(folder, { recursive: true }).toSorted(),
  )
})

import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import { readRunner } from '../../src/github/runner.ts'

const environment = {
  GITHUB_SERVER_URL: 'https://ghe.example.com/',
  GITHUB_REPOSITORY: 'owner/config',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_REF: 'refs/heads/main',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_WORKSPACE: '/work/space',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '2',
  RUNNER_TEMP: '/temp',
  RUNNER_TOOL_CACHE: '/tools',
  'INPUT_READ-LIMITS': 'depth=7',
  INPUT_CONTEXT: '',
}

test('the variables of the runner are read', () => {
  const { input, environment: own, ...facts } = readRunner(environment, 'linux')
  assert.deepEqual(facts, {
    serverUrl: 'https://ghe.example.com/',
    repository: 'owner/config',
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    event: 'push',
    runUrl: 'https://ghe.example.com/owner/config/actions/runs/7/attempts/2',
    toolCache: '/tools',
    workspace: '/work/space',
    tempDir: '/temp',
  })
  assert.deepEqual(own, environment)
  assert.deepEqual([input('read-limits'), input('context'), input('ref')], ['depth=7', '', undefined])
})

test('outside a workflow the facts have defaults', () => {
  const facts = readRunner({ TMPDIR: '/elsewhere' }, 'darwin')
  assert.deepEqual([facts.serverUrl, facts.repository, facts.runUrl], ['https://github.com', '', ''])
  assert.deepEqual([facts.workspace, facts.tempDir], [resolve('.'), '/elsewhere'])
  assert.equal(readRunner({}, 'linux').tempDir, '/tmp')
})

test('Windows and an invalid server URL are rejected', () => {
  const problem = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      assert.ok(error instanceof Failure)
      return `${error.problems[0]?.code} ${error.problems[0]?.reason}`
    }
    return assert.fail('accepted')
  }
  assert.equal(
    problem(() => readRunner(environment, 'win32')),
    'E-INPUT PlatformNotSupported',
  )
  assert.equal(
    problem(() => readRunner({ GITHUB_SERVER_URL: 'not a url' }, 'linux')),
    'E-INPUT InvalidServerUrl',
  )
})

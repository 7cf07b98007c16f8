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

test('the runner’s variables are read into facts', () => {
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

test('outside of a workflow there are facts too', () => {
  const facts = readRunner({ TMPDIR: '/elsewhere' }, 'darwin')
  assert.deepEqual([facts.serverUrl, facts.repository, facts.runUrl], ['https://github.com', '', ''])
  assert.deepEqual([facts.workspace, facts.tempDir], [resolve('.'), '/elsewhere'])
  assert.equal(readRunner({}, 'linux').tempDir, '/tmp')
})

test('Windows and a server without a URL are refused in a sentence', () => {
  const message = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      assert.ok(error instanceof Failure)
      assert.equal(error.problems[0]?.code, 'E-INPUT')
      return error.message
    }
    return assert.fail('accepted')
  }
  assert.match(
    message(() => readRunner(environment, 'win32')),
    /runs on Linux and macOS, not on Windows/,
  )
  assert.match(
    message(() => readRunner({ GITHUB_SERVER_URL: 'not a url' }, 'linux')),
    /GITHUB_SERVER_URL is no URL/,
  )
})

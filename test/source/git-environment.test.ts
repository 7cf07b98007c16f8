import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gitEnvironment } from '../../src/source/git-environment.ts'

const parent = {
  PATH: '/bin',
  HOME: '/h',
  https_proxy: 'p',
  NO_PROXY: 'n',
  GIT_SSL_CAINFO: 'ca',
  SSH_AUTH_SOCK: 's',
  AWS_PROFILE: 'x',
  INPUT_TOKEN: 't',
  'INPUT_SSH-KEY': 'k',
  STATE_tempDir: 's',
  GITHUB_TOKEN: 't',
  GITHUB_OUTPUT: 'f',
  GITHUB_SHA: 'c',
  GIT_SSH_COMMAND: 'x',
  GIT_CONFIG_COUNT: '1',
  KUBECTL_EXTERNAL_DIFF: 'x',
  KUBERC: 'on',
  ACTIONS_RUNTIME_TOKEN: 't',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'u',
}

test('git gets what it needs to reach the network, and no token', () => {
  assert.deepEqual(Object.keys(gitEnvironment(parent)).sort(), [
    'GIT_SSL_CAINFO',
    'HOME',
    'NO_PROXY',
    'PATH',
    'SSH_AUTH_SOCK',
    'https_proxy',
  ])
})

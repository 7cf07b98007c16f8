import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubectlEnvironment } from '../../src/kube/kubectl-environment.ts'

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
  STATE_scratch: 's',
  GITHUB_TOKEN: 't',
  GITHUB_OUTPUT: 'f',
  GITHUB_SHA: 'c',
  GIT_SSH_COMMAND: 'evil',
  GIT_CONFIG_COUNT: '1',
  KUBECTL_EXTERNAL_DIFF: 'evil',
  KUBERC: 'on',
  ACTIONS_RUNTIME_TOKEN: 't',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'u',
}

test('kubectl gets the cloud’s variables, the identity token only for a plugin, and nothing of ours', () => {
  const always = [
    'AWS_PROFILE',
    'GITHUB_SHA',
    'GIT_CONFIG_COUNT',
    'GIT_SSH_COMMAND',
    'GIT_SSL_CAINFO',
    'HOME',
    'KUBERC',
    'NO_PROXY',
    'PATH',
    'SSH_AUTH_SOCK',
    'https_proxy',
  ]
  assert.deepEqual(Object.keys(kubectlEnvironment(parent, false)).sort(), always)
  assert.deepEqual(
    Object.keys(kubectlEnvironment(parent, true)).sort(),
    [...always, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL'].sort(),
  )
  assert.equal(kubectlEnvironment(parent, false).KUBERC, 'off')
})

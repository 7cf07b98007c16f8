import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubectlEnvironment } from '../../src/kube/kubectl-environment.ts'
import { PARENT_ENVIRONMENT } from '../parent-environment.ts'

test('kubectl gets the variables of clouds, and those for ID tokens only with a credential plugin, but no inputs or runner tokens', () => {
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
  assert.deepEqual(Object.keys(kubectlEnvironment(PARENT_ENVIRONMENT, false)).sort(), always)
  assert.deepEqual(
    Object.keys(kubectlEnvironment(PARENT_ENVIRONMENT, true)).sort(),
    [...always, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL'].sort(),
  )
  assert.equal(kubectlEnvironment(PARENT_ENVIRONMENT, false).KUBERC, 'off')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gitEnvironment } from '../../src/source/git-environment.ts'
import { PARENT_ENVIRONMENT } from '../parent-environment.ts'

test('git gets what it needs to reach the network, and no token', () => {
  assert.deepEqual(Object.keys(gitEnvironment(PARENT_ENVIRONMENT)).sort(), [
    'GIT_SSL_CAINFO',
    'HOME',
    'NO_PROXY',
    'PATH',
    'SSH_AUTH_SOCK',
    'https_proxy',
  ])
})

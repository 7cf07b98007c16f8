import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import type { SetPolicy } from '../../src/engine/set-config.ts'
import { readRunner } from '../../src/github/runner.ts'
import { formatHint } from '../../src/hint.ts'
import { readConfig } from '../../src/options/config.ts'

const runner = {
  ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'owner/config', GITHUB_SHA: 'a'.repeat(40) },
  ...{ GITHUB_EVENT_NAME: 'push', GITHUB_WORKSPACE: '/work', RUNNER_TEMP: '/tmp', KUBECONFIG: '/kubeconfig' },
}

function policy(inputs: Record<string, string>): SetPolicy {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readConfig(readRunner({ ...runner, ...Object.fromEntries(variables) }, 'linux')).sets[0].policy
}

function refusal(inputs: Record<string, string>): string {
  try {
    policy(inputs)
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.problems.map(({ message, hint = '' }) => `${message} ${formatHint(hint)}`).join('\n')
  }
  return assert.fail(`accepted ${JSON.stringify(inputs)}`)
}

test('by default a run waits, does not prune, allows no rollback, and allows all targets', () => {
  assert.deepEqual(policy({}), {
    ...{ mode: 'apply', forceConflicts: true, allowRollback: false, adoptFrom: [], allowed: {} },
    ...{ wait: true, timeoutMs: 600_000, lockTimeoutMs: 600_000 },
    prune: { isOn: false, objects: [], mayEmpty: false, mayChangeScope: false },
  })
})

test('a run waits unless `wait` is false', () => {
  assert.deepEqual(
    ['', 'true', 'false', 'FALSE'].map((wait) => policy({ wait }).wait),
    [true, true, false, false],
  )
  assert.match(refusal({ wait: 'no' }), /`wait`: `no` is not a boolean/)
})

test('deletions are allowed by kind, name and namespace, and by two words', () => {
  const lines = ['Namespace', 'Namespace/shop', 'PersistentVolumeClaim/shop/data', 'Widget.example.com/a', 'empty-set']
  const { objects, mayEmpty, mayChangeScope } = policy({ 'prune-allow': lines.join('\n') }).prune
  assert.deepEqual(objects, [
    { kind: 'Namespace' },
    { kind: 'Namespace', name: 'shop' },
    { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' },
    { kind: 'Widget', group: 'example.com', name: 'a' },
  ])
  assert.deepEqual([mayEmpty, mayChangeScope], [true, false])
  for (const line of ['namespace/shop', 'Namespace/a/b/c', 'Namespace/', '*', 'everything'])
    assert.match(refusal({ 'prune-allow': line }), /`prune-allow`: ".*"/)
})

test('a prune limit is a number, a percentage, or both', () => {
  const most = (text: string) => policy({ 'prune-limit': text }).prune.most
  assert.equal(most(''), undefined)
  assert.deepEqual(most('25'), { objects: 25, percent: 0 })
  assert.deepEqual(most('50%'), { objects: 0, percent: 50 })
  assert.deepEqual(most('25 50%'), { objects: 25, percent: 50 })
  assert.deepEqual(most('0'), { objects: 0, percent: 0 })
  for (const text of ['all', '-1', '101%', '50% 25', '1.5'])
    assert.match(refusal({ 'prune-limit': text }), /`prune-limit`: ".*"/)
})

test('durations need a unit', () => {
  assert.equal(policy({ timeout: '90s' }).timeoutMs, 90_000)
  assert.equal(policy({ 'lock-timeout': '1h' }).lockTimeoutMs, 3_600_000)
  for (const text of ['10', '10 m', '0s', 'soon', '1.5m', '-1m'])
    assert.match(refusal({ timeout: text }), /`timeout`: ".*" is not a duration/)
})

test('allowed targets and other sets are names, one per line', () => {
  const { allowed, adoptFrom } = policy({
    ...{ 'allowed-namespaces': 'shop\nweb', 'allowed-kinds': 'Deployment.apps\nConfigMap' },
    'adopt-from': 'fairlead/old\napplyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1',
  })
  assert.deepEqual(allowed, { namespaces: ['shop', 'web'], kinds: ['Deployment.apps', 'ConfigMap'] })
  assert.equal(adoptFrom.length, 2)
  assert.match(refusal({ 'allowed-namespaces': 'shop-*' }), /`allowed-namespaces`: "shop-\*"/)
  assert.match(refusal({ 'allowed-kinds': 'deployments' }), /`allowed-kinds`: "deployments".*`Deployment`/)
  assert.match(refusal({ 'adopt-from': 'old' }), /`adopt-from`: "old".*`NAMESPACE\/NAME`/)
})

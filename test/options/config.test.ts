import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import { readRunner } from '../../src/github/runner.ts'
import { formatHint } from '../../src/hint.ts'
import { readConfig } from '../../src/options/config.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import type { RemoteConfig } from '../../src/source/source-config.ts'

const kubeconfig = 'apiVersion: v1\nkind: Config\nclusters: []\nusers: [{name: u, user: {token: cluster-token-1}}]\n'
const runner = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'owner/config',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_EVENT_NAME: 'push',
  GITHUB_WORKSPACE: '/work/space',
  RUNNER_TEMP: '/tmp',
  RUNNER_TOOL_CACHE: '/tools',
  KUBECONFIG: '/home/me/cloud-config',
  INPUT_TOKEN: 'default:workflow-token',
}

function config(inputs: Record<string, string> = {}, environment: Record<string, string | undefined> = {}) {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readConfig(readRunner({ ...runner, ...environment, ...Object.fromEntries(variables) }, 'linux'))
}

function source(inputs: Record<string, string>, environment?: Record<string, string>): RemoteConfig {
  const { source } = config(inputs, environment)
  assert.ok(source.kind === 'remote')
  return source
}

function refusals(inputs: Record<string, string>, environment?: Record<string, string | undefined>): string[] {
  try {
    config(inputs, environment)
  } catch (error) {
    assert.ok(error instanceof Failure)
    for (const problem of error.problems) assert.equal(problem.code, 'E-INPUT')
    return error.problems.map(({ message, hint: next }) => `${message} ${formatHint(next ?? '')}`)
  }
  return assert.fail(`accepted ${JSON.stringify(inputs)}`)
}

const basic = (token: string) => `basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`

test('by default the workflow’s own repository is read at the commit of the run, with the workflow’s token', () => {
  const { source, sets, readLimits, cluster } = config()
  assert.deepEqual(source, {
    kind: 'remote',
    transport: 'https',
    url: 'https://github.com/owner/config',
    ref: { kind: 'commit', sha: 'a'.repeat(40) },
    authorization: basic('workflow-token'),
  })
  assert.equal(sets.length, 1)
  assert.deepEqual(sets[0].scope, { paths: [''], include: [], exclude: [] })
  assert.deepEqual(readLimits, DEFAULT_LIMITS)
  assert.deepEqual(cluster, { kubeconfig: { kind: 'files', paths: '/home/me/cloud-config' } })
})

test('the config is deeply frozen', () => {
  const frozen = config()
  assert.throws(() => Object.assign(frozen.source, { url: 'x' }), TypeError)
  assert.throws(() => Object.assign(frozen.cluster.kubeconfig, { kind: 'x' }), TypeError)
})

test('`repository` accepts its documented forms only', () => {
  assert.equal(source({ repository: 'other/repo' }).url, 'https://github.com/other/repo')
  assert.equal(
    source({ repository: 'other/repo' }, { GITHUB_SERVER_URL: 'https://ghe.example.com' }).url,
    'https://ghe.example.com/other/repo',
  )
  assert.equal(source({ repository: 'https://gitlab.com/a/b/c.git' }).transport, 'https')
  assert.equal(source({ repository: 'ssh://git@host:2222/a/b' }).transport, 'ssh')
  assert.equal(source({ repository: 'git@github.com:a/b.git' }).transport, 'ssh')
  assert.equal(source({ repository: 'git@host:/srv/a.git' }).transport, 'ssh')
  const rendered = config({ repository: './rendered' }).source
  assert.ok(rendered.kind === 'local')
  const { upstream, ...folder } = rendered
  const path = { kind: 'local', path: '/work/space/rendered', workspacePath: 'rendered' }
  assert.deepEqual(folder, { ...path, ref: { kind: 'default' } })
  assert.equal(upstream?.url, 'https://github.com/owner/config') // of which it may be a checkout
  const bad = [
    'ext::sh -c id',
    'file:///etc',
    'git://host/x',
    'http://github.com/a/b',
    '-u',
    '--upload-pack=x',
    'ssh://-oProxyCommand=x/y',
    'https://user:secret-in-url@host/x',
    'https:///x',
    'a/b/c',
    'a',
    '../up',
    '~/home',
    'git@-host:x',
    'a/..',
    'ssh://u:pw@h/x',
    'https://h/x?y=1',
    'a\nb/c',
  ]
  for (const repository of bad) {
    const [message = ''] = refusals({ repository })
    assert.match(message, /`repository`/, repository)
    assert.doesNotMatch(message, /secret-in-url/)
  }
})

test('plain http is accepted for the run’s own server only', () => {
  assert.equal(
    source({ repository: 'http://ghe.internal/a/b' }, { GITHUB_SERVER_URL: 'http://ghe.internal' }).url,
    'http://ghe.internal/a/b',
  )
  assert.equal(refusals({ repository: 'http://elsewhere/a/b' }, { GITHUB_SERVER_URL: 'http://ghe.internal' }).length, 1)
})

test('the workflow’s token is sent to the run’s own server only, an explicit token to any server', () => {
  assert.equal(source({ repository: 'https://gitlab.com/a/b' }).authorization, undefined)
  assert.equal(source({ repository: 'https://github.com.other.example/a/b' }).authorization, undefined)
  assert.equal(source({ repository: 'https://gitlab.com/a/b', token: 'given' }).authorization, basic('given'))
  assert.equal(source({ token: '' }).authorization, undefined)
  assert.equal(source({ repository: 'git@github.com:a/b' }).authorization, undefined)
})

test('a ref is a branch, a tag or a full commit id', () => {
  assert.deepEqual(source({ ref: 'release/1.2' }).ref, { kind: 'name', name: 'release/1.2' })
  assert.deepEqual(source({ ref: 'B'.repeat(40) }).ref, { kind: 'commit', sha: 'b'.repeat(40) })
  assert.deepEqual(source({ repository: 'other/repo' }).ref, { kind: 'default' })
  assert.deepEqual(source({ repository: 'Owner/Config' }).ref, { kind: 'commit', sha: 'a'.repeat(40) })
  for (const ref of [
    '--output=x',
    '-h',
    'a..b',
    '@{-1}',
    'HEAD^{/x}',
    'refs/../x',
    'a b',
    'a:b',
    '/a',
    'a//b',
    'a.lock',
    '.a',
    'a/.b',
    'a.',
    'a\u0007b',
    '@',
  ]) {
    assert.match(refusals({ ref })[0] ?? '', /`ref`/, ref)
  }
})

test('paths are normalised and must be inside the repository', () => {
  assert.deepEqual(config({ path: './deploy//prod/\n\n  apps \n.' }).sets[0].scope.paths, ['deploy/prod', 'apps', ''])
  for (const path of ['../x', 'a/../../x', '/etc', '~', 'C:\\x', 'a\u0000b'])
    assert.match(refusals({ path })[0] ?? '', /`path`/, path)
})

test('include and exclude are patterns, one per line', () => {
  const { scope } = config({ include: 'apps/**/*.yaml\n\n  !x.yaml ', exclude: 'charts/' }).sets[0]
  assert.deepEqual(scope, { paths: [''], include: ['apps/**/*.yaml', '!x.yaml'], exclude: ['charts/'] })
})

test('limits are set one per line, sizes with their unit', () => {
  const { readLimits } = config({ 'read-limits': 'file-size=10MiB\n total-size = 1GiB\ndocuments=7' })
  const expected = { 'file-size': 10 * 2 ** 20, 'total-size': 2 ** 30, documents: 7 }
  assert.deepEqual(readLimits, { ...DEFAULT_LIMITS, ...expected })
  for (const [line, reason] of [
    ['file-size=10', /a size with a unit/],
    ['file-size=10MB', /a size with a unit/],
    ['depth=10MiB', /a positive integer/],
    ['depth=0', /a positive integer/],
    ['depth', /a positive integer/],
    ['nodes=1,000,000', /a positive integer/],
    ['file-size=1.5MiB', /a size with a unit/],
    ['width=5', /not a known limit.*file-size, total-size, documents/],
    ['constructor=5', /not a known limit/],
    ['depth=99999999999999999999', /a positive integer/],
  ] as const) {
    assert.match(refusals({ 'read-limits': line })[0] ?? line, reason)
  }
})

test('booleans accept the six spellings of the toolkit of GitHub Actions', () => {
  const cacheDir = (text: string) => source({ 'git-cache': text }).cacheDir
  for (const text of ['true', 'True', 'TRUE']) assert.equal(cacheDir(text), '/tools/fairlead/git-cache')
  for (const text of ['false', 'False', 'FALSE', '']) assert.equal(cacheDir(text), undefined)
  for (const text of ['yes', '1', 'on', 'tRue'])
    assert.match(refusals({ 'git-cache': text })[0] ?? '', /`git-cache`: `.*` is not a boolean/)
})

test('an empty kubeconfig is refused with the likely causes, and there is no fallback', () => {
  const [message = ''] = refusals({ kubeconfig: '' }, { HOME: '/home/me' })
  for (const reason of ['fork', 'Dependabot', 'environment', 'misspelled']) assert.ok(message.includes(reason), reason)
  assert.match(refusals({ kubeconfig: 'env' }, { KUBECONFIG: '' })[0] ?? '', /KUBECONFIG is not set/)
  assert.match(refusals({}, { KUBECONFIG: undefined })[0] ?? '', /KUBECONFIG is not set/)
})

test('a kubeconfig is content, plain or base64-encoded, wrapped or not', () => {
  const expected = { kind: 'content', text: kubeconfig.trim() }
  const encoded = Buffer.from(kubeconfig.trim()).toString('base64')
  assert.deepEqual(config({ kubeconfig }).cluster.kubeconfig, expected)
  assert.deepEqual(config({ kubeconfig: encoded }).cluster.kubeconfig, expected)
  assert.deepEqual(config({ kubeconfig: encoded.replaceAll(/(.{20})/g, '$1\n') }).cluster.kubeconfig, expected)
  for (const other of ['/home/me/.kube/config', 'aGVsbG8=', '{}', 'no'])
    assert.match(refusals({ kubeconfig: other })[0] ?? '', /neither `env` nor the content/)
})

test('secret options are listed as secrets', () => {
  const { secrets } = config({
    kubeconfig,
    'ssh-key': 'PRIVATE',
    repository: 'git@github.com:a/b',
    token: 'given-token',
  })
  for (const secret of ['given-token', 'PRIVATE', basic('given-token').slice(6)])
    assert.ok(secrets.includes(secret), secret)
})

test('an unmerged commit is applied only with an explicit mode', () => {
  for (const event of ['pull_request', 'pull_request_target', 'pull_request_review', 'merge_group']) {
    assert.equal(config({}, { GITHUB_EVENT_NAME: event }).sets[0].policy.mode, 'plan')
    assert.equal(config({ mode: 'apply' }, { GITHUB_EVENT_NAME: event }).sets[0].policy.mode, 'apply')
  }
  assert.equal(config({}, { GITHUB_EVENT_NAME: 'schedule' }).sets[0].policy.mode, 'apply')
})

test('invalid digests, names, modes and parallelisms are refused', () => {
  const digest = `sha256:${'0'.repeat(64)}`
  assert.equal(config({ 'plan-digest': digest }).sets[0].policy.planDigest, digest)
  assert.match(refusals({ 'plan-digest': 'abc' })[0] ?? '', /`plan-digest`/)
  for (const name of ['Upper', 'a_b', '-a', 'a'.repeat(64)]) assert.match(refusals({ name })[0] ?? '', /`name`: ".*"/)
  assert.match(refusals({ 'inventory-namespace': 'a.b' })[0] ?? '', /`inventory-namespace`: "a.b"/)
  assert.equal(config({ parallelism: '1' }).sets[0].policy.parallelism, 1)
  for (const parallelism of ['0', '33', '1.5', 'all'])
    assert.match(refusals({ parallelism })[0] ?? '', /`parallelism`: .* from 1 to 32/)
  assert.match(refusals({ mode: 'destroy' })[0] ?? '', /`destroy`.*`apply` or `plan`/)
})

test('the name of a set depends on the repository, the paths and the namespace only', () => {
  const name = (inputs: Record<string, string>, env: Record<string, string> = {}) =>
    config(inputs, env).sets[0].inventory.name
  const base = name({ path: 'deploy/prod' })
  assert.match(base, /^[a-z0-9-]+-deploy-prod-[0-9a-f]{10}$/)
  assert.equal(name({ path: './deploy//prod/' }), base)
  assert.equal(name({ path: 'b\na' }), name({ path: 'a\nb' }))
  const others = [
    { path: 'deploy' },
    { path: 'deploy/prod', namespace: 'x' },
    { repository: 'a/b', path: 'deploy/prod' },
  ]
  assert.equal(new Set([base, ...others.map((inputs) => name(inputs))]).size, 4)
  assert.equal(name({ name: 'web' }), 'web')
  assert.equal(name({ repository: '/tmp/x1/rendered' }), name({ repository: '/tmp/x2/rendered' }))
  assert.ok(name({ path: 'x'.repeat(300) }).length <= 63)
})

test('the namespace of the inventory is an option, by default that of the objects', () => {
  assert.equal(config({}).sets[0].inventory.namespace, 'fairlead')
  assert.equal(config({ namespace: 'shop' }).sets[0].inventory.namespace, 'shop')
  assert.equal(config({ namespace: 'shop', 'inventory-namespace': 'ops' }).sets[0].inventory.namespace, 'ops')
})

test('an invalid server URL is refused, and an empty temporary folder has a default', () => {
  assert.match(refusals({}, { GITHUB_SERVER_URL: 'not a url' })[0] ?? '', /GITHUB_SERVER_URL/)
  assert.equal(config({}, { RUNNER_TEMP: '' }).tempDir, '/tmp')
})

test('Windows is refused', () => {
  assert.throws(() => readRunner(runner, 'win32'), /Windows/)
})

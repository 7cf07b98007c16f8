import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation } from '../../../src/diagnostics.ts'
import { readManifests } from '../../../src/manifests/read-file.ts'
import { DEFAULT_OPTIONS } from '../../../src/object/annotations/manifest-options.ts'
import { formatId } from '../../../src/object/object-id.ts'
import { DEFAULT_LIMITS } from '../../../src/read-limits.ts'

const DEPENDS_ON = 'config.kubernetes.io/depends-on'
const OURS = 'fairlead.dev/depends-on'
const WAVE = 'argocd.argoproj.io/sync-wave'
const HOOK = 'argocd.argoproj.io/hook'
const POLICY = 'argocd.argoproj.io/hook-delete-policy'

const read = (annotation: string, value: string) =>
  readManifests(
    'f.yaml',
    Buffer.from(`apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    ${annotation}: '${value}'\n`),
    DEFAULT_LIMITS,
  )
const directives = (annotation: string, value: string) => {
  const { manifests, problems } = read(annotation, value)
  assert.deepEqual(problems, [])
  return manifests[0]?.options ?? DEFAULT_OPTIONS
}

const dependencies: [string, string, string[]][] = [
  ['one in a namespace', 'apps/namespaces/ns/Deployment/x', ['Deployment ns/x']],
  ['one without a namespace', 'rbac.authorization.k8s.io/ClusterRole/x', ['ClusterRole x']],
  ['the core group, as a leading slash', '/namespaces/ns/Pod/x', ['Pod ns/x']],
  ['a Namespace', '/Namespace/x', ['Namespace x']],
  ['surrounding white space', ' apps/namespaces/ns/Deployment/x ', ['Deployment ns/x']],
  ['several, separated by commas', '/namespaces/ns/Pod/x, /namespaces/ns/Pod/y', ['Pod ns/x', 'Pod ns/y']],
  ['a name with a colon', 'rbac.authorization.k8s.io/ClusterRole/system:x', ['ClusterRole system:x']],
]
for (const [what, value, expected] of dependencies) {
  test(`depends-on: ${what}`, () => {
    for (const annotation of [DEPENDS_ON, OURS]) {
      assert.deepEqual(
        directives(annotation, value).ordering.dependsOn.map(({ id }) => formatId(id)),
        expected,
      )
    }
  })
}

const waves: [string, number][] = [
  ['0', 0],
  ['5', 5],
  ['-1', -1],
  ['+2', 2],
  ['007', 7],
]
for (const [text, wave] of waves)
  test(`a wave: ${text}`, () => assert.equal(directives(WAVE, text).ordering.wave, wave))

test('without annotations there is neither a wave nor a hook nor a dependency', () => {
  const { ordering, hook } = directives('a', 'b')
  assert.deepEqual(ordering, { dependsOn: [], wave: undefined })
  assert.deepEqual(hook, { phase: undefined, deletePolicies: [] })
})

const hooks: [string, string][] = [
  ['PreSync', 'PreSync'],
  ['Sync', 'Sync'],
  ['PostSync', 'PostSync'],
  [' PreSync ', 'PreSync'],
  ['Sync,Sync', 'Sync'],
  ['Skip,PreSync', 'PreSync'],
  ['SyncFail,PostSync', 'PostSync'],
]
for (const [text, hook] of hooks) test(`a hook: ${text}`, () => assert.equal(directives(HOOK, text).hook.phase, hook))

const malformed: [string, string, string, RegExp][] = [
  ['an empty dependency', DEPENDS_ON, '', /^`config\.kubernetes\.io\/depends-on` has an empty entry\.$/],
  [
    'a dependency with two fields',
    OURS,
    'Deployment/x',
    /`Deployment\/x` in `fairlead\.dev\/depends-on` is not a reference/,
  ],
  ['a dependency with four fields', DEPENDS_ON, 'apps/ns/Deployment/x', /is not a reference/],
  ['a dependency with six fields', DEPENDS_ON, 'apps/v1/namespaces/ns/Deployment/x', /is not a reference/],
  ['a dependency with a misspelt `namespaces`', DEPENDS_ON, 'apps/namespace/ns/Deployment/x', /is not a reference/],
  ['a dependency without a name', DEPENDS_ON, 'apps/namespaces/ns/Deployment/', /is not a reference/],
  ['a comma at the end', DEPENDS_ON, '/Namespace/x,', /has an empty entry/],
  ['the same dependency twice', DEPENDS_ON, '/Namespace/x, /Namespace/x', /names `\/Namespace\/x` twice/],
  ['a wave that is not a number', WAVE, 'first', /`argocd\.argoproj\.io\/sync-wave` must be an integer/],
  ['an empty wave', WAVE, '', /must be an integer/],
  ['a wave with a fraction', WAVE, '1.5', /must be an integer/],
  ['a misspelt hook', HOOK, 'presync', /`argocd\.argoproj\.io\/hook` has no value `presync`/],
  ['a good hook beside a misspelt one', HOOK, 'Sync,Garbage', /has no value `Garbage`/],
  ['a hook of two phases', HOOK, 'PreSync,PostSync', /runs in PreSync and PostSync/],
  ['a misspelt policy', POLICY, 'HookSucceded', /has no value `HookSucceded`/],
]
for (const [what, annotation, value, message] of malformed) {
  test(`rejected with its line: ${what}`, () => {
    const [problem, ...others] = read(annotation, value).problems
    assert.deepEqual([problem?.code, formatLocation(problem?.location), others.length], ['E-OBJECT', 'f.yaml:6:5', 0])
    assert.match(problem?.message ?? '', message)
    assert.notEqual(problem?.hint ?? '', '')
  })
}

test('a hook for an unsupported phase is left out, with a warning at its line', () => {
  for (const hook of ['SyncFail', 'PreDelete', 'PostDelete']) {
    const { manifests, skipped, warnings } = read(HOOK, hook)
    assert.deepEqual(manifests, [])
    assert.deepEqual(
      skipped.map(({ reason }) => reason),
      [`it is a hook for ${hook}, and those are not run`],
    )
    assert.deepEqual(
      warnings.map((warning) => `${formatLocation(warning.location)} ${warning.message}`),
      [`f.yaml:6:5 Hooks for ${hook} are not run.`],
    )
  }
})

test('a Helm hook without a supported phase is left out, with a warning', () => {
  for (const hook of ['pre-delete', 'test', 'post-rollback,post-delete']) {
    const { manifests, skipped, warnings } = read('helm.sh/hook', hook)
    assert.deepEqual([manifests.length, skipped.length, warnings.length], [0, 1, 1], hook)
  }
  assert.equal(read('helm.sh/hook', 'pre-delete,pre-install').manifests.length, 1)
})

test('an object with the hook Skip is left out without a warning', () => {
  const { manifests, skipped, warnings } = read(HOOK, 'Skip')
  assert.deepEqual([manifests.length, skipped.length, warnings.length], [0, 1, 0])
})

test('an annotation that Fairlead treats differently from its tool causes a warning at its line', () => {
  const messagesOf = (annotation: string, value: string) =>
    read(annotation, value).warnings.map(({ message }) => message)
  assert.match(messagesOf('helm.sh/hook', 'post-install').join(), /Hooks of Helm are applied like any other object/)
  assert.deepEqual(messagesOf(POLICY, 'HookSucceeded'), [])
})

test('an annotation of Fairlead or of Argo CD excludes an object from the wait', () => {
  const isAwaited = (annotation: string, value: string) => directives(annotation, value).isAwaited
  assert.equal(isAwaited('fairlead.dev/wait', 'false'), false)
  assert.equal(isAwaited('fairlead.dev/wait', 'true'), true)
  assert.equal(isAwaited('argocd.argoproj.io/ignore-healthcheck', 'true'), false)
  assert.equal(isAwaited('argocd.argoproj.io/ignore-healthcheck', 'false'), true)
  assert.equal(isAwaited('other', ''), true)
  const [problem] = read('fairlead.dev/wait', 'no').problems
  assert.equal(problem?.message, '`fairlead.dev/wait` must be "true" or "false".')
  assert.equal(formatLocation(problem?.location), 'f.yaml:6:5')
})

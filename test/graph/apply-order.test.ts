import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLocation } from '../../src/diagnostics.ts'
import { sortForApply, summarizeKinds } from '../../src/graph/apply-order.ts'
import { cutIntoStages, nodesWaitedFor } from '../../src/graph/stages.ts'
import { formatId, objectKey } from '../../src/object/object-id.ts'
import { names, setOf } from './sets.ts'

/** An object with annotations, in YAML. */
const object = (kind: string, name: string, annotations: Record<string, string> = {}, more = '') => {
  const [version, word] = kind.split(' ')
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: '${value}'\n`)
  const block = lines.length === 0 ? '' : `  annotations:\n${lines.join('')}`
  return `---\napiVersion: ${version}\nkind: ${word}\nmetadata:\n  name: ${name}\n${block}${more}`
}
const map = (name: string, annotations: Record<string, string> = {}, more = '') =>
  object('v1 ConfigMap', name, annotations, more)
const to = (...targets: string[]) => ({
  'fairlead.dev/depends-on': targets.map((name) => `/namespaces/default/ConfigMap/${name}`).join(),
})
const wave = (number: number) => ({ 'argocd.argoproj.io/sync-wave': String(number) })
const hook = (phase: string) => ({ 'argocd.argoproj.io/hook': phase })
const definition = (annotations: Record<string, string> = {}) =>
  object(
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    'widgets.example.com',
    annotations,
    'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}]}\n',
  )
const job = (name: string, annotations: Record<string, string> = {}) =>
  object('batch/v1 Job', name, annotations, 'spec: {template: {spec: {containers: [{name: c, image: i}]}}}\n')

const sequence = (yaml: string) => {
  const order = sortForApply(setOf(yaml))
  assert.deepEqual(order.problems, [])
  return names(order).map((name) => name.replace('default/', ''))
}

/** The names of the objects in each stage, where the named ones are pending; all that others may wait for by default. */
function stages(yaml: string, pending?: readonly string[]): string[][] {
  const order = sortForApply(setOf(yaml))
  const waited = nodesWaitedFor(order).filter((index) => {
    const node = order.graph.nodes[index]
    return node?.kind === 'object' && (pending?.includes(node.manifest.id.name) ?? true)
  })
  return cutIntoStages(order, new Set(waited)).map(({ manifests }) => manifests.map(({ id }) => id.name))
}

const ladder = `
${object('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', 'hook')}
${object('example.com/v1 Widget', 'resource', {}, '  namespace: home\n')}
${object('apps/v1 Deployment', 'workload', {}, '  namespace: home\n')}
${definition()}
${map('settings', {}, '  namespace: home\n')}
${object('rbac.authorization.k8s.io/v1 RoleBinding', 'binding', {}, '  namespace: home\n')}
${object('rbac.authorization.k8s.io/v1 Role', 'role', {}, '  namespace: home\n')}
${object('v1 ServiceAccount', 'account', {}, '  namespace: home\n')}
${object('v1 Namespace', 'home')}`

test('where the graph leaves a choice, objects come in kind order', () => {
  assert.deepEqual(sequence(ladder), [
    'Namespace home',
    'CustomResourceDefinition widgets.example.com',
    'ServiceAccount home/account',
    'Role home/role',
    'RoleBinding home/binding',
    'ConfigMap home/settings',
    'Deployment home/workload',
    'Widget.example.com home/resource',
    'ValidatingWebhookConfiguration hook',
  ])
})

test('the summary of a sequence lists kinds in order of first appearance', () => {
  assert.equal(
    summarizeKinds(sortForApply(setOf(`${map('b')}${object('v1 Namespace', 'home')}${map('a')}`)).sequence),
    '1 Namespace, 2 ConfigMap',
  )
})

const orders: Record<string, [string, string[]]> = {
  nothing: ['', []],
  'names, where nothing else decides': [map('b') + map('a'), ['ConfigMap a', 'ConfigMap b']],
  'one after the other': [map('a', to('b')) + map('b'), ['ConfigMap b', 'ConfigMap a']],
  'a chain': [map('a', to('b')) + map('b', to('c')) + map('c'), ['ConfigMap c', 'ConfigMap b', 'ConfigMap a']],
  'two after one': [map('a', to('c')) + map('b', to('c')) + map('c'), ['ConfigMap c', 'ConfigMap a', 'ConfigMap b']],
  'against the order of kinds': [
    object('v1 Service', 'web', { 'fairlead.dev/depends-on': 'batch/namespaces/default/Job/first' }) + job('first'),
    ['Job first', 'Service web'],
  ],
  waves: [map('a', wave(1)) + map('b') + map('c', wave(-1)), ['ConfigMap c', 'ConfigMap b', 'ConfigMap a']],
  'waves before kinds': [object('v1 Namespace', 'home', wave(1)) + job('j', wave(0)), ['Job j', 'Namespace home']],
  'phases before waves': [
    map('a', { ...hook('PostSync'), ...wave(-9) }) + map('b', wave(5)) + map('c', { ...hook('PreSync'), ...wave(9) }),
    ['ConfigMap c', 'ConfigMap b', 'ConfigMap a'],
  ],
  'waves within a phase': [
    map('a', { ...hook('PreSync'), ...wave(2) }) +
      map('b', { ...hook('PreSync'), ...wave(1) }) +
      map('c', hook('Sync')),
    ['ConfigMap b', 'ConfigMap a', 'ConfigMap c'],
  ],
  'a Namespace without a wave goes with the first that lives in it': [
    map('a', wave(-1), '  namespace: home\n') + object('v1 Namespace', 'home') + map('b'),
    ['Namespace home', 'ConfigMap home/a', 'ConfigMap b'],
  ],
  'what a hook reads goes with it, and what that lives in': [
    object(
      'batch/v1 Job',
      'j',
      hook('PreSync'),
      '  namespace: home\nspec: {template: {spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: z}}]}]}}}\n',
    ) +
      map('z', {}, '  namespace: home\n') +
      map('a', {}, '  namespace: home\n') +
      object('v1 Namespace', 'home'),
    ['Namespace home', 'ConfigMap home/z', 'Job home/j', 'ConfigMap home/a'],
  ],
}
for (const [what, [yaml, expected]] of Object.entries(orders)) {
  test(`in order: ${what}`, () => {
    assert.deepEqual(sequence(yaml), expected)
    assert.deepEqual(sequence(yaml.split('---\n').toReversed().join('---\n')), expected)
  })
}

test('a definition whose wave is later than that of its resources is applied with them, with a warning', () => {
  const { warnings, ...order } = sortForApply(
    setOf(definition(wave(5)) + object('example.com/v1 Widget', 'w', wave(0)) + map('a', wave(2))),
  )
  assert.deepEqual(names(order), [
    'CustomResourceDefinition widgets.example.com',
    'Widget.example.com default/w',
    'ConfigMap default/a',
  ])
  assert.deepEqual(
    warnings.map(({ object: name, message, location }) => `${formatLocation(location)} ${name}: ${message}`),
    [
      'set.yaml:2 CustomResourceDefinition widgets.example.com: It requests wave 5, but objects in wave 0 need it, so it is applied there.',
    ],
  )
})

test('a wave that puts an object before what it reads is kept, with a warning that has the reason', () => {
  const reader = object(
    'v1 Pod',
    'p',
    wave(0),
    'spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: env}}]}]}\n',
  )
  const { warnings, dropped, ...order } = sortForApply(setOf(map('env', wave(1)) + reader))
  assert.deepEqual(names(order), ['Pod default/p', 'ConfigMap default/env'])
  assert.equal(dropped.length, 1)
  assert.equal(
    warnings[0]?.message,
    'Pod default/p reads ConfigMap default/env in spec.containers[0].envFrom[0], but it is applied first:\n- ConfigMap default/env (set.yaml:2): wave 1 follows wave 0',
  )
})

const cycles: Record<string, [string, string[]]> = {
  'two that depend on each other': [
    map('a', to('b')) + map('b', to('a')),
    [
      '- ConfigMap default/b (set.yaml:9): ConfigMap default/b depends on ConfigMap default/a in metadata.annotations.fairlead.dev/depends-on',
      '- ConfigMap default/a (set.yaml:2): ConfigMap default/a depends on ConfigMap default/b in metadata.annotations.fairlead.dev/depends-on',
    ],
  ],
  'one that depends on itself': [
    map('a', to('a')),
    [
      '- ConfigMap default/a (set.yaml:2): ConfigMap default/a depends on ConfigMap default/a in metadata.annotations.fairlead.dev/depends-on',
    ],
  ],
  'a Namespace that depends on what lives in it': [
    object('v1 Namespace', 'home', { 'config.kubernetes.io/depends-on': '/namespaces/home/ConfigMap/a' }) +
      map('a', {}, '  namespace: home\n'),
    [
      '- ConfigMap home/a (set.yaml:9): ConfigMap home/a lives in Namespace home',
      '- Namespace home (set.yaml:2): Namespace home depends on ConfigMap home/a in metadata.annotations.config.kubernetes.io/depends-on',
    ],
  ],
  'a dependency against the waves': [
    map('a', { ...wave(0), ...to('b') }) + map('b', wave(1)),
    [
      '- ConfigMap default/b (set.yaml:10): wave 1 follows wave 0',
      '- ConfigMap default/a (set.yaml:2): ConfigMap default/a depends on ConfigMap default/b in metadata.annotations.fairlead.dev/depends-on',
    ],
  ],
}
for (const [what, [yaml, lines]] of Object.entries(cycles)) {
  test(`a cycle stops the run with its reasons: ${what}`, () => {
    const [problem, ...others] = sortForApply(setOf(yaml)).problems
    assert.deepEqual([problem?.code, others.length], ['E-ORDER', 0])
    assert.deepEqual(problem?.message.split('\n').slice(1), lines)
  })
}

test('a cycle through several waves names only the objects that form it', () => {
  const { problems } = sortForApply(
    setOf(map('a', { ...wave(0), ...to('d') }) + map('b', wave(1)) + map('c', wave(2)) + map('d', wave(3))),
  )
  assert.match(
    problems[0]?.message ?? '',
    /^Dependency cycle: ConfigMap default\/a, ConfigMap default\/d, ConfigMap default\/a\.\n/,
  )
})

test('an object that a hook only reads is not moved to its wave if that is impossible, and no soft edge closes a cycle', () => {
  const reader = object(
    'batch/v1 Job',
    'migrate',
    hook('PreSync'),
    'spec: {template: {spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: db}}]}]}}}\n',
  )
  const { problems, warnings, ...order } = sortForApply(setOf(reader + map('db', to('vault')) + map('vault', wave(-1))))
  assert.deepEqual(problems, [])
  assert.deepEqual(names(order), ['Job default/migrate', 'ConfigMap default/vault', 'ConfigMap default/db'])
  assert.match(
    warnings[0]?.message ?? '',
    /^Job default\/migrate reads ConfigMap default\/db in .*, but it is applied first:/,
  )
})

test('of many-to-many edges only the pair is dropped that contradicts the rest', () => {
  const quota = (name: string, annotations: Record<string, string>) => object('v1 ResourceQuota', name, annotations)
  const pod = (name: string) => object('v1 Pod', name, wave(0), 'spec: {containers: [{name: c, image: i}]}\n')
  const early = quota('early', { 'fairlead.dev/depends-on': 'example.com/namespaces/default/Widget/w' })
  const order = sortForApply(
    setOf(quota('late', wave(1)) + early + object('example.com/v1 Widget', 'w') + pod('a') + pod('b')),
  )
  assert.deepEqual(names(order), [
    'Widget.example.com default/w',
    'ResourceQuota default/early',
    'Pod default/a',
    'Pod default/b',
    'ResourceQuota default/late',
  ])
  assert.equal(order.dropped.length, 2)
})

test('each of several cycles is reported, of a component only the shortest', () => {
  const { problems } = sortForApply(
    setOf(map('a', to('b')) + map('b', to('c', 'a')) + map('c', to('a')) + map('x', to('z')) + map('z', to('x'))),
  )
  assert.deepEqual(
    problems.map(({ object: name, message }) => [name, message.split('\n').length - 1]),
    [
      ['ConfigMap default/a', 2],
      ['ConfigMap default/x', 2],
    ],
  )
})

test('soft edges that contradict each other are dropped by rule, the weaker first, without a warning', () => {
  const resource = (name: string, other: string) =>
    object('example.com/v1 Widget', name, {}, `spec: {otherRef: {kind: Widget, name: ${other}}}\n`)
  const { dropped, warnings, problems, ...order } = sortForApply(setOf(resource('a', 'b') + resource('b', 'a')))
  assert.deepEqual(names(order), ['Widget.example.com default/a', 'Widget.example.com default/b'])
  assert.deepEqual([dropped.length, warnings, problems], [1, [], []])
})

test('an explicit dependency wins over a soft one', () => {
  const pod = object(
    'v1 Pod',
    'p',
    {},
    'spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: env}}]}]}\n',
  )
  const { dropped, ...order } = sortForApply(
    setOf(pod + map('env', { 'fairlead.dev/depends-on': '/namespaces/default/Pod/p' })),
  )
  assert.deepEqual(names(order), ['Pod default/p', 'ConfigMap default/env'])
  assert.equal(dropped.length, 1)
})

test('a dependency that is not in the set is a node of its own', () => {
  const { graph, problems } = sortForApply(setOf(map('a', to('b'))))
  assert.deepEqual(problems, [])
  assert.deepEqual(
    graph.nodes.map((node) => (node.kind === 'external' ? formatId(node.id) : node.kind)),
    ['object', 'ConfigMap default/b'],
  )
})

const cuts: Record<string, [string, readonly string[] | undefined, string[][]]> = {
  'one stage without anything to wait for': [map('a', wave(1)) + map('b'), [], [['b', 'a']]],
  'one stage where nothing of a wave is pending': [job('a', wave(1)) + job('b'), [], [['b', 'a']]],
  'a stage for each wave with something to wait for': [
    job('a', wave(2)) + job('b', wave(1)) + map('c') + map('d', wave(3)),
    ['a'],
    [['c', 'b', 'a'], ['d']],
  ],
  'what does not depend on a pending object does not wait for it': [
    map('x', to('a')) + map('a') + map('z'),
    ['a'],
    [['a', 'z'], ['x']],
  ],
  'definitions and their resources, with what the server asks late': [
    definition() +
      object('example.com/v1 Widget', 'w') +
      map('a') +
      object('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', 'hook'),
    undefined,
    [
      ['widgets.example.com', 'a'],
      ['w', 'hook'],
    ],
  ],
  'a definition that stays as it is': [
    definition() + object('example.com/v1 Widget', 'w'),
    [],
    [['widgets.example.com', 'w']],
  ],
}
for (const [what, [yaml, pending, expected]] of Object.entries(cuts)) {
  test(`in stages: ${what}`, () => assert.deepEqual(stages(yaml, pending), expected))
}

test('a stage awaits what its own objects need, not what later ones need', () => {
  const order = sortForApply(setOf(map('x', to('a')) + map('z', to('x', 'b')) + map('a') + map('b')))
  const index = (name: string) =>
    order.graph.nodes.findIndex((node) => node.kind === 'object' && node.manifest.id.name === name)
  const cut = cutIntoStages(order, new Set(nodesWaitedFor(order)))
  assert.deepEqual(
    cut.map(({ awaits }) => awaits),
    [[], [index('a')], [index('b'), index('x')]],
  )
})

test('all objects of a set have different keys', () => {
  assert.equal(new Set(setOf(ladder).map(({ id }) => objectKey(id))).size, 9)
})

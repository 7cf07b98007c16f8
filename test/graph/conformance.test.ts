// What other tools' own tests say about order, in our words: where we agree, and where we differ and why. docs/explanation/ordering.md
// has the same as a table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortForApply } from '../../src/graph/apply-order.ts'
import { breakCycles } from '../../src/graph/cycles.ts'
import { deletionOrder } from '../../src/graph/deletion-order.ts'
import type { EdgeRuleName } from '../../src/graph/edge-rules.ts'
import { type Graph, isSoft } from '../../src/graph/graph.ts'
import { cutIntoStages, nodesWaitedFor } from '../../src/graph/stages.ts'
import { setOf } from './sets.ts'

/** An object written as `KIND NAMESPACE/NAME`, with directives behind: `after REFERENCE`, `wave N`, `hook PHASE`. */
function object(text: string): string {
  const [what = '', ...directives] = text.split(';').map((part) => part.trim())
  const [kind = '', place = ''] = what.split(' ')
  const [name = '', namespace = ''] = place.split('/').reverse()
  const annotations = directives.map((directive) => {
    const [word = '', value = ''] = directive.split(' ')
    return `    ${ANNOTATIONS[word]}: '${value}'\n`
  })
  const { apiVersion = 'v1', more = '' } = KINDS[kind] ?? {}
  const block = annotations.length === 0 ? '' : `  annotations:\n${annotations.join('')}`
  const lines = `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${block}`
  return `${lines}${namespace === '' ? '' : `  namespace: ${namespace}\n`}${more}`
}

const ANNOTATIONS: Record<string, string> = {
  after: 'config.kubernetes.io/depends-on',
  wave: 'argocd.argoproj.io/sync-wave',
  hook: 'argocd.argoproj.io/hook',
}

const SPEC = 'spec: {template: {spec: {containers: [{name: c, image: i, envFrom: [{configMapRef: {name: cfg}}]}]}}}\n'
const KINDS: Record<string, { apiVersion: string; more?: string }> = {
  Deployment: { apiVersion: 'apps/v1', more: SPEC },
  Job: { apiVersion: 'batch/v1', more: SPEC },
  Pod: { apiVersion: 'v1', more: 'spec: {containers: [{name: c, image: i}]}\n' },
  Widget: { apiVersion: 'example.com/v1' },
  Issuer: { apiVersion: 'example.com/v1' },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1' },
  ClusterRoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    more: 'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\n',
  },
  PriorityClass: { apiVersion: 'scheduling.k8s.io/v1' },
  CustomResourceDefinition: {
    apiVersion: 'apiextensions.k8s.io/v1',
    more: 'spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true}]}\n',
  },
}

const ordered = (objects: readonly string[]) => sortForApply(setOf(objects.map(object).join('')))
const named = (sequence: readonly { id: { kind: string; namespace: string; name: string } }[]) =>
  sequence.map(
    ({ id }) => `${id.kind} ${id.namespace === '' || id.namespace === 'default' ? '' : `${id.namespace}/`}${id.name}`,
  )

/** The stages of a first run, where all that may have to be waited for has to. */
function stages(objects: readonly string[]): string[][] {
  const order = ordered(objects)
  assert.deepEqual(order.problems, [])
  const cut = cutIntoStages(order, new Set(nodesWaitedFor(order))).map(({ manifests }) => named(manifests))
  return cut.filter((stage) => stage.length > 0)
}

const CRD = 'CustomResourceDefinition widgets.example.com'
const same: Record<string, [readonly string[], string[][]]> = {
  'cli-utils: nothing': [[], []],
  'cli-utils: one object': [['Secret s'], [['Secret s']]],
  'cli-utils: two objects that have nothing to do with each other are one set': [
    ['Deployment d', 'Secret s'],
    [['Secret s', 'Deployment d']],
  ],
  'cli-utils: one that depends on another is a set of its own': [
    ['Deployment d; after /namespaces/default/Secret/s', 'Secret s'],
    [['Secret s'], ['Deployment d']],
  ],
  'cli-utils: a chain of three': [
    ['Deployment d; after /namespaces/default/Secret/s', 'Secret s; after /namespaces/default/Pod/p', 'Pod p'],
    [['Pod p'], ['Secret s'], ['Deployment d']],
  ],
  'cli-utils: two that depend on one share a set': [
    ['Deployment d; after /namespaces/default/Secret/s', 'Pod p; after /namespaces/default/Secret/s', 'Secret s'],
    [['Secret s'], ['Pod p', 'Deployment d']],
  ],
  'cli-utils: a definition and two resources': [
    [CRD, 'Widget b', 'Widget a'],
    [[CRD], ['Widget a', 'Widget b']],
  ],
  'kapp: a definition that nothing uses': [[CRD, 'Secret s'], [[CRD, 'Secret s']]],
  'kapp: a Secret in a namespace that is not in the set': [['Secret team/s'], [['Secret team/s']]],
  'kapp: ConfigMap after Namespace, Deployment after both, Job after the Deployment': [
    [
      'Job team/j; after apps/namespaces/team/Deployment/d',
      'Deployment team/d',
      'ConfigMap team/cfg',
      'Namespace team',
    ],
    [['Namespace team', 'ConfigMap team/cfg', 'Deployment team/d'], ['Job team/j']],
  ],
  'kapp: a ClusterRole before the binding that grants it': [
    ['ClusterRoleBinding b', 'ClusterRole r'],
    [['ClusterRole r', 'ClusterRoleBinding b']],
  ],
  'Argo CD: phases, then waves, then kinds, then names': [
    [
      'ConfigMap pre; hook PreSync',
      'ConfigMap early; wave -1',
      'Widget b',
      'Widget a',
      'Pod p',
      'Service s',
      'PersistentVolume v',
      'ConfigMap c',
      'ConfigMap late; wave 1',
      'ConfigMap post; hook PostSync',
    ],
    [
      ['ConfigMap pre'],
      ['ConfigMap early'],
      ['ConfigMap c', 'PersistentVolume v', 'Service s', 'Pod p', 'Widget a', 'Widget b'],
      ['ConfigMap late'],
      ['ConfigMap post'],
    ],
  ],
  'Argo CD: a resource of an unknown kind comes after its Namespace': [
    ['Issuer team/i', 'Namespace team'],
    [['Namespace team', 'Issuer team/i']],
  ],
  'Argo CD: a definition goes with its resource into an earlier phase': [
    ['Widget w; hook PreSync', CRD, 'Secret s'],
    [[CRD], ['Widget w'], ['Secret s']],
  ],
  'Argo CD: Namespaces go with the hooks that live in them': [
    ['Job red/j; hook PreSync', 'Job blue/j; hook PreSync', 'Namespace red', 'Namespace blue', 'Secret s'],
    [['Namespace blue', 'Namespace red', 'Job blue/j', 'Job red/j'], ['Secret s']],
  ],
}
for (const [what, [objects, expected]] of Object.entries(same)) {
  test(`the same as ${what}`, () => {
    assert.deepEqual(stages(objects), expected)
    assert.deepEqual(stages(objects.toReversed()), expected)
  })
}

const different: Record<string, [readonly string[], string[][]]> = {
  'cli-utils: a Namespace is no set of its own, since a place before its members suffices': [
    ['Deployment team/d', 'Secret team/s', 'Namespace team'],
    [['Namespace team', 'Secret team/s', 'Deployment team/d']],
  ],
  'cli-utils: what is beside a definition and its resources does not wait': [
    [CRD, 'Namespace team', 'Widget team/a', 'Secret s'],
    [['Namespace team', CRD, 'Secret s'], ['Widget team/a']],
  ],
  'Argo CD: equal kinds and names in two namespaces have an order': [
    ['Secret red/s', 'Secret blue/s'],
    [['Secret blue/s', 'Secret red/s']],
  ],
  'Argo CD: a PriorityClass comes before the Pods': [
    ['Pod p', 'PriorityClass high'],
    [['PriorityClass high', 'Pod p']],
  ],
  'Argo CD: what a hook reads goes with it, not only its Namespace': [
    ['Job j; hook PreSync', 'ConfigMap cfg', 'Secret s'],
    [['ConfigMap cfg', 'Job j'], ['Secret s']],
  ],
}
for (const [what, [objects, expected]] of Object.entries(different)) {
  test(`unlike ${what}`, () => assert.deepEqual(stages(objects), expected))
}

const s = '/namespaces/default/Secret/s'
const p = '/namespaces/default/Pod/p'
const d = 'apps/namespaces/default/Deployment/d'
const cycles: Record<string, [readonly string[], number]> = {
  'cli-utils, kapp: two after each other': [[`Secret s; after ${p}`, `Pod p; after ${s}`], 2],
  'cli-utils, kapp: three around': [[`Secret s; after ${p}`, `Pod p; after ${d}`, `Deployment d; after ${s}`], 3],
  'kapp: below an entry that is not part of it': [
    [`Deployment d; after ${s}`, `Secret s; after ${p}`, `Pod p; after ${s}`],
    2,
  ],
  'kapp: after itself': [[`Secret s; after ${s}`], 1],
  'kapp: beside what is in order': [[`Secret s; after ${p}`, `Pod p; after ${s}`, 'ConfigMap fine'], 2],
}
for (const [what, [objects, length]] of Object.entries(cycles)) {
  test(`a cycle is an error as in ${what}`, () => {
    const [problem, ...others] = ordered(objects).problems
    assert.deepEqual([problem?.code, others.length], ['E-ORDER', 0])
    assert.equal(problem?.message.split('\n').length, length + 1)
  })
}

test('kapp: of optional rules the weaker one is dropped where a required one leaves no room for both', () => {
  const nodes = ['namespace', 'config', 'secret'].map((name) => {
    return { kind: 'external' as const, id: { group: '', kind: 'Widget', namespace: '', name } }
  })
  const edge = (from: number, to: number, rule: EdgeRuleName) => ({ from, to, rule, path: [] })
  const required = edge(0, 1, 'namespace')
  const stronger = edge(2, 0, 'reads')
  const weaker = edge(1, 2, 'policy')
  const graph: Graph = { nodes, edges: [weaker, stronger, required], external: [] }
  const { graph: resolved, dropped, cycles: left } = breakCycles(graph)
  assert.deepEqual([resolved.edges, dropped.map((each) => each.edge), left], [[stronger, required], [weaker], []])
  assert.deepEqual(dropped[0]?.against, [stronger, required])
  assert.deepEqual(resolved.edges.map(isSoft), [true, false])
})

const deletions: Record<string, [readonly string[], string[]]> = {
  'cli-utils: the order of apply, mirrored': [
    ['Deployment team/d', 'Secret team/s', 'Namespace team'],
    ['Deployment team/d', 'Secret team/s', 'Namespace team'],
  ],
  'kapp: custom resources before their definition, and that before their controller': [
    [CRD, 'Widget w', 'Deployment controller', 'ServiceAccount sa'],
    ['Widget w', CRD, 'Deployment controller', 'ServiceAccount sa'],
  ],
  'kapp: a ServiceAccount before its own Namespace': [
    ['ServiceAccount team/sa', 'Namespace team', 'Namespace other'],
    ['ServiceAccount team/sa', 'Namespace team', 'Namespace other'],
  ],
  'Argo CD: waves from the last to the first': [
    ['Pod a; wave 1', 'Pod b; wave 2', 'Pod c; wave 3'],
    ['Pod c', 'Pod b', 'Pod a'],
  ],
  'Argo CD: contents before their Namespace': [
    ['ConfigMap team/c', 'Namespace team'],
    ['ConfigMap team/c', 'Namespace team'],
  ],
  'otherwise than Argo CD: a custom resource before its operator, although its wave is the earlier one': [
    [CRD, 'Widget w; wave 0', 'Deployment operator; wave 1'],
    ['Widget w', 'Deployment operator', CRD],
  ],
  'Argo CD: custom resources before the operator that finalizes them, and its rights last': [
    ['ClusterRoleBinding b', 'ClusterRole r', 'Deployment operator', 'Widget w'],
    ['Widget w', 'Deployment operator', 'ClusterRoleBinding b', 'ClusterRole r'],
  ],
}
for (const [what, [objects, expected]] of Object.entries(deletions)) {
  test(`deleted as in ${what}`, () => assert.deepEqual(named(deletionOrder(ordered(objects)).sequence), expected))
}

test('a custom resource is deleted after an object that explicitly depends on it, regardless of its controller', () => {
  const objects = ['Deployment d; after example.com/namespaces/default/Widget/w', 'Widget w', CRD]
  assert.deepEqual(named(deletionOrder(ordered(objects)).sequence), ['Deployment d', 'Widget w', CRD])
})

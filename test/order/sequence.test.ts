import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyOf, kindKeyOf } from '../../src/manifests/manifest.ts'
import type { PlacedManifest } from '../../src/manifests/placement.ts'
import { order, outline, split } from '../../src/order/sequence.ts'

function manifest(kindKey: string, name: string, namespace = '', object: object = {}): PlacedManifest {
  const [group = '', kind = ''] = kindKey.split('/')
  const id = { group, kind, namespace, name }
  return { id, version: 'v1', object: object as PlacedManifest['object'], location: { file: 'f' }, path: keyOf(id) }
}

const definition = (group: string, kind: string) =>
  manifest('apiextensions.k8s.io/CustomResourceDefinition', `${kind}.${group}`, '', {
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true }],
    },
  })

const KINDS = [
  '/Namespace',
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  '/Service',
  '/Pod',
  'apps/Deployment',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  'example.com/Widget',
  'example.com/Gadget',
  'apiregistration.k8s.io/APIService',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
]

const sets = fc.uniqueArray(
  fc.oneof(
    fc
      .record({
        kind: fc.constantFrom(...KINDS),
        name: fc.constantFrom('a', 'b', 'c'),
        namespace: fc.constantFrom('', 'n', 'm'),
      })
      .map(({ kind, name, namespace }) => manifest(kind, name, namespace)),
    fc.constantFrom('Widget', 'Gadget').map((kind) => definition('example.com', kind)),
  ),
  { selector: ({ id }) => keyOf(id), maxLength: 40 },
)

test('Namespaces come before what lives in them, definitions before their resources, webhook configurations last', () => {
  const names = order([
    manifest('admissionregistration.k8s.io/ValidatingWebhookConfiguration', 'hook'),
    manifest('example.com/Widget', 'resource', 'n'),
    manifest('apps/Deployment', 'workload', 'n'),
    definition('example.com', 'Widget'),
    manifest('/ConfigMap', 'settings', 'n'),
    manifest('rbac.authorization.k8s.io/RoleBinding', 'binding', 'n'),
    manifest('rbac.authorization.k8s.io/Role', 'role', 'n'),
    manifest('/ServiceAccount', 'account', 'n'),
    manifest('/Namespace', 'n'),
  ]).map(({ id }) => id.name)
  assert.deepEqual(names, [
    'n',
    'Widget.example.com',
    'account',
    'role',
    'binding',
    'settings',
    'workload',
    'resource',
    'hook',
  ])
})

test('an unknown kind, and one that shares the name of a built-in kind, are custom resources', () => {
  const names = order([manifest('other.io/Namespace', 'custom'), manifest('/Pod', 'pod')]).map(({ id }) => id.name)
  assert.deepEqual(names, ['pod', 'custom'])
})

test('I-02: the order does not depend on the order of the input', () => {
  fc.assert(
    fc.property(sets, fc.infiniteStream(fc.nat()), (set, random) => {
      const shuffled = set
        .map((item) => ({ item, key: random.next().value }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item)
      assert.deepEqual(order(shuffled), order(set))
    }),
  )
})

test('I-05: ordering and splitting lose nothing and invent nothing', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const definitions = set.filter(({ id }) => id.kind === 'CustomResourceDefinition')
      const stages = split(order(set), definitions)
      assert.ok(stages.length <= 2)
      assert.deepEqual(new Set(stages.flatMap((stage) => stage.manifests)), new Set(set))
      assert.equal(stages.flatMap((stage) => stage.manifests).length, set.length)
    }),
  )
})

test('I-01: in the stages of a set, every definition is a stage before its resources, and its Namespace before an object', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const definitions = set.filter(({ id }) => id.kind === 'CustomResourceDefinition')
      const stages = split(order(set), definitions)
      const place = new Map(
        stages.flatMap(({ manifests }, stage) => manifests.map((each, index) => [each, [stage, index] as const])),
      )
      const at = (each: PlacedManifest) => place.get(each) ?? [-1, -1]
      for (const each of set) {
        const home = set.find(({ id }) => kindKeyOf(id) === '/Namespace' && id.name === each.id.namespace)
        if (home !== undefined && kindKeyOf(each.id) !== '/Namespace') assert.ok(at(home) < at(each))
        const own = definitions.find(({ id }) => id.name === `${each.id.kind}.${each.id.group}`)
        if (own !== undefined) assert.ok(at(own)[0] < at(each)[0])
      }
    }),
  )
})

test('without a changing definition there is one stage', () => {
  const set = order([definition('example.com', 'Widget'), manifest('example.com/Widget', 'w', 'n')])
  assert.equal(split(set, []).length, 1)
})

test('an outline says in which order which kinds come', () => {
  assert.equal(
    outline(order([manifest('/ConfigMap', 'b', 'n'), manifest('/Namespace', 'n'), manifest('/ConfigMap', 'a', 'n')])),
    '1 Namespace, 2 ConfigMap',
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type SortResult, sortForApply } from '../../src/graph/apply-order.ts'
import { deletionOrder } from '../../src/graph/deletion-order.ts'
import { explainAll } from '../../src/graph/explanations.ts'
import { isSoft } from '../../src/graph/graph.ts'
import { cutIntoStages, nodesWaitedFor } from '../../src/graph/stages.ts'
import { readManifestOptions } from '../../src/object/annotations/manifest-options.ts'
import { type ObjectId, objectKey } from '../../src/object/object-id.ts'
import type { ResolvedManifest } from '../../src/object/resolved-manifest.ts'
import { runs } from '../runs.ts'

const NAMES = ['a', 'b', 'c', 'd']
const NAMESPACES = ['red', 'blue']
const KINDS = [
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  '/ResourceQuota',
  'batch/Job',
  'apps/Deployment',
  'example.com/Widget',
]

/** What an object of a random set asks for: any of it may be absent, and lead anywhere. */
interface Plan {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly reads: string | undefined
  readonly refers: string | undefined
  readonly dependsOn: readonly { readonly kind: string; readonly namespace: string; readonly name: string }[]
  readonly wave: number | undefined
  readonly hook: string | undefined
}

const target = fc.record({
  kind: fc.constantFrom(...KINDS),
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom(...NAMES),
})
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const plans = (freedom: { readonly waves: boolean; readonly dependencies: number }): fc.Arbitrary<Plan> =>
  fc.record({
    kind: fc.constantFrom(...KINDS),
    namespace: fc.constantFrom(...NAMESPACES),
    name: fc.constantFrom(...NAMES),
    reads: rarely(fc.constantFrom(...NAMES)),
    refers: rarely(fc.constantFrom(...NAMES)),
    dependsOn: fc.array(target, { maxLength: freedom.dependencies }),
    wave: freedom.waves ? rarely(fc.integer({ min: -1, max: 2 })) : fc.constant(undefined),
    hook: freedom.waves ? rarely(fc.constantFrom('PreSync', 'PostSync')) : fc.constant(undefined),
  })

const place = (id: ObjectId, object: ResolvedManifest['object']): ResolvedManifest => ({
  id,
  version: 'v1',
  object,
  options: readManifestOptions(object),
  location: { file: 'f', line: 1 },
  path: objectKey(id),
})

function manifestOf({ kind, namespace, name, reads, refers, dependsOn, wave, hook }: Plan): ResolvedManifest {
  const [group = '', word = ''] = kind.split('/')
  const targets = [
    ...new Set(dependsOn.map((each) => `${each.kind.replace('/', `/namespaces/${each.namespace}/`)}/${each.name}`)),
  ]
  const annotations = {
    ...(targets.length === 0 ? {} : { 'fairlead.dev/depends-on': targets.join(',') }),
    ...(wave === undefined ? {} : { 'argocd.argoproj.io/sync-wave': String(wave) }),
    ...(hook === undefined ? {} : { 'argocd.argoproj.io/hook': hook }),
  }
  const containers = [
    { name: 'c', image: 'i', ...(reads === undefined ? {} : { envFrom: [{ configMapRef: { name: reads } }] }) },
  ]
  const widget = refers === undefined ? {} : { otherRef: { kind: 'Widget', name: refers } }
  const spec = group === 'example.com' ? widget : { template: { spec: { containers } } }
  return place({ group, kind: word, namespace, name }, { metadata: { name, namespace, annotations }, spec })
}

const home = (name: string) => place({ group: '', kind: 'Namespace', namespace: '', name }, { metadata: { name } })
const definition = place(
  { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name: 'widgets.example.com' },
  {
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [{ name: 'v1', served: true }],
    },
  },
)

const sets = (freedom: { readonly waves: boolean; readonly dependencies: number }) =>
  fc
    .tuple(
      fc.uniqueArray(plans(freedom), {
        selector: (plan) => `${plan.kind} ${plan.namespace} ${plan.name}`,
        maxLength: 25,
      }),
      fc.subarray([home('red'), home('blue'), definition]),
    )
    .map(([objects, frame]) => [...objects.map(manifestOf), ...frame])

const tangled = sets({ waves: true, dependencies: 2 })
const plain = sets({ waves: false, dependencies: 0 })
const mixed = fc.oneof(tangled, plain, sets({ waves: true, dependencies: 0 }), sets({ waves: false, dependencies: 1 }))

/** The hard and explicit demands of a set, read from the manifests alone and not from the graph. */
function demands(set: readonly ResolvedManifest[]): [ResolvedManifest, ResolvedManifest][] {
  const text = ({ id: { group, kind, namespace, name } }: ResolvedManifest) =>
    `${group}/${namespace === '' ? '' : `namespaces/${namespace}/`}${kind}/${name}`
  const named = new Map(set.map((manifest) => [text(manifest), manifest]))
  return set.flatMap((to) => {
    const { metadata } = to.object as { metadata?: { annotations?: Record<string, string> } }
    const listed = metadata?.annotations?.['fairlead.dev/depends-on']?.split(',') ?? []
    const wanted = [`/Namespace/${to.id.namespace}`, ...listed]
    if (to.id.kind === 'Widget') wanted.push('apiextensions.k8s.io/CustomResourceDefinition/widgets.example.com')
    return wanted.flatMap((name): [ResolvedManifest, ResolvedManifest][] => {
      const from = named.get(name)
      return from === undefined ? [] : [[from, to]]
    })
  })
}

const shuffled = (set: readonly ResolvedManifest[], keys: readonly number[]) =>
  set
    .map((item, index) => ({ item, key: keys[index % keys.length] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)

/** All that a run would print and apply. */
const told = ({ graph, nodes, dropped, warnings, problems }: SortResult) =>
  JSON.stringify([[...explainAll(graph, nodes)], dropped, warnings, problems, nodes])

test('property: the order is a linear extension of the hard and explicit demands, and of the edges that are left', () => {
  fc.assert(
    fc.property(mixed, (set) => {
      const ordered = sortForApply(set)
      if (ordered.problems.length > 0) return
      const place = new Map(ordered.sequence.map((manifest, index) => [manifest, index]))
      for (const [from, to] of demands(set)) assert.ok((place.get(from) ?? -1) < (place.get(to) ?? -1))
      const position = new Map(ordered.nodes.map((node, index) => [node, index]))
      for (const { from, to } of ordered.graph.edges) assert.ok((position.get(from) ?? -1) < (position.get(to) ?? -1))
    }),
    runs(300),
  )
})

test('property: whatever the order of the input, every byte of the order and its reasons is the same', () => {
  fc.assert(
    fc.property(mixed, fc.array(fc.nat(), { minLength: 5 }), (set, keys) => {
      assert.equal(told(sortForApply(shuffled(set, keys))), told(sortForApply(set)))
    }),
    runs(300),
  )
})

/** Whether demands can all be kept: found by taking away what waits for nothing, again and again. */
function isPossible(nodes: ReadonlySet<number>, edges: readonly { from: number; to: number }[]): boolean {
  const left = new Set(nodes)
  for (let from = -1; from !== left.size; ) {
    from = left.size
    for (const node of left) if (!edges.some((edge) => edge.to === node && left.has(edge.from))) left.delete(node)
  }
  return left.size === 0
}

test('property: E-ORDER exactly where hard and explicit demands contradict each other, and what is reported is a cycle', () => {
  let contradicted = 0
  fc.assert(
    fc.property(tangled, (set) => {
      const { graph, problems, dropped } = sortForApply(set)
      const whole = [...graph.edges, ...dropped.map(({ edge }) => edge)]
      const strict = whole.filter((edge) => !isSoft(edge))
      assert.equal(problems.length === 0, isPossible(new Set(graph.nodes.keys()), strict))
      for (const { code: errorClass, message } of problems) {
        assert.equal(errorClass, 'E-ORDER')
        assert.ok(message.split('\n').length >= 2)
        contradicted += 1
      }
    }),
    runs(300),
  )
  assert.ok(contradicted > 0)
})

test('property: only soft edges are dropped, none of them without a contradiction, and none that could have stayed', () => {
  let dropped = 0
  fc.assert(
    fc.property(mixed, (set) => {
      const ordered = sortForApply(set)
      for (const { edge, against } of ordered.dropped) {
        dropped += 1
        assert.ok(isSoft(edge))
        assert.deepEqual([against[0]?.from, against.at(-1)?.to], [edge.to, edge.from])
        for (const [index, each] of against.entries()) {
          assert.ok(ordered.graph.edges.includes(each))
          if (index > 0) assert.equal(against[index - 1]?.to, each.from)
        }
      }
    }),
    runs(300),
  )
  assert.ok(dropped > 0)
})

test('property: there are as many stages as the longest chain of things to wait for, and no more', () => {
  fc.assert(
    fc.property(mixed, fc.array(fc.boolean(), { minLength: 3 }), (set, pick) => {
      const ordered = sortForApply(set)
      if (ordered.problems.length > 0) return
      const pending = new Set(nodesWaitedFor(ordered).filter((_, index) => pick[index % pick.length]))
      const stages = cutIntoStages(ordered, pending)
      const barriers = new Set(['definition', 'depends-on', 'wave'])
      const lengths = new Map<number, number>()
      for (const node of ordered.nodes) {
        const arriving = ordered.graph.edges.filter(({ to }) => to === node)
        const all = arriving.map(
          ({ from, rule }) => (lengths.get(from) ?? 0) + (pending.has(from) && barriers.has(rule) ? 1 : 0),
        )
        lengths.set(node, Math.max(0, ...all))
      }
      assert.equal(stages.length, 1 + Math.max(0, ...lengths.values()))
      const stageOf = new Map(stages.flatMap(({ manifests }, stage) => manifests.map((each) => [each, stage] as const)))
      for (const { from, to, rule } of ordered.graph.edges) {
        const [first, then] = [ordered.graph.nodes[from], ordered.graph.nodes[to]]
        if (first?.kind !== 'object' || then?.kind !== 'object') continue
        const wait = pending.has(from) && barriers.has(rule) ? 1 : 0
        assert.ok((stageOf.get(first.manifest) ?? 0) + wait <= (stageOf.get(then.manifest) ?? 0))
      }
    }),
    runs(300),
  )
})

test('property: every object of a set is in exactly one stage, and in the order of deletion once', () => {
  fc.assert(
    fc.property(mixed, (set) => {
      const ordered = sortForApply(set)
      if (ordered.problems.length > 0) return
      const whole = (list: readonly ResolvedManifest[]) => {
        assert.equal(list.length, set.length)
        assert.deepEqual(new Set(list), new Set(set))
      }
      whole(cutIntoStages(ordered, new Set(nodesWaitedFor(ordered))).flatMap(({ manifests }) => manifests))
      whole(deletionOrder(ordered).sequence)
    }),
    runs(300),
  )
})

test('property: the order of deletion is that of apply reversed, where hard and explicit edges are concerned', () => {
  fc.assert(
    fc.property(mixed, (set) => {
      const ordered = sortForApply(set)
      if (ordered.problems.length > 0) return
      const place = new Map(deletionOrder(ordered).sequence.map((manifest, index) => [manifest, index]))
      for (const [from, to] of demands(set)) assert.ok((place.get(to) ?? -1) < (place.get(from) ?? -1))
    }),
    runs(300),
  )
})

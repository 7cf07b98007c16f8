// How long it takes to put sets of objects into order, from the manifests to the sequence, by the number of objects.

import { sortForApply } from '../src/graph/apply-order.ts'
import type { JsonObject } from '../src/json.ts'
import { DEFAULT_OPTIONS, readManifestOptions } from '../src/object/annotations/manifest-options.ts'
import type { ResolvedManifest } from '../src/object/resolved-manifest.ts'
import { median, round } from './child.ts'

/** The most that 10,000 objects may take, in milliseconds. */
const BAR = 150
const ROUNDS = 7

const object = (group: string, kind: string, namespace: string, name: string, spec: JsonObject): ResolvedManifest => {
  const id = { group, kind, namespace, name }
  const location = { file: `${name}.yaml`, line: 1 }
  return { id, version: 'v1', location, path: `/${kind}/${name}`, object: { spec }, options: DEFAULT_OPTIONS }
}

/** Applications of eleven objects, fifty to a Namespace, with three edges to an object. */
function applications(objects: number): ResolvedManifest[] {
  const count = Math.floor(objects / 11)
  return Array.from({ length: count }, (_, index) => {
    const namespace = `team-${Math.floor(index / 50)}`
    const name = `app-${(index * 7919) % count}`
    const make = (group: string, kind: string, spec: JsonObject = {}, called = name) =>
      object(group, kind, namespace, called, spec)
    const env = ['settings', 'flags'].map((suffix) => ({ configMapRef: { name: `${name}-${suffix}` } }))
    const spec = {
      serviceAccountName: name,
      imagePullSecrets: [{ name }],
      containers: [{ name: 'main', image: 'example/app', envFrom: env }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
    }
    const template = { metadata: { labels: { app: name } }, spec }
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
    const binding = make('rbac.authorization.k8s.io', 'RoleBinding')
    return [
      ...(index % 50 === 0 ? [object('', 'Namespace', '', namespace, {})] : []),
      make('apps', 'Deployment', { template }),
      make('apps', 'StatefulSet', { template }),
      make('batch', 'CronJob', { jobTemplate: { spec: { template } } }),
      make('', 'ConfigMap', {}, `${name}-settings`),
      make('', 'ConfigMap', {}, `${name}-flags`),
      make('', 'Secret'),
      make('', 'ServiceAccount'),
      make('', 'PersistentVolumeClaim'),
      make('rbac.authorization.k8s.io', 'Role'),
      { ...binding, object: { roleRef, subjects: [{ kind: 'ServiceAccount', name, namespace }] } },
      make('policy', 'PodDisruptionBudget', { selector: { matchLabels: { app: name } } }),
    ]
  }).flat()
}

/** The same number of objects, each of which depends explicitly on the three before it: one long chain. */
function chain(objects: number): ResolvedManifest[] {
  return Array.from({ length: objects }, (_, index) => {
    const names = [1, 2, 3].flatMap((back) => (index < back ? [] : [`/namespaces/n/ConfigMap/c-${index - back}`]))
    const annotations = index === 0 ? {} : { 'fairlead.dev/depends-on': names.join(',') }
    const made = object('', 'ConfigMap', 'n', `c-${index}`, {})
    const chained = { metadata: { annotations } }
    return { ...made, object: chained, options: readManifestOptions(chained) }
  })
}

/** The median time of several rounds of a piece of work, in milliseconds. */
function timeOf(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return median(times)
}

let isOver = false
console.log('| set | objects | edges | in order after | per 1,000 objects |\n| -- | --: | --: | --: | --: |')
for (const [name, make] of Object.entries({ applications, 'one chain': chain })) {
  for (const size of [1_000, 10_000, 100_000]) {
    const set = make(size)
    const { graph, sequence } = sortForApply(set)
    if (sequence.length !== set.length) throw new Error('the order is not whole')
    const time = timeOf(() => sortForApply(set))
    isOver ||= size === 10_000 && time > BAR
    const each = ((time / set.length) * 1_000).toFixed(1)
    console.log(`| ${name} | ${set.length} | ${graph.edges.length} | ${round(time)} ms | ${each} ms |`)
  }
}
if (isOver) console.log(`\nOver the bar of ${BAR} ms for 10,000 objects.`)
process.exitCode = isOver ? 1 : 0

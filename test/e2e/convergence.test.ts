import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { field, isObject, type Json, parseJson } from '../../src/json.ts'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import type { StepResult } from '../../testbed/step.ts'
import { runs } from '../runs.ts'
import { reconcileFiles } from './reconcile.ts'
import { errorOf, placeIn, warningsOf } from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

function run(files: Record<string, string>, inputs: Record<string, string> = {}): Promise<StepResult> {
  return reconcileFiles(cluster, files, { name: 'convergence', ...inputs })
}

/** A small object of some kind, under one of few names, with fields that come and go. */
const objects = fc.record({
  kind: fc.constantFrom('ConfigMap', 'Secret', 'Service', 'Deployment'),
  name: fc.constantFrom('a', 'b'),
  labels: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')),
  data: fc.dictionary(fc.constantFrom('k', 'l', 'm'), fc.constantFrom('1', '2', 'some text'), { minKeys: 1 }),
})
type Small = typeof objects extends fc.Arbitrary<infer T> ? T : never
const sets = fc.uniqueArray(objects, {
  minLength: 1,
  maxLength: 6,
  selector: ({ kind, name }) => `${kind}/${name}`,
})

function manifestOf({ kind, name, labels, data }: Small, namespace: string): string {
  const metadata = { name, namespace, ...(Object.keys(labels).length === 0 ? {} : { labels }) }
  const env = Object.entries(data).map(([key, value]) => ({ name: key, value }))
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i', env }] } }
  const ports = Object.keys(data).map((key, index) => ({ name: key, port: 80 + index }))
  const rest = {
    ConfigMap: { apiVersion: 'v1', data },
    Secret: { apiVersion: 'v1', stringData: data },
    Service: { apiVersion: 'v1', spec: { clusterIP: 'None', ports } },
    Deployment: { apiVersion: 'apps/v1', spec: { replicas: 0, selector: { matchLabels: { app: name } }, template } },
  }[kind]
  return JSON.stringify({ ...rest, kind, metadata })
}

const filesOf = (set: readonly Small[], namespace: string) => ({
  'n.json': JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  ...Object.fromEntries(set.map((small, index) => [`${index}.json`, manifestOf(small, namespace)])),
})

/** What lives in a namespace of the kinds above, without what the server and controllers note. */
async function living(namespace: string, set: readonly Small[]): Promise<Record<string, Json>> {
  const kinds = 'configmaps,secrets,services,deployments'
  const exit = await cluster.kubectl(['get', kinds, '-n', namespace, '-o', 'json'])
  const items = field(parseJson(String(exit.stdout)), 'items')
  const wanted = new Set(set.map(({ kind, name }) => `${kind}/${name}`))
  const found = (Array.isArray(items) ? items : []).flatMap((item: Json) => {
    const key = `${String(field(item, 'kind'))}/${String(field(item, 'metadata', 'name'))}`
    const labels = field(item, 'metadata', 'labels')
    const { 'applyset.kubernetes.io/part-of': _, ...own } = isObject(labels) ? labels : {}
    const content = { data: field(item, 'data') ?? null, spec: field(item, 'spec') ?? null, labels: own }
    return wanted.has(key) ? [[key, content] as const] : []
  })
  return Object.fromEntries(found)
}

async function versionsIn(namespace: string): Promise<string> {
  const path = 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}'
  const kinds = 'configmaps,secrets,services,deployments'
  return String((await cluster.kubectl(['get', kinds, '-n', namespace, '-o', path])).stdout)
}

/** The same, once controllers have stopped writing. */
async function quietVersions(namespace: string): Promise<string> {
  for (let last = '', now = await versionsIn(namespace); ; last = now, now = await versionsIn(namespace)) {
    if (last === now) return now
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

test('property: applying twice changes nothing, and two sets one after the other are the second one', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(sets, sets, async (first, second) => {
      count += 1
      const [one, other] = [`one-${count}`, `other-${count}`]
      const apply = async (set: readonly Small[], namespace: string) => {
        const result = await run(filesOf(set, namespace), { name: namespace })
        assert.equal(result.exitCode, 0, result.log)
        return result
      }
      await apply(first, one)
      await apply(second, one)
      const before = await quietVersions(one)
      assert.equal((await apply(second, one)).outputs.result, 'unchanged')
      assert.equal(await versionsIn(one), before)
      await apply(second, other)
      assert.deepEqual(await living(one, second), await living(other, second))
    }),
    runs(6),
  )
})

test('an operator is upgraded in one commit, with a field and a version that its definition gains: twenty times out of twenty', async () => {
  for (let round = 1; round <= 20; round += 1) {
    const group = `round${round}.example.com`
    const definition = (versions: string[], properties: object) =>
      JSON.stringify({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `engines.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural: 'engines', kind: 'Engine' },
          versions: versions.map((name, index) => ({
            name,
            served: true,
            storage: index === versions.length - 1,
            schema: {
              openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
            },
          })),
        },
      })
    const engine = (version: string, spec: object) =>
      JSON.stringify({
        apiVersion: `${group}/${version}`,
        kind: 'Engine',
        metadata: { name: 'engine', namespace: 'default' },
        spec,
      })
    const power = { power: { type: 'integer' } }
    const first = await run({ 'a.json': engine('v1', { power: 1 }), 'b.json': definition(['v1'], power) })
    assert.equal(first.exitCode, 0, `round ${round}: ${first.log}`)
    const second = await run({
      'a.json': engine('v2', { power: 1, fuel: 'none' }),
      'b.json': definition(['v1', 'v2'], { ...power, fuel: { type: 'string' } }),
    })
    assert.equal(second.exitCode, 0, `round ${round}: ${second.log}`)
    assert.equal(second.outputs.updated, '2', second.log)
    const fuel = await cluster.kubectl(['get', `engines.${group}`, 'engine', '-o', 'jsonpath={.spec.fuel}'])
    assert.equal(String(fuel.stdout), 'none')
  }
})

test('entries of field managers in an older version do not keep an object from being applied', async () => {
  const group = 'stale.example.com'
  const wheels = { wheels: { type: 'integer' } }
  const schemas: Record<string, object> = { v1: wheels, v2: { ...wheels, fuel: { type: 'string', default: 'none' } } }
  const definition = (...versions: string[]) =>
    JSON.stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `carts.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'carts', kind: 'Cart' },
        versions: versions.map((name, index) => ({
          name,
          served: true,
          storage: index === versions.length - 1,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: schemas[name] } },
            },
          },
        })),
      },
    })
  const cart = (version: string, spec: object) =>
    JSON.stringify({
      ...{ apiVersion: `${group}/${version}`, kind: 'Cart' },
      ...{ metadata: { name: 'c', namespace: 'default' }, spec },
    })
  const first = await run({ 'a.json': cart('v1', { wheels: 2 }), 'b.json': definition('v1') })
  assert.equal(first.exitCode, 0, first.log)
  await cluster.kubectl(['label', `carts.v1.${group}`, 'c', 'by=hand'])
  const upgraded = (number: number) => ({ 'a.json': cart('v2', { wheels: number }), 'b.json': definition('v1', 'v2') })
  for (const number of [4, 5]) {
    const result = await run(upgraded(number))
    assert.equal(result.exitCode, 0, result.log)
    const live = await cluster.kubectl(['get', `carts.v2.${group}`, 'c', '-o', 'jsonpath={.spec}{.metadata.labels.by}'])
    assert.equal(String(live.stdout), `{"fuel":"none","wheels":${number}}hand`)
    assert.equal((await run(upgraded(number))).outputs.result, 'unchanged')
  }
})

test('what the server warns of is told with file and line', async () => {
  const endpoints = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'old-style' },
    subsets: [],
  })
  const result = await run({ 'e.json': endpoints })
  assert.equal(result.exitCode, 0, result.log)
  const [warning, ...more] = warningsOf(result)
  assert.ok(warning !== undefined && more.length === 0, result.log)
  const { reason, object, message } = warning
  assert.deepEqual([reason, object, placeIn(warning)], ['ServerWarning', 'Endpoints default/old-style', 'e.json:1'])
  assert.match(message, /v1 Endpoints is deprecated/)
  assert.match(result.summary, /v1 Endpoints is deprecated/)
})

test('what changed between the plan and the apply is not applied under its digest', async () => {
  const map = (a: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'moving', namespace: 'default' },
      data: { a },
    })
  assert.equal((await run({ 'a.json': map('1') })).exitCode, 0)
  const { 'plan-digest': digest = '' } = (await run({ 'a.json': map('2') }, { mode: 'plan' })).outputs
  assert.notEqual(digest, '')
  await cluster.kubectl(['patch', 'configmap', 'moving', '--type=merge', '--patch={"data":{"a":"somebody"}}'])
  const refused = await run({ 'a.json': map('2') }, { 'plan-digest': digest })
  assert.equal(errorOf(refused, 'E-GUARD').reason, 'PlanChanged')
  const value = await cluster.kubectl(['get', 'configmap', 'moving', '-o', 'jsonpath={.data.a}'])
  assert.equal(String(value.stdout), 'somebody')
})

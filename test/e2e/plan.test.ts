import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type AuditEvent, type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { runStep, type StepResult } from '../../testbed/step.ts'
import { corpus, unlessPresent } from '../corpora.ts'
import { appliedIn, noteRequests } from './audit.ts'
import { errorOf, objectOf, placeIn, setOf } from './report.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** A run of the step, with what the API server was asked meanwhile. */
interface Ran extends StepResult {
  readonly events: readonly AuditEvent[]
}

/** Runs the step on a folder, or on files in a folder of that name. */
async function run(
  source: string | Record<string, string>,
  inputs: Record<string, string> = {},
  { on = cluster, kubeconfig = on.kubeconfig }: { on?: ControlPlane; kubeconfig?: string } = {},
): Promise<Ran> {
  const folder = typeof source === 'string' ? source : temporaryFolder()
  if (typeof source !== 'string') writeFiles(folder, source)
  const requests = noteRequests(on)
  const result = await runStep({
    with: { repository: folder, ...inputs },
    env: { KUBECONFIG: kubeconfig },
    path: [on.bin],
  })
  return { ...result, events: requests().filter(({ user }) => user !== 'testbed') }
}

/** What of some requests was not only asked. */
function writes(events: readonly AuditEvent[]): string[] {
  const isWrite = ({ verb, uri }: AuditEvent) => !['get', 'list', 'watch'].includes(verb) && !uri.includes('dryRun=All')
  return events.filter(isWrite).map(({ verb, uri }) => `${verb} ${uri}`)
}

const map = (name: string, data: Record<string, string>, namespace = 'default') =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data })

const sets = {
  'chapter 1 of the seed': 'seed-config/ch01/basic-gitops-operator-config',
  'kube-prometheus': 'kube-prometheus/manifests',
  'a release of cloudnative-pg': 'cloudnative-pg/releases',
  'a release of microservices-demo': 'microservices-demo/release',
  'the definitions of gateway-api': 'gateway-api/config/crd',
  'podinfo, built with kustomize': 'podinfo',
}
const only: Record<string, Record<string, string>> = {
  'a release of cloudnative-pg': { include: 'cnpg-1.30.0.yaml' },
  'a release of microservices-demo': { include: 'kubernetes-manifests.yaml' },
  'the definitions of gateway-api': { path: 'standard' },
  'podinfo, built with kustomize': { path: 'kustomize' },
}
for (const [what, path] of Object.entries(sets)) {
  test(`the plan for an empty cluster is what the apply then does, and a second one is empty: ${what}`, {
    skip: unlessPresent(path),
  }, async () => {
    const fresh = await startControlPlane()
    try {
      const inputs = { ...only[what], name: 'corpus', wait: 'false' }
      const planned = await run(corpus(path), { ...inputs, mode: 'plan' }, { on: fresh })
      assert.equal(planned.exitCode, 0, planned.log)
      assert.deepEqual(writes(planned.events), [])
      assert.equal(planned.outputs.result, 'planned')
      assert.equal(planned.outputs.created, planned.outputs.objects)
      const applied = await run(
        corpus(path),
        { ...inputs, 'plan-digest': planned.outputs['plan-digest'] ?? '' },
        { on: fresh },
      )
      assert.equal(applied.exitCode, 0, applied.log)
      assert.equal(applied.outputs.created, planned.outputs.created)
      assert.equal(new Set(appliedIn(applied.events)).size, Number(planned.outputs.created))
      const second = await run(corpus(path), { ...inputs, mode: 'plan' }, { on: fresh })
      assert.equal(second.exitCode, 0, second.log)
      assert.deepEqual(
        [second.outputs.changes, second.outputs.unchanged],
        ['false', planned.outputs.objects],
        second.log,
      )
    } finally {
      await fresh.stop()
    }
  })
}

test('a plan has the digest of its content alone, and only the plan that was reviewed is applied', async () => {
  const files = { 'a.yaml': map('one', { a: '1' }), 'b.yaml': map('two', { b: '2' }) }
  const inputs = { name: 'reviewed' }
  const plan = (some: Record<string, string>, more: Record<string, string> = {}) =>
    run(some, { ...inputs, mode: 'plan', ...more })
  const first = await plan(files)
  const { 'plan-digest': digest = '' } = first.outputs
  assert.match(digest, /^sha256:[0-9a-f]{64}$/)
  assert.equal(setOf(first).planDigest, digest)
  assert.ok(first.summary.includes(digest.replace(':', '&#58;')), first.summary)
  const moved = { 'x/z.yaml': files['b.yaml'], 'y.yaml': `# a comment\n${files['a.yaml']}` }
  assert.equal((await plan(moved)).outputs['plan-digest'], digest)
  assert.notEqual((await plan(files, { 'force-conflicts': 'false' })).outputs['plan-digest'], digest)
  const changed = { ...files, 'b.yaml': map('two', { b: '3' }) }
  const refused = await run(changed, { ...inputs, 'plan-digest': digest })
  assert.equal(refused.exitCode, 1)
  assert.equal(errorOf(refused, 'E-GUARD').reason, 'PlanChanged')
  assert.deepEqual(writes(refused.events), [])
  const applied = await run(moved, { ...inputs, 'plan-digest': digest })
  assert.equal(applied.exitCode, 0, applied.log)
  assert.equal(applied.outputs['plan-digest'], digest)
})

test('a change is told field by field, and values of Secrets never', async () => {
  const secret = (password: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: 'default', annotations: { copy: `${password}-copied` } },
      stringData: { user: 'somebody', password },
    })
  const set = (password: string, level: string) => ({ 'a.yaml': map('web', { level }), 'b.yaml': secret(password) })
  const inputs = { name: 'fields' }
  assert.equal((await run(set('correct-horse', 'info'), inputs)).exitCode, 0)
  const second = await run(set('battery-staple', 'debug'), inputs)
  assert.equal(second.exitCode, 0, second.log)
  const { counts, planDigest, objects } = setOf(second)
  assert.deepEqual([counts.updated, planDigest], [2, second.outputs['plan-digest']])
  assert.deepEqual(
    objects.map(({ object, result }) => [object, result]),
    [
      ['ConfigMap default/web', 'updated'],
      ['Secret default/login', 'updated'],
    ],
  )
  assert.deepEqual(objects[0]?.diffs, [
    { field: 'data.level', change: 'changed', before: 'info', after: 'debug', isSecret: false },
  ])
  assert.deepEqual(
    objects[1]?.diffs.toSorted((a, b) => (a.field < b.field ? -1 : 1)),
    ['data.password', 'metadata.annotations.copy'].map((field) => ({ field, change: 'changed', isSecret: true })),
  )
  const told = [second.log, second.summary, second.report, ...Object.values(second.outputs)].join('\n')
  for (const value of ['correct-horse', 'battery-staple'])
    for (const form of [value, Buffer.from(value).toString('base64')]) assert.ok(!told.includes(form), form)
  assert.match(second.summary, /data.level/)
  assert.equal((await run(set('battery-staple', 'debug'), inputs)).outputs.result, 'unchanged')
})

test('one object that the server would reject keeps all of them from being written, and every reason is told', async () => {
  const service = (name: string, port: number) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port }] } })
  const result = await run({
    'a.yaml': map('good', { a: '1' }),
    'b.yaml': service('bad', 99_999),
    'c.yaml': service('worse', 0),
    'd.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd' }, dta: {} }),
  })
  assert.equal(result.exitCode, 1)
  assert.deepEqual(writes(result.events), [])
  const [bad, worse, odd] = ['Service default/bad', 'Service default/worse', 'ConfigMap default/odd'].map((object) =>
    errorOf(result, 'E-APPLY', object),
  )
  assert.match(bad?.message ?? '', /99999/)
  assert.match(odd?.message ?? '', /\.dta: field not declared/)
  assert.deepEqual(
    [bad, worse, odd].map((error) => error?.location?.file),
    ['b.yaml', 'c.yaml', 'd.yaml'],
  )
  assert.ok([bad, worse, odd].every((error) => error?.reason === 'Rejected' && error.location?.line === 1))
  assert.deepEqual([result.outputs.failed, result.outputs.created, result.outputs.pending], ['3', '0', '1'])
  assert.deepEqual(setOf(result).kubectlRuns, [])
})

test('what a change before it may heal stops nothing: a Pod of a ServiceAccount of the same set', async () => {
  const result = await run({
    'a.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod' },
      spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] },
    }),
    'b.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } }),
  })
  assert.equal(result.exitCode, 0, result.log)
  const pod = objectOf(result, 'Pod default/pod')
  assert.equal(pod.result, 'created')
  assert.match(pod.uncheckedBecause ?? '', /\bServiceAccount default\/robot\b/)
})

test('objects of a Namespace that is not there yet are checked as copies, and then made', async () => {
  const home = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'newhome' } })
  const good = { 'a.yaml': map('in', { a: '1' }, 'newhome'), 'b.yaml': home }
  const planned = await run(good, { name: 'newhome', mode: 'plan' })
  const copied = objectOf(planned, 'ConfigMap newhome/in')
  assert.deepEqual([copied.result, copied.checkedBy], ['created', 'copy'])
  const bad = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'newhome' },
    dta: 1,
  })
  const refused = await run({ ...good, 'c.yaml': bad }, { name: 'newhome' })
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-APPLY', 'ConfigMap newhome/x')
  assert.equal(placeIn(error), 'c.yaml:1:85')
  assert.match(error.message, /field not declared/)
  assert.deepEqual(writes(refused.events), [])
  assert.equal((await run(good, { name: 'newhome' })).exitCode, 0)
})

test('a run without changes costs a few requests, and one change a few more', async () => {
  const namespace = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } })
  const many = (changed: string) => ({
    'n.yaml': namespace,
    'a.yaml': Array.from({ length: 1_200 }, (_, index) =>
      map(`m-${index}`, { a: index === 7 ? changed : '1' }, 'many'),
    ).join('\n---\n'),
  })
  const inputs = { name: 'many' }
  const first = await run(many('1'), inputs)
  assert.equal(first.exitCode, 0, first.log)
  const noop = await run(many('1'), inputs)
  assert.equal(noop.outputs.result, 'unchanged', noop.log)
  const told = noop.events.map(({ verb, uri }) => `${verb} ${uri}`).join('\n')
  // The version, the identity, discovery in two parts, the record; three pages of ConfigMaps, one of Namespaces.
  assert.ok(noop.events.length <= 9, told)
  assert.ok(!told.includes('resourceVersion=0'), told)
  const change = await run(many('2'), inputs)
  assert.deepEqual([change.outputs.updated, change.outputs.unchanged], ['1', '1200'], change.log)
  // Six of one change, and six of owning: the lock (read, taken, released), and the record (read, noted ahead, noted after).
  assert.ok(change.events.length <= noop.events.length + 12, `${change.events.length}`)
})

/** In how many objects each field changes, those of `metadata` left out. */
function changedFields(result: StepResult): Record<string, number> {
  const diffs = setOf(result).objects.flatMap((object) => object.diffs)
  const changes = diffs.flatMap(({ field, change }) => (field.startsWith('metadata.') ? [] : [`${field} ${change}`]))
  return Object.fromEntries([...Map.groupBy(changes, (each) => each)].map(([each, { length }]) => [each, length]))
}

test('many objects of a kind are looked at by one list, a few among many one by one', async () => {
  const kubeconfig = await cluster.kubeconfigFor('looker', ['system:masters'])
  const maps = (count: number, data: Record<string, string>, prefix = 'm') =>
    Array.from({ length: count }, (_, index) => map(`${prefix}-${index}`, data, 'looks')).join('\n---\n')
  const kubectl = async (verb: string, stdin: string) => {
    const exit = await cluster.kubectl([verb, '--filename=-'], stdin)
    assert.equal(exit.code, 0, exit.stderr)
  }
  /** Plans, and says what is to be done and how many objects were looked at by themselves, and how many lists were asked for. */
  const plan = async (text: string) => {
    const ran = await run({ 'a.yaml': text }, { name: 'looks', mode: 'plan' }, { kubeconfig })
    assert.equal(ran.exitCode, 0, ran.log)
    const asked = ran.events.map(({ verb, uri }) => `${verb} ${uri}`)
    const count = (pattern: RegExp) => asked.filter((request) => pattern.test(request)).length
    const collection = '/api/v1/(namespaces/looks/)?(configmaps|secrets)'
    const looks = {
      singles: count(new RegExp(`^get ${collection}/\\w`)),
      sizes: count(/limit=1$/),
      // By their label alone members are listed in any case.
      lists: count(new RegExp(`^list ${collection}\\?.*limit=100$`)),
    }
    return { ...ran, looks }
  }
  await kubectl('create', JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'looks' } }))
  await kubectl('apply', maps(60, { a: '1', dropped: 'x' }))

  const adopted = await plan(maps(60, { a: '2' }))
  assert.deepEqual([adopted.outputs.adopted, adopted.looks], ['60', { singles: 19, sizes: 1, lists: 1 }], adopted.log)
  assert.deepEqual(changedFields(adopted), { 'data.a changed': 60, 'data.dropped removed': 60 })
  await kubectl('create', maps(100, { a: '1' }, 'other'))
  assert.deepEqual((await plan(maps(60, { a: '2' }))).looks, { singles: 60, sizes: 1, lists: 0 })
  const secrets = maps(24, { a: 'eA==' }).replaceAll('ConfigMap', 'Secret')
  await kubectl('create', secrets)
  assert.deepEqual((await plan(secrets)).looks, { singles: 24, sizes: 0, lists: 0 })

  assert.equal((await run({ 'a.yaml': maps(60, { a: '2' }) }, { name: 'looks' })).outputs.adopted, '60')
  const updated = await plan(maps(60, { a: '3' }))
  assert.deepEqual([updated.outputs.updated, updated.looks], ['60', { singles: 19, sizes: 0, lists: 1 }], updated.log)
  assert.deepEqual(changedFields(updated), { 'data.a changed': 60 })
  const few = await plan(
    `${maps(25, { a: '3' })}\n---\n${maps(60, { a: '2' }).split('\n---\n').slice(25).join('\n---\n')}`,
  )
  assert.deepEqual([few.outputs.updated, few.looks], ['25', { singles: 25, sizes: 0, lists: 0 }], few.log)
})

test('a resource of a kind that is not there yet is checked against the schema of its definition', async () => {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  }
  const crd = JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boxes.example.net' },
    spec: {
      ...{ group: 'example.net', scope: 'Namespaced', names: { plural: 'boxes', kind: 'Box' } },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  })
  const box = (spec: object) =>
    JSON.stringify({ apiVersion: 'example.net/v1', kind: 'Box', metadata: { name: 'box', namespace: 'default' }, spec })
  const refused = await run({ 'a.json': box({ size: 'large' }), 'b.json': crd }, { name: 'boxes' })
  assert.equal(refused.exitCode, 1)
  const error = errorOf(refused, 'E-APPLY', 'Box.example.net default/box')
  assert.equal(error.reason, 'SchemaViolation')
  assert.match(placeIn(error), /^a\.json:1:\d+$/)
  assert.match(error.message, /Instance type "string" is invalid/)
  assert.deepEqual(writes(refused.events), [])
  const planned = await run({ 'a.json': box({ size: 1 }), 'b.json': crd }, { name: 'boxes', mode: 'plan' })
  const made = objectOf(planned, 'Box.example.net default/box')
  assert.deepEqual([made.result, made.checkedBy], ['created', 'kind'])
  const applied = await run({ 'a.json': box({ size: 1 }), 'b.json': crd }, { name: 'boxes' })
  assert.equal(applied.exitCode, 0, applied.log)
})

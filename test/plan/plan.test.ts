import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/json.ts'
import { formatId } from '../../src/object/object-id.ts'
import type { ObjectPlan } from '../../src/plan/object-plan.ts'
import { forbidden, invalid, managersOf, refusal } from '../fake-api.ts'
import { openFakeSet, type PlannedObjects } from '../fake-set.ts'
import { annotated, configMap, crd, job, namespace, object, workload } from '../objects.ts'

const deployment = (name: string, spec: JsonObject = {}) => workload('Deployment', name, { namespace: 'default', spec })
const map = (data: JsonObject, metadata: JsonObject = {}) => configMap('m', 'default', data, metadata)
const MAP = 'ConfigMap default/m'
const forced = { 'kustomize.toolkit.fluxcd.io/force': 'enabled' }

/** The plan of one object. */
function planOf({ plan }: PlannedObjects, name = MAP): ObjectPlan {
  const found = plan.objects.find(({ manifest }) => formatId(manifest.id) === name)
  assert.ok(found !== undefined, name)
  return found
}

/** The fields that an object's plan changes, as `FIELD: CHANGE`. */
function changesOf(planned: PlannedObjects, name = MAP): string[] {
  return planOf(planned, name).diffs.map(({ field, change }) => `${field}: ${change}`)
}

/** The errors of a plan, as `NAME: CODE MESSAGE`. */
function errorsIn({ plan }: PlannedObjects): string[] {
  return [...plan.errors].map(([{ id }, { code, message }]) => `${formatId(id)}: ${code} ${message}`)
}

const dryRuns = (requests: readonly string[]) => requests.filter((text) => text.includes('dryRun=All'))

test('an object that does not exist is created', async () => {
  const planned = await openFakeSet().plan([map({ a: '1' })])
  assert.deepEqual([planned.results, errorsIn(planned)], [{ [MAP]: 'created' }, []])
})

test('an object that has not changed since its apply is unchanged, without a dry run', async () => {
  const set = openFakeSet()
  const objects = [map({ a: '1' }), deployment('web')]
  await set.run(objects)
  set.api.requests.length = 0
  const planned = await set.plan(objects)
  assert.deepEqual(Object.values(planned.results), ['unchanged', 'unchanged'])
  assert.deepEqual(dryRuns(set.api.requests), [])
  const lists = ['/apis/apps/v1/deployments', '/api/v1/configmaps']
  for (const path of lists) assert.ok(set.api.requests.some((text) => text.startsWith(`GET ${path}?labelSelector=`)))
})

test('an object whose manifest changed is updated, with a diff of its fields', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1', b: '2' })])
  const planned = await set.plan([map({ a: '2', c: '3' })])
  assert.deepEqual(planned.results, { [MAP]: 'updated' })
  assert.deepEqual(changesOf(planned), ['data.a: changed', 'data.b: removed', 'data.c: added'])
})

test('a field that another field manager changed has drifted, with its author and the time', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1' })])
  set.api.applyAs('kubectl-edit', map({ a: 'other' }))
  const planned = await set.plan([map({ a: '1' })])
  assert.deepEqual(planned.results, { [MAP]: 'drifted' })
  assert.deepEqual(changesOf(planned), ['data.a: changed'])
  const [author] = planOf(planned).driftAuthors
  assert.deepEqual([author?.field, author?.manager], ['data.a', 'kubectl-edit'])
  assert.match(author?.time ?? '', /^2026-01-01T00:00:\d\dZ$/)
  assert.deepEqual(planOf(planned).fieldTakeovers, [{ manager: 'kubectl-edit', fields: ['data.a'] }])
})

test('an object that was deleted has drifted', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1' })])
  set.api.remove(map({}))
  const planned = await set.plan([map({ a: '1' })])
  assert.deepEqual([planned.results, planOf(planned).reason], [{ [MAP]: 'drifted' }, 'Deleted'])
})

test('writes of controllers are no drift, and need no dry run', async () => {
  const set = openFakeSet()
  await set.run([deployment('web')])
  set.api.applyAs('controller', annotated(deployment('web'), { revision: '1' }))
  set.api.requests.length = 0
  assert.deepEqual((await set.plan([deployment('web')])).results, { 'Deployment default/web': 'unchanged' })
  assert.deepEqual(dryRuns(set.api.requests), [])
})

test('fields that another field manager added are left alone', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1' })])
  set.api.applyAs('theirs', map({ b: '2' }))
  assert.deepEqual((await set.plan([map({ a: '1' })])).results, { [MAP]: 'unchanged' })
})

test('an object that kubectl applied is adopted, and the plan lists the fields that are removed because Git does not have them', async () => {
  const set = openFakeSet()
  set.api.write(map({ a: 'old', dropped: 'x' }))
  const planned = await set.plan([map({ a: 'new' })])
  assert.deepEqual(planned.results, { [MAP]: 'adopted' })
  const label = changesOf(planned).filter((change) => change.startsWith('metadata.labels'))
  assert.deepEqual(
    [label.length, changesOf(planned).filter((change) => !label.includes(change))],
    [1, ['data.a: changed', 'data.dropped: removed']],
  )
  assert.equal(planOf(planned).migration?.kind, 'hand over')
  const { results } = await set.run([map({ a: 'new' })])
  const live = set.api.live(map({}))
  assert.deepEqual([results, live?.data, managersOf(live)], [{ [MAP]: 'adopted' }, { a: 'new' }, ['fairlead']])
  assert.deepEqual((await set.plan([map({ a: 'new' })])).results, { [MAP]: 'unchanged' })
})

test('an adopted object that is merged keeps fields that Git does not have', async () => {
  const set = openFakeSet()
  set.api.write(map({ a: 'old', kept: 'x' }))
  const merged = annotated(map({ a: 'new' }), { 'kustomize.toolkit.fluxcd.io/ssa': 'merge' })
  await set.run([merged])
  assert.deepEqual(set.api.live(map({}))?.data, { a: 'new', kept: 'x' })
})

test('with `force-conflicts: false` a field of another field manager is an error that names it; by default it is taken over', async () => {
  const set = openFakeSet()
  set.api.applyAs('other-team', map({ a: 'theirs', b: 'theirs' }))
  const rejected = await set.plan([map({ a: 'ours' })], { forceConflicts: false })
  assert.equal(errorsIn(rejected).length, 1)
  assert.match(errorsIn(rejected)[0] ?? '', /E-CONFLICT .*`\.data\.a`: conflict with "other-team"/)
  const taken = await set.plan([map({ a: 'ours' })])
  assert.deepEqual(
    [errorsIn(taken), planOf(taken).fieldTakeovers],
    [[], [{ manager: 'other-team', fields: ['data.a'] }]],
  )
})

test('an immutable field is an error, unless an annotation allows recreating the object', async () => {
  const set = openFakeSet()
  await set.run([deployment('web')])
  const other = deployment('web', { selector: { matchLabels: { app: 'other' } } })
  const rejected = await set.plan([other])
  assert.match(errorsIn(rejected).join(), /^Deployment default\/web: E-APPLY .*field is immutable$/)
  const allowed = await set.plan([annotated(other, forced)])
  assert.deepEqual([errorsIn(allowed), allowed.results], [[], { 'Deployment default/web': 'recreated' }])
})

test('an object whose replacement the server rejects is not recreated', async () => {
  const set = openFakeSet()
  await set.run([deployment('web')])
  set.api.rule(/^PATCH .*\/fairlead-\w+\?.*dryRun=All/, () => invalid('spec.replicas', 'must be positive'))
  const other = deployment('web', { selector: { matchLabels: { app: 'other' } }, replicas: -1 })
  const planned = await set.plan([annotated(other, forced)])
  assert.match(errorsIn(planned).join(), /E-APPLY .*must be positive/)
  assert.deepEqual(
    [...planned.plan.errors.values()].map(({ field }) => field),
    [['spec', 'replicas']],
  )
})

test('a Job that ran and was deleted is completed, without a dry run', async () => {
  const set = openFakeSet()
  const migration = job('migrate', 'default', { ttlSecondsAfterFinished: 0 })
  await set.run([migration])
  set.api.remove(migration)
  set.api.requests.length = 0
  assert.deepEqual((await set.plan([migration])).results, { 'Job default/migrate': 'completed' })
  assert.deepEqual(dryRuns(set.api.requests), [])
})

test('an object that is never applied is ignored, and so is an existing object that is only created', async () => {
  const set = openFakeSet()
  set.api.write(map({ a: 'theirs' }))
  for (const ssa of ['ignore', 'ifNotPresent']) {
    const planned = await set.plan([annotated(map({ a: '1' }), { 'kustomize.toolkit.fluxcd.io/ssa': ssa })])
    assert.deepEqual(planned.results, { [MAP]: 'ignored' }, ssa)
  }
})

test('an object that is being deleted is terminating', async () => {
  const set = openFakeSet()
  const held = map({ a: '1' }, { finalizers: ['example.com/wait'] })
  await set.run([held])
  set.api.remove(held)
  assert.deepEqual((await set.plan([held])).results, { [MAP]: 'terminating' })
})

test('objects of a Namespace that does not exist yet are checked as copies in another one', async () => {
  const set = openFakeSet()
  const inside = configMap('in', 'newhome', { a: '1' })
  const planned = await set.plan([inside, namespace('newhome')])
  assert.equal(planOf(planned, 'ConfigMap newhome/in').checkedBy, 'copy')
  const [, copy] = dryRuns(set.api.requests)
  assert.match(copy ?? '', /^PATCH \/api\/v1\/namespaces\/default\/configmaps\/fairlead-\w+\?/)
  const copies = /configmaps\/(fairlead-\w+)\?.*dryRun/
  set.api.rule(copies, ({ path }) => refusal(422, `ConfigMap "${copies.exec(path)?.[1]}" is invalid in default`))
  const rejected = await set.plan([inside, namespace('newhome')])
  assert.deepEqual(errorsIn(rejected), ['ConfigMap newhome/in: E-APPLY ConfigMap "in" is invalid in default'])
})

test('an object whose copy no namespace accepts is not checked, without an error', async () => {
  const set = openFakeSet()
  set.api.rule(/configmaps\/fairlead-\w+\?.*dryRun/, () => refusal(403, 'exceeded quota: q'))
  const planned = await set.plan([configMap('in', 'newhome'), namespace('newhome')])
  assert.deepEqual([planOf(planned, 'ConfigMap newhome/in').checkedBy, errorsIn(planned)], ['none', []])
})

test('a custom resource whose CRD is in the set is checked against its schema', async () => {
  const set = openFakeSet()
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } }
  const boxes = crd('example.net', 'boxes', 'Box', schema)
  const box = (size: string | number) => object('example.net/v1', 'Box', 'box', 'default', { spec: { size } })
  const good = await set.plan([box(1), boxes])
  assert.deepEqual([planOf(good, 'Box.example.net default/box').checkedBy, errorsIn(good)], ['kind', []])
  const bad = await set.plan([box('large'), boxes])
  assert.match(errorsIn(bad).join(), /^Box\.example\.net default\/box: E-APPLY Instance type "string" is invalid/)
})

test('a kind that neither the server nor a CRD of the set defines is an error', async () => {
  const planned = await openFakeSet().plan([object('example.net/v1', 'Box', 'box', 'default')])
  assert.match(errorsIn(planned).join(), /E-APPLY no matches for kind "Box" in version "example\.net\/v1"/)
})

test('credentials that may not patch can plan by a local merge, but not apply', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1' })])
  set.api.rule(/^PATCH /, () => forbidden('patch', 'configmaps'))
  const planned = await set.plan([map({ a: '2' })], { mode: 'plan' })
  assert.deepEqual(
    [planned.results, errorsIn(planned), planOf(planned).checkedBy],
    [{ [MAP]: 'updated' }, [], 'forbidden'],
  )
  assert.deepEqual(changesOf(planned), ['data.a: changed'])
  const rejected = await set.plan([map({ a: '2' })])
  assert.match(errorsIn(rejected).join(), /E-APPLY .*cannot patch resource/)
})

test('an object that cannot be read is an error', async () => {
  const set = openFakeSet()
  set.api.write(map({ a: '1' }))
  set.api.rule(/^GET \/api\/v1\/namespaces\/default\/configmaps\/m/, () => forbidden('get', 'configmaps'))
  assert.match(errorsIn(await set.plan([map({ a: '2' })])).join(), /E-APPLY .*cannot get resource/)
})

test('every rejection is an error with its field', async () => {
  const set = openFakeSet()
  const service = (name: string) => object('v1', 'Service', name, 'default', { spec: { ports: [{ port: 0 }] } })
  set.api.rule(/^PATCH .*services/, () => invalid('spec.ports[0].port', 'must be between 1 and 65535'))
  const planned = await set.plan([service('a'), service('b'), map({})])
  assert.equal(planned.plan.errors.size, 2)
  for (const { field } of planned.plan.errors.values()) assert.deepEqual(field, ['spec', 'ports', 0, 'port'])
})

test('a rejection that an earlier change may resolve is no error', async () => {
  const set = openFakeSet()
  set.api.rule(/^PATCH .*pods/, () => refusal(403, 'error looking up service account default/robot'))
  const pod = object('v1', 'Pod', 'pod', 'default', {
    spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] },
  })
  const planned = await set.plan([pod, object('v1', 'ServiceAccount', 'robot', 'default')])
  assert.deepEqual(errorsIn(planned), [])
  const because = planOf(planned, 'Pod default/pod').uncheckedBecause ?? ''
  assert.match(because, /ServiceAccount default\/robot.*: error looking up service account default\/robot$/)
})

test('an object that changes between its read and its dry run is read again', async () => {
  const set = openFakeSet()
  await set.run([map({ a: '1' })])
  let isChanged = false
  set.api.rule(/^PATCH .*dryRun/, () => {
    if (!isChanged) set.api.applyAs('kubectl-edit', map({ a: 'other' }))
    isChanged = true
    return undefined
  })
  const planned = await set.plan([map({ a: '2' })])
  assert.deepEqual(
    planOf(planned).diffs.map(({ before, after }) => [before, after]),
    [['other', '2']],
  )
})

test('an object of another set is a conflict that names both, unless it may be adopted', async () => {
  const owner = openFakeSet()
  const taker = openFakeSet(owner.api, 'taker')
  await owner.run([map({ a: '1' })])
  const rejected = await taker.plan([map({ a: '2' })])
  assert.match(errorsIn(rejected).join(), /E-CONFLICT .*fairlead\/set.*fairlead\/taker/)
  const taken = await taker.plan([map({ a: '2' })], { adoptFrom: ['fairlead/set'] })
  assert.deepEqual([errorsIn(taken), taken.results], [[], { [MAP]: 'adopted' }])
})

test('an object removed from Git is pruned, unless another set owns it now', async () => {
  const set = openFakeSet()
  const [a, b, c] = ['a', 'b', 'c'].map((name) => configMap(name, 'default'))
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  await set.run([a, b, c])
  await openFakeSet(set.api, 'taker').run([b], { adoptFrom: ['fairlead/set'] })
  const { plan } = await set.plan([a])
  assert.deepEqual(
    plan.pruneDecisions.map(({ id, result }) => [id.name, result]),
    [
      ['b', 'abandoned'],
      ['c', 'pruned'],
    ],
  )
})

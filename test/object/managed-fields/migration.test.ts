import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeLocally } from '../../../src/dry-run/local-merge.ts'
import type { Json } from '../../../src/json.ts'
import { buildPayload } from '../../../src/object/managed-fields/apply-payload.ts'
import {
  inApiVersion,
  mergePatch,
  migrateManagedFields,
  migrationPatch,
  withoutDeployerFields,
} from '../../../src/object/managed-fields/migration.ts'

const entry = (manager: string, fieldsV1: object, more: object = {}) => ({
  ...{ manager, operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 },
  ...more,
})
const object = (data: Record<string, string>, ...managedFields: object[]): Json =>
  JSON.parse(JSON.stringify({ metadata: { name: 'm', resourceVersion: '7', managedFields }, data }))

const fields = (...names: string[]) => ({ 'f:data': Object.fromEntries(names.map((name) => [`f:${name}`, {}])) })

test('a migration takes over the fields of deployers, but not those of controllers and people', () => {
  const before = object(
    { a: '1', b: '2', c: '3', d: '4' },
    entry('kubectl-client-side-apply', fields('a', 'b')),
    entry('helm', fields('c')),
    entry('kubectl-edit', fields('d')),
    entry('kube-controller-manager', { 'f:status': {} }, { subresource: 'status' }),
    entry('helm', { 'f:status': {} }, { subresource: 'status' }),
  )
  const managed = migrateManagedFields(before, 'v1', 'now') ?? []
  assert.deepEqual(
    managed.map((each) => (each as { manager: string }).manager),
    ['kubectl-edit', 'kube-controller-manager', 'helm', 'fairlead'],
  )
  const after = object({ a: '1', b: '2', c: '3', d: '4' }, { ...entry('fairlead', fields('a')), operation: 'Apply' })
  assert.deepEqual((withoutDeployerFields(after, managed) as { data: object }).data, { a: '1', d: '4' })
  assert.equal(migrateManagedFields(object({}, entry('kubectl-edit', fields('a'))), 'v1', 'now'), undefined)
})

test('entries in another API version are rewritten to the applied one, by a patch with a precondition', () => {
  const before = object({}, entry('other', fields('a'), { apiVersion: 'v1beta1' }), entry('more', fields('b')))
  assert.deepEqual(
    inApiVersion(before, 'v1')?.map((each) => (each as { apiVersion: string }).apiVersion),
    ['v1', 'v1'],
  )
  assert.equal(inApiVersion(object({}, entry('other', {})), 'v1'), undefined)
  const [, precondition] = migrationPatch({ kind: 'note version' }, before, 'v1', 'now') ?? []
  assert.deepEqual(precondition, { op: 'replace', path: '/metadata/resourceVersion', value: '7' })
})

test('a merge patch turns one value into the other', () => {
  assert.deepEqual(mergePatch({ a: 1, b: { c: 2, d: 3 }, e: [1] }, { a: 1, b: { c: 4 }, e: [1, 2] }), {
    b: { c: 4, d: null },
    e: [1, 2],
  })
})

test('unmanaged fields are left out, or sent with their live value if they have no other owner', () => {
  const wanted = { metadata: { name: 'm' }, spec: { replicas: 1, list: [{ a: 1 }, { a: 2 }] } }
  const owned = (fieldsV1: object): Json =>
    JSON.parse(
      JSON.stringify({
        metadata: { managedFields: [entry('hpa', fieldsV1)] },
        spec: { replicas: 5, list: [{ a: 1 }, { a: 9 }] },
      }),
    )
  const replicas = [['spec', 'replicas']]
  assert.deepEqual(buildPayload(wanted, replicas, undefined, true).object, wanted)
  assert.deepEqual(buildPayload(wanted, replicas, owned({ 'f:spec': { 'f:replicas': {} } }), false), {
    object: { metadata: { name: 'm' }, spec: { list: [{ a: 1 }, { a: 2 }] } },
    unmanagedFields: ['spec.replicas'],
    // A recreated object keeps its number of replicas.
    fullObject: { ...wanted, spec: { ...wanted.spec, replicas: 5 } },
  })
  assert.deepEqual(buildPayload(wanted, replicas, owned({}), false).object, {
    ...wanted,
    spec: { replicas: 5, list: [{ a: 1 }, { a: 2 }] },
  })
  const inList = buildPayload(wanted, [['spec', 'list', '1', 'a']], owned({}), false).object
  assert.deepEqual(inList, { ...wanted, spec: { replicas: 1, list: [{ a: 1 }, { a: 9 }] } })
  assert.deepEqual(buildPayload(wanted, [['spec', 'nothing']], owned({}), false), {
    object: wanted,
    unmanagedFields: [],
    fullObject: wanted,
  })
})

test('a local merge overlays the live object, and removes fields that are no longer sent', () => {
  const before = object(
    { a: '1', gone: '2', theirs: '3' },
    { ...entry('fairlead', fields('a', 'gone')), operation: 'Apply' },
  )
  assert.deepEqual((mergeLocally(before, { data: { a: '9' } }) as { data: object }).data, { a: '9', theirs: '3' })
  const containers = (...list: object[]) => JSON.parse(JSON.stringify({ spec: { containers: list } }))
  assert.deepEqual(
    mergeLocally(
      containers({ name: 'a', image: '1', tty: true }, { name: 'injected' }),
      containers({ name: 'a', image: '2' }),
    ),
    containers({ name: 'a', image: '2', tty: true }, { name: 'injected' }),
  )
})

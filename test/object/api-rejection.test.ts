import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/json.ts'
import { parseRejection, type RejectionReason } from '../../src/object/api-rejection.ts'

const manifest = { object: { spec: { replicas: 3, ports: [{ name: 'http', port: 0 }] }, dta: {} } }

const status = (message: string, ...causes: Json[]): Json => ({ kind: 'Status', message, details: { causes } })
const invalid = (message: string, field = '') => ({ reason: 'FieldValueInvalid', message, field })
const owned = { reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "scaler"' }

const reasons: [what: string, status: number, body: Json, reason: RejectionReason][] = [
  ['fields of other field managers', 409, status('conflict', owned), 'conflict'],
  ['another version of the object', 409, status('the object has been modified'), 'other'],
  ['an immutable field', 422, status('invalid', invalid('field is immutable')), 'immutable'],
  [
    'an immutable specification',
    422,
    status('invalid', invalid('updates to statefulset spec for fields other than ... are forbidden')),
    'immutable',
  ],
  [
    'an immutable field beside an invalid one',
    422,
    status('invalid', invalid('field is immutable'), invalid('must be positive')),
    'other',
  ],
  [
    'a message about something that is not immutable',
    422,
    status('invalid', invalid('a Secret that is not immutable')),
    'other',
  ],
  ['an invalid field', 422, status('invalid', invalid('must be positive')), 'other'],
  ['an invalid object without causes', 422, status('field is immutable'), 'other'],
  ['a missing permission', 403, status('User "u" cannot patch resource "pods" in API group ""'), 'forbidden'],
  ['a quota', 403, status('exceeded quota: q'), 'other'],
  ['an object that cannot be read', 403, status('User "u" cannot get resource "pods"'), 'other'],
]
for (const [what, code, body, reason] of reasons)
  test(`${reason}: ${what}`, () => assert.equal(parseRejection({ status: code, body }, manifest).reason, reason))

const fields: [what: string, body: Json, field: (string | number)[] | undefined][] = [
  ['its first cause', status('no', invalid('zero', 'spec.ports[0].port')), ['spec', 'ports', 0, 'port']],
  ['its message, as server-side apply writes it', status('failed to create: .dta: field not declared'), ['dta']],
  ['nothing in the manifest', status('no', invalid('zero', 'status.phase')), undefined],
  ['no field', status('no'), undefined],
]
for (const [what, body, field] of fields)
  test(`the field is read from ${what}`, () =>
    assert.deepEqual(parseRejection({ status: 422, body }, manifest).field, field))

test('the fields of a conflict are listed with their field managers', () => {
  const { conflicts } = parseRejection({ status: 409, body: status('conflict', owned) }, manifest)
  assert.deepEqual(conflicts, [{ field: '.spec.replicas', message: 'conflict with "scaler"' }])
})

test('a response without a message is described by its status', () => {
  assert.equal(parseRejection({ status: 418, body: null }, manifest).message, 'the server answered with status 418')
})

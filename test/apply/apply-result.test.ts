import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultsOf } from '../../src/apply/apply-result.ts'
import type { Json } from '../../src/json.ts'
import { DEFAULT_OPTIONS } from '../../src/object/annotations/manifest-options.ts'
import type { CheckedBy } from '../../src/object/dry-run-result.ts'
import type { ResolvedManifest } from '../../src/object/resolved-manifest.ts'
import type { ObjectPlan, PlannedResult } from '../../src/plan/object-plan.ts'

function manifest(name: string): ResolvedManifest {
  const id = { group: '', kind: 'ConfigMap', namespace: 'n', name }
  return { id, version: 'v1', object: {}, options: DEFAULT_OPTIONS, location: { file: 'f' }, path: `/${name}` }
}

/** The plan of an object that needs no more than a result. */
const planOf = (name: string, result: PlannedResult, checkedBy: CheckedBy = 'server'): ObjectPlan => ({
  ...{
    checkedBy,
    manifest: manifest(name),
    result,
    diffs: [],
    fieldTakeovers: [],
    driftAuthors: [],
    unmanagedFields: [],
    payload: {},
    hash: '',
  },
})

const object = (resourceVersion: string): Json => ({ kind: 'ConfigMap', metadata: { resourceVersion } })
const ownEntry = { manager: 'fairlead', operation: 'Apply' }
const withManagers = (...managedFields: object[]): Json =>
  JSON.parse(JSON.stringify({ kind: 'ConfigMap', metadata: { resourceVersion: '2', managedFields } }))
const status = (message: string): Json => ({ kind: 'Status', message })

function resultCodes(
  answered: Record<string, readonly [number, Json]>,
  code: number | null,
  stderr = '',
  checkedBy: CheckedBy = 'server',
) {
  const responses = new Map(
    Object.entries(answered).map(([name, [status, body]]) => [`/${name}`, { path: `/${name}`, status, body }]),
  )
  const exit = { code, signal: code === null ? ('SIGKILL' as const) : null, stdout: Buffer.alloc(0), stderr }
  const planned = [planOf('a', 'updated'), planOf('b', 'created', checkedBy)]
  const { results, problems } = resultsOf(planned, { responses, notSent: new Map(), exit })
  return [results.map(({ result }) => result).join(), problems.map((problem) => problem.code).join()]
}

const unmapped =
  'resource mapping not found for name: "b" namespace: "n" from "STDIN": no matches for kind "ConfigMap" in version "v9"'

const cases: [string, string[], string, string][] = [
  ['both objects as planned', resultCodes({ a: [200, object('1')], b: [201, object('2')] }, 0), 'updated,created', ''],
  [
    'one object deleted and one created since the plan',
    resultCodes({ a: [201, object('1')], b: [200, object('2')] }, 0),
    'created,updated',
    '',
  ],
  [
    'an object that this run created, although the first response was lost',
    resultCodes({ a: [200, object('1')], b: [200, withManagers(ownEntry)] }, 0),
    'updated,created',
    '',
  ],
  [
    'an object with our field manager that no dry run found absent',
    resultCodes({ a: [200, object('1')], b: [200, withManagers(ownEntry)] }, 0, '', 'kind'),
    'updated,updated',
    '',
  ],
  [
    'an object that another field manager created',
    resultCodes({ a: [200, object('1')], b: [200, withManagers(ownEntry, { ...ownEntry, manager: 'x' })] }, 0),
    'updated,updated',
    '',
  ],
  ['a rejected object', resultCodes({ a: [422, status('no')], b: [201, object('1')] }, 1), 'failed,created', ''],
  [
    'an object whose kind kubectl does not find',
    resultCodes({ a: [200, object('1')] }, 1, unmapped),
    'updated,failed',
    '',
  ],
  [
    'an object without a response although kubectl succeeds',
    resultCodes({ a: [200, object('1')] }, 0),
    'updated,pending',
    'E-APPLY',
  ],
  [
    'an object without a response beside a rejected one',
    resultCodes({ a: [422, status('no')] }, 1),
    'failed,pending',
    'E-APPLY',
  ],
  [
    'all objects have responses, but kubectl fails',
    resultCodes({ a: [200, object('1')], b: [201, object('2')] }, 1, 'panic'),
    'updated,created',
    'E-APPLY',
  ],
  ['kubectl is killed', resultCodes({ a: [200, object('1')] }, null), 'updated,pending', 'E-APPLY'],
  [
    'the credentials expire',
    resultCodes({ a: [200, object('1')], b: [401, status('Unauthorized')] }, 1),
    'updated,pending',
    'E-KUBE-AUTH',
  ],
  [
    'a response that is not from the server',
    resultCodes({ a: [200, object('1')], b: [503, null] }, 1),
    'updated,pending',
    'E-KUBE-NET',
  ],
]
for (const [name, actual, results, problems] of cases) {
  test(`result of a stream: ${name}`, () => assert.deepEqual(actual, [results, problems]))
}

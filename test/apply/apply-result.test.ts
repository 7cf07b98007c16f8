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

/** What was planned: that the first is updated and the second one created. */
const action = (name: string, result: PlannedResult, checkedBy: CheckedBy = 'server'): ObjectPlan => ({
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
const ours = { manager: 'fairlead', operation: 'Apply' }
const made = (...managedFields: object[]): Json =>
  JSON.parse(JSON.stringify({ kind: 'ConfigMap', metadata: { resourceVersion: '2', managedFields } }))
const status = (message: string): Json => ({ kind: 'Status', message })

function judged(
  answers: Record<string, readonly [number, Json]>,
  code: number | null,
  stderr = '',
  judgedBy: CheckedBy = 'server',
) {
  const responses = new Map(
    Object.entries(answers).map(([name, [status, body]]) => [`/${name}`, { path: `/${name}`, status, body }]),
  )
  const exit = { code, signal: code === null ? ('SIGKILL' as const) : null, stdout: Buffer.alloc(0), stderr }
  const planned = [action('a', 'updated'), action('b', 'created', judgedBy)]
  const { results, problems } = resultsOf(planned, { responses, notSent: new Map(), exit })
  return [results.map(({ result }) => result).join(), problems.map((problem) => problem.code).join()]
}

const unmapped =
  'resource mapping not found for name: "b" namespace: "n" from "STDIN": no matches for kind "ConfigMap" in version "v9"'

const cases: [string, string[], string, string][] = [
  ['both as planned', judged({ a: [200, object('1')], b: [201, object('2')] }, 0), 'updated,created', ''],
  ['one gone and one made since', judged({ a: [201, object('1')], b: [200, object('2')] }, 0), 'created,updated', ''],
  [
    'one made, but the answer to that was lost',
    judged({ a: [200, object('1')], b: [200, made(ours)] }, 0),
    'updated,created',
    '',
  ],
  [
    'one of ours of which nobody knew',
    judged({ a: [200, object('1')], b: [200, made(ours)] }, 0, '', 'kind'),
    'updated,updated',
    '',
  ],
  [
    'one made by others',
    judged({ a: [200, object('1')], b: [200, made(ours, { ...ours, manager: 'x' })] }, 0),
    'updated,updated',
    '',
  ],
  ['one refused', judged({ a: [422, status('no')], b: [201, object('1')] }, 1), 'failed,created', ''],
  ['one whose kind kubectl does not find', judged({ a: [200, object('1')] }, 1, unmapped), 'updated,failed', ''],
  [
    'one without an answer although kubectl is content',
    judged({ a: [200, object('1')] }, 0),
    'updated,pending',
    'E-APPLY',
  ],
  ['one without an answer beside a refused one', judged({ a: [422, status('no')] }, 1), 'failed,pending', 'E-APPLY'],
  [
    'all responses, and yet kubectl failed',
    judged({ a: [200, object('1')], b: [201, object('2')] }, 1, 'panic'),
    'updated,created',
    'E-APPLY',
  ],
  ['kubectl killed', judged({ a: [200, object('1')] }, null), 'updated,pending', 'E-APPLY'],
  [
    'credentials expired',
    judged({ a: [200, object('1')], b: [401, status('Unauthorized')] }, 1),
    'updated,pending',
    'E-KUBE-AUTH',
  ],
  [
    'an answer that is not the server’s',
    judged({ a: [200, object('1')], b: [503, null] }, 1),
    'updated,pending',
    'E-KUBE-NET',
  ],
]
for (const [what, actual, results, problems] of cases) {
  test(`judged: ${what}`, () => assert.deepEqual(actual, [results, problems]))
}

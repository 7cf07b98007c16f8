import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed, type Live } from '../../src/apply/observe.ts'
import { judge } from '../../src/apply/outcome.ts'
import type { Json } from '../../src/json.ts'
import type { PlacedManifest } from '../../src/manifests/placement.ts'

function manifest(name: string): PlacedManifest {
  const id = { group: '', kind: 'ConfigMap', namespace: 'n', name }
  return { id, version: 'v1', object: {}, location: { file: 'f' }, path: `/${name}` }
}

const live = (resourceVersion: string, some: Partial<Live> = {}): Live => ({
  resourceVersion,
  generation: undefined,
  metadata: '',
  entry: 'e',
  entryTime: 1_000,
  seen: 5_500,
  ...some,
})

const object = (resourceVersion: string): Json => ({ kind: 'ConfigMap', metadata: { resourceVersion } })
const status = (message: string): Json => ({ kind: 'Status', message })

function judged(
  answers: Record<string, readonly [number, Json]>,
  code: number | null,
  stderr = '',
  before: Record<string, Live> = {},
) {
  const applied = new Map(
    Object.entries(answers).map(([name, [status, body]]) => [`/${name}`, { path: `/${name}`, status, body }]),
  )
  const exit = { code, signal: code === null ? ('SIGKILL' as const) : null, stdout: Buffer.alloc(0), stderr }
  const { outcomes, problems } = judge([manifest('a'), manifest('b')], new Map(Object.entries(before)), {
    applied,
    held: new Map(),
    exit,
  })
  return [outcomes.map(({ result }) => result).join(), problems.map((problem) => problem.class).join()]
}

const unmapped =
  'resource mapping not found for name: "b" namespace: "n" from "STDIN": no matches for kind "ConfigMap" in version "v9"'

const cases: [string, string[], string, string][] = [
  [
    'both answered',
    judged({ a: [201, object('1')], b: [200, object('2')] }, 0, '', { '/b': live('2') }),
    'created,unchanged',
    '',
  ],
  ['one refused', judged({ a: [422, status('no')], b: [201, object('1')] }, 1), 'failed,created', ''],
  ['one whose kind kubectl does not find', judged({ a: [201, object('1')] }, 1, unmapped), 'created,failed', ''],
  [
    'one without an answer although kubectl is content',
    judged({ a: [201, object('1')] }, 0),
    'created,not reached',
    'E-APPLY',
  ],
  [
    'one without an answer beside a refused one',
    judged({ a: [422, status('no')] }, 1),
    'failed,not reached',
    'E-APPLY',
  ],
  [
    'all applied, and yet kubectl failed',
    judged({ a: [201, object('1')], b: [201, object('2')] }, 1, 'panic'),
    'created,created',
    'E-APPLY',
  ],
  ['kubectl killed', judged({ a: [201, object('1')] }, null), 'created,not reached', 'E-APPLY'],
  [
    'credentials expired',
    judged({ a: [201, object('1')], b: [401, status('Unauthorized')] }, 1),
    'created,not reached',
    'E-KUBE-AUTH',
  ],
  [
    'an answer that is not the server’s',
    judged({ a: [201, object('1')], b: [503, null] }, 1),
    'created,not reached',
    'E-KUBE-NET',
  ],
]
for (const [what, actual, outcomes, problems] of cases) {
  test(`judged: ${what}`, () => assert.deepEqual(actual, [outcomes, problems]))
}

const changes: [string, Live, Live, boolean][] = [
  ['the same resourceVersion', live('1'), live('1', { entry: 'x' }), false],
  [
    'a status write',
    live('1', { generation: 1 }),
    live('2', { generation: 1, entry: 'reordered', entryTime: 9_000 }),
    false,
  ],
  ['a new generation', live('1', { generation: 1 }), live('2', { generation: 2 }), true],
  ['another label', live('1', { generation: 1 }), live('2', { generation: 1, metadata: 'l' }), true],
  ['other fields of ours', live('1'), live('2', { entry: 'x' }), true],
  ['another value of a field of ours, in the second of the look', live('1'), live('2', { entryTime: 5_000 }), true],
  ['somebody else’s write, long after our last one', live('1'), live('2'), false],
]
for (const [what, before, after, expected] of changes) {
  test(`changed: ${what}`, () => assert.equal(changed(before, after), expected))
}

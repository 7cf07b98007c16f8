import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedEntries, nextEntries } from '../../src/inventory/next-record.ts'
import type { JsonObject } from '../../src/json.ts'
import { DEFAULT_OPTIONS } from '../../src/object/annotations/manifest-options.ts'
import type { DryRunResult } from '../../src/object/dry-run-result.ts'
import { EMPTY_RECORD, PENDING_ENTRY, type RecordEntry } from '../../src/object/inventory-record.ts'
import { objectKey } from '../../src/object/object-id.ts'
import type { ResolvedManifest } from '../../src/object/resolved-manifest.ts'
import type { ObjectPlan, PlannedResult } from '../../src/plan/object-plan.ts'

const manifest = (name: string): ResolvedManifest => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } }
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name }
  return { id, version: 'v1', object, options: DEFAULT_OPTIONS, location: { file: 'a.yaml' }, path: `/${name}` }
}
const objectPlan = (resolved: ResolvedManifest, result: PlannedResult): ObjectPlan => ({
  ...{
    manifest: resolved,
    result,
    diffs: [],
    fieldTakeovers: [],
    driftAuthors: [],
    unmanagedFields: [],
    payload: resolved.object,
    hash: 'new',
  },
})
const entry = (uid: string): RecordEntry => ({
  hash: 'old',
  uid,
  resourceVersion: '1',
  generation: undefined,
  ownership: 'o',
})
const dryRun = (live: JsonObject | undefined): DryRunResult => ({
  ...{ object: {}, unmanagedFields: [], fullObject: {}, warnings: [], checkedBy: 'server' },
  ...(live === undefined
    ? { live, predicted: undefined, isPredictedByServer: false }
    : { live, predicted: live, isPredictedByServer: true }),
})
const liveObject = (uid: string) => ({ metadata: { uid, resourceVersion: '7' } })

const [created, updated, adopted, recreated, unrecorded, removed] = [
  'created',
  'updated',
  'adopted',
  'recreated',
  'unrecorded',
  'removed',
].map(manifest)
const known = (...all: (ResolvedManifest | undefined)[]) => all.filter((each) => each !== undefined)

test('before the first write the inventory has all members, and all objects that are about to become members', () => {
  const [a, b, c, d, e, f] = known(created, updated, adopted, recreated, unrecorded, removed)
  assert.ok(a && b && c && d && e && f)
  const previous = new Map([b, d, f].map((each) => [objectKey(each.id), entry(`u-${each.id.name}`)]))
  const objects = [
    objectPlan(a, 'created'),
    objectPlan(b, 'updated'),
    objectPlan(c, 'adopted'),
    objectPlan(d, 'recreated'),
    objectPlan(e, 'unchanged'),
  ]
  const dryRuns = new Map([
    ...[[a, dryRun(undefined)] as const],
    ...[b, c, d, e].map((each) => [each, dryRun(liveObject(`u-${each.id.name}`))] as const),
  ])
  const plan = { objects, errors: new Map(), pruneDecisions: [], pruneErrors: [] }
  const expected = expectedEntries({ ...EMPTY_RECORD, entries: previous }, plan, dryRuns)
  assert.deepEqual(expected.get(objectKey(a.id)), PENDING_ENTRY)
  assert.deepEqual(expected.get(objectKey(b.id)), entry('u-updated'))
  assert.deepEqual(expected.get(objectKey(c.id)), { ...PENDING_ENTRY, uid: 'u-adopted' })
  assert.deepEqual(expected.get(objectKey(d.id)), PENDING_ENTRY) // the recreated object has another uid
  assert.deepEqual(expected.get(objectKey(e.id)), { ...PENDING_ENTRY, uid: 'u-unrecorded' }) // unchanged, without an entry
  assert.deepEqual(expected.get(objectKey(f.id)), entry('u-removed'))

  // An object without a response may exist, and keeps its entry.
  const { entries } = nextEntries(expected, plan, dryRuns, new Map([[b, liveObject('u-updated')]]), [])
  assert.deepEqual(entries.get(objectKey(a.id)), PENDING_ENTRY)
  assert.deepEqual(entries.get(objectKey(d.id)), PENDING_ENTRY)
  assert.equal(entries.get(objectKey(b.id))?.hash, 'new')
  assert.equal(entries.get(objectKey(e.id))?.uid, 'u-unrecorded')
})

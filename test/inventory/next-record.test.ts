import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY, type Entry, PENDING } from '../../src/inventory/record.ts'
import type { JsonObject } from '../../src/json.ts'
import type { Trial } from '../../src/dry-run/dry-run.ts'
import { keyOf } from '../../src/object/manifest.ts'
import type { PlacedManifest } from '../../src/object/resolved-manifest.ts'
import type { Action, Result } from '../../src/plan/object-plan.ts'
import { expecting, remember } from '../../src/inventory/next-record.ts'

const manifest = (name: string): PlacedManifest => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } }
  const id = { group: '', kind: 'ConfigMap', namespace: 'shop', name }
  return { id, version: 'v1', object, location: { file: 'a.yaml' }, path: `/${name}` }
}
const action = (each: PlacedManifest, result: Result): Action => ({
  ...{ manifest: each, result, differences: [], losses: [], culprits: [], left: [], sent: each.object, hash: 'new' },
})
const entry = (uid: string): Entry => ({
  hash: 'old',
  uid,
  resourceVersion: '1',
  generation: undefined,
  ownership: 'o',
})
const trial = (before: JsonObject | undefined): Trial => ({
  ...{ object: {}, left: [], whole: {}, warnings: [], judge: 'server', before, after: before },
})
const living = (uid: string) => ({ metadata: { uid, resourceVersion: '7' } })

const [made, updated, adopted, replaced, strange, left] = [
  'made',
  'updated',
  'adopted',
  'replaced',
  'strange',
  'left',
].map(manifest)
const known = (...all: (PlacedManifest | undefined)[]) => all.filter((each) => each !== undefined)

test('I-18: before the first write the inventory covers all that was ours, and all that is about to be', () => {
  const [a, b, c, d, e, f] = known(made, updated, adopted, replaced, strange, left)
  assert.ok(a && b && c && d && e && f)
  const previous = new Map([b, d, f].map((each) => [keyOf(each.id), entry(`u-${each.id.name}`)]))
  const actions = [
    action(a, 'created'),
    action(b, 'updated'),
    action(c, 'adopted'),
    action(d, 'replaced'),
    action(e, 'unchanged'),
  ]
  const trials = new Map([
    ...[[a, trial(undefined)] as const],
    ...[b, c, d, e].map((each) => [each, trial(living(`u-${each.id.name}`))] as const),
  ])
  const plan = { actions, obstacles: new Map(), departures: [], refusals: [] }
  const ahead = expecting({ ...EMPTY, entries: previous }, plan, trials)
  assert.deepEqual(ahead.get(keyOf(a.id)), PENDING)
  assert.deepEqual(ahead.get(keyOf(b.id)), entry('u-updated'))
  assert.deepEqual(ahead.get(keyOf(c.id)), { ...PENDING, uid: 'u-adopted' })
  assert.deepEqual(ahead.get(keyOf(d.id)), PENDING) // it will have another uid
  assert.deepEqual(ahead.get(keyOf(e.id)), { ...PENDING, uid: 'u-strange' }) // as it should be, and written down nowhere
  assert.deepEqual(ahead.get(keyOf(f.id)), entry('u-left'))

  // What got no answer may be there, and stays noted.
  const { entries } = remember(ahead, plan, trials, new Map([[b, living('u-updated')]]), [])
  assert.deepEqual(entries.get(keyOf(a.id)), PENDING)
  assert.deepEqual(entries.get(keyOf(d.id)), PENDING)
  assert.equal(entries.get(keyOf(b.id))?.hash, 'new')
  assert.equal(entries.get(keyOf(e.id))?.uid, 'u-strange')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PrunePolicy } from '../../src/options/prune.ts'
import { inventoryOf, PART_OF } from '../../src/inventory/inventory.ts'
import { type Entry, PENDING } from '../../src/inventory/record.ts'
import { filesAmong, packFiles, unitePacked } from '../../src/inventory/scope-fingerprint.ts'
import type { Sighting } from '../../src/kube/readers/prune-candidates.ts'
import type { Live } from '../../src/object/live-object.ts'
import { departureOf, type Leaver, type Rules } from '../../src/plan/prune-decision.ts'
import { changesOf, withholdingOf } from '../../src/plan/prune-limits.ts'
import { runs } from '../runs.ts'

const inventory = inventoryOf('fairlead', 'set')
const policy: PrunePolicy = { isOn: true, objects: [], mayEmpty: false, mayChangeScope: false }
const rules: Rules = {
  ...{ inventory, policy, bounds: {}, staying: new Set(), applyOnly: undefined, leaving: new Set() },
  owners: new Map([['applyset-other-v1', 'fairlead/other']]),
}
const live = (more: Partial<Live> = {}): Live => ({
  ...{ uid: 'u', resourceVersion: '1', generation: undefined, annotations: {}, isTerminating: false, ownership: 'o' },
  ...{ labels: { [PART_OF]: inventory.id }, ...more },
})
const entry: Entry = { hash: 'h', uid: 'u', resourceVersion: '1', generation: undefined, ownership: 'o' }
const leaver = (more: Partial<Live> = {}, key = '/ConfigMap/shop/a', known = entry): Leaver => ({
  ...{ key, entry: known, sighting: { kind: 'live', live: live(more), path: '/p', holdsData: false } },
})

const cases: readonly (readonly [string, Leaver, string, Partial<Rules>?])[] = [
  ['an object of ours goes', leaver(), 'pruned'],
  ['one that is gone is gone', { ...leaver(), sighting: { kind: 'gone' } }, 'gone'],
  ['one of which nobody can say stays', { ...leaver(), sighting: { kind: 'unknown', reason: 'r' } }, 'kept'],
  ['one of another set is let go', leaver({ labels: { [PART_OF]: 'applyset-other-v1' } }), 'released'],
  ['one that is in the set under another group is let go', leaver(), 'released', { staying: new Set(['u']) }],
  ['one without the label stays', leaver({ labels: {} }), 'kept'],
  ['one with another uid stays', leaver({ uid: 'other' }), 'kept'],
  ['after a crash our own entry will do', leaver({}, '/ConfigMap/shop/a', PENDING), 'pruned'],
  ['... and without one it stays', leaver({ ownership: '' }, '/ConfigMap/shop/a', PENDING), 'kept'],
  ['one that is being deleted is waited for', leaver({ isTerminating: true }), 'pruned'],
  ['one that is protected stays', leaver({ annotations: { 'helm.sh/resource-policy': 'keep' } }), 'kept'],
  ['one beyond the bounds stays', leaver(), 'kept', { bounds: { namespaces: ['other'] } }],
  ['in an apply-only run everything stays', leaver(), 'kept', { applyOnly: 'r' }],
  ['without `prune` everything stays', leaver(), 'kept', { policy: { ...policy, isOn: false } }],
  ['a word of ours that nobody knows keeps it', leaver({ annotations: { 'fairlead.dev/prune': 'never' } }), 'kept'],
  ['an adoption that ended before its turn lets go', leaver({ labels: {} }, '/ConfigMap/shop/a', PENDING), 'released'],
  ['the Namespace of the inventory stays', leaver({}, '/Namespace//fairlead'), 'kept'],
  ['a volume stays', leaver({}, '/PersistentVolume//v'), 'kept'],
  [
    'a volume that says so goes',
    leaver({ annotations: { 'fairlead.dev/prune': 'allow' } }, '/PersistentVolume//v'),
    'pruned',
  ],
]
for (const [name, given, result, more] of cases)
  test(name, () => assert.equal(departureOf(given, { ...rules, ...more }).result, result))

test('what takes its volumes along is asked for, as a volume is', () => {
  const sighting = { kind: 'live', live: live(), path: '/p', holdsData: true } as const
  const departure = departureOf({ key: 'apps/StatefulSet/shop/db', entry, sighting }, rules)
  assert.equal(departure.result, 'kept')
  assert.match(departure.next ?? '', /`prune-allow: StatefulSet\/shop\/db`/)
})

test('a Namespace goes with what goes anyway, and stays with anything else in it', () => {
  const policyOf = { ...policy, objects: [{ kind: 'Namespace' }] }
  const result = (uids: readonly string[], leaving: readonly string[]) =>
    departureOf(
      { ...leaver({}, '/Namespace//shop'), inhabitants: { objects: uids.map((uid) => ({ uid, name: uid })) } },
      { ...rules, policy: policyOf, leaving: new Set(leaving) },
    )
  assert.equal(result([], []).result, 'pruned')
  assert.equal(result(['a', 'b'], ['a', 'b']).result, 'pruned')
  assert.match(result(['a', 'b'], ['a']).reason ?? '', /others have something in it, .*: b$/)
})

test('a permission covers what it names, and no more', () => {
  const key = '/PersistentVolumeClaim/shop/data'
  const result = (permission: object) => {
    const objects = [{ kind: 'PersistentVolumeClaim', ...permission }]
    return departureOf(leaver({}, key), { ...rules, policy: { ...policy, objects } }).result
  }
  assert.equal(result({}), 'pruned')
  assert.equal(result({ namespace: 'shop', name: 'data' }), 'pruned')
  assert.equal(result({ group: '', name: 'data' }), 'pruned')
  assert.equal(result({ namespace: 'other', name: 'data' }), 'kept')
  assert.equal(result({ name: 'other' }), 'kept')
  assert.equal(result({ group: 'example.com' }), 'kept')
  assert.equal(result({ kind: 'PersistentVolume' }), 'kept')
})

const sightings: fc.Arbitrary<Sighting> = fc.oneof(
  fc.constant<Sighting>({ kind: 'gone' }),
  fc.constant<Sighting>({ kind: 'unknown', reason: 'r' }),
  fc
    .record({
      uid: fc.constantFrom('u', 'staying', 'other'),
      labels: fc.constantFrom({}, { [PART_OF]: inventory.id }, { [PART_OF]: 'applyset-other-v1' }),
      ownership: fc.constantFrom('', 'o'),
      annotations: fc.constantFrom({}, { 'fairlead.dev/prune': 'keep' }),
    })
    .map((more): Sighting => ({ kind: 'live', live: live(more), path: '/p', holdsData: false })),
)

test('property I-15, I-16: nothing goes that is in the set, that the set has not made, or that is not its own', () => {
  const everything = { ...policy, objects: [{ kind: 'Namespace' }], mayChangeScope: true, mayEmpty: true }
  fc.assert(
    fc.property(
      sightings,
      fc.constantFrom(entry, PENDING),
      fc.constantFrom('/ConfigMap/shop/a', '/Namespace//n'),
      (sighting, known, key) => {
        const departure = departureOf(
          { key, entry: known, sighting, inhabitants: { objects: [] } },
          { ...rules, policy: everything, staying: new Set(['staying']) },
        )
        if (departure.result !== 'pruned') return
        assert.ok(sighting.kind === 'live')
        assert.equal(sighting.live.labels[PART_OF], inventory.id)
        assert.notEqual(sighting.live.uid, 'staying')
        assert.ok(known.uid === sighting.live.uid || (known.uid === '' && sighting.live.ownership !== ''))
        assert.deepEqual(sighting.live.annotations, {})
      },
    ),
    runs(300),
  )
})

const gate = { policy, size: 100, unknown: new Set<string>(), selections: [{}, {}], hidden: [] } as const
const leaving = (count: number) =>
  Array.from({ length: count }, (_, index) => departureOf(leaver({}, `/ConfigMap/shop/${index}`), rules))

test('property I-17, I-19: a partial view, and a set that is chosen otherwise, delete nothing', () => {
  const digests = fc.dictionary(fc.constantFrom('`path`', '`include`', '`exclude`'), fc.constantFrom('a', 'b'))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.boolean(), digests, digests, (count, isPartial, before, now) => {
      const unknown = new Set(isPartial ? ['metrics.k8s.io/v1'] : [])
      const withholding = withholdingOf(leaving(count), { ...gate, unknown, selections: [before, now] })
      assert.equal(withholding !== undefined, isPartial || changesOf(before, now).length > 0)
    }),
    runs(300),
  )
})

test('a file that gave objects and is no manifest any more takes nothing with it; any other file may do as it likes', () => {
  const packed = packFiles(['a.yaml', 'deploy/b.yaml'])
  assert.deepEqual(filesAmong(packed, ['values.yaml', 'deploy/b.yaml']), ['deploy/b.yaml'])
  assert.equal(unitePacked(packed, packFiles(['a.yaml'])), packed)
  assert.deepEqual(filesAmong('', ['a.yaml']), [])
  const withholding = withholdingOf(leaving(1), { ...gate, hidden: ['deploy/b.yaml'] })
  assert.match(withholding?.reason ?? '', /^deploy\/b\.yaml had objects before/)
})

test('F123: the limits, at their edges', () => {
  const refused = (count: number, size: number, most?: { objects: number; percent: number }) =>
    withholdingOf(leaving(count), { ...gate, size, policy: { ...policy, ...(most === undefined ? {} : { most }) } }) !==
    undefined
  assert.deepEqual([refused(10, 100), refused(20, 100), refused(21, 100)], [false, false, true])
  assert.deepEqual([refused(10, 20), refused(11, 20)], [false, true])
  assert.deepEqual([refused(3, 3), refused(2, 4), refused(3, 4), refused(3, 5)], [false, false, true, true])
  assert.deepEqual(
    [refused(4, 5, { objects: 4, percent: 0 }), refused(5, 5, { objects: 4, percent: 0 })],
    [false, true],
  )
  assert.deepEqual(
    [refused(5, 5, { objects: 0, percent: 100 }), refused(3, 10, { objects: 0, percent: 25 })],
    [false, true],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHint } from '../../src/hint.ts'
import type { CandidateState } from '../../src/object/candidate-state.ts'
import { digestFiles, knownFiles, mergeFileDigests } from '../../src/object/file-digests.ts'
import { makeInventory, SET_LABEL } from '../../src/object/inventory.ts'
import { PENDING_ENTRY, type RecordEntry } from '../../src/object/inventory-record.ts'
import type { LiveObject } from '../../src/object/live-object.ts'
import { decidePrune, type PruneCandidate, type PruneDecisionContext } from '../../src/plan/prune-decision.ts'
import { changedScope, checkPruneLimits } from '../../src/plan/prune-limits.ts'
import type { PrunePolicy } from '../../src/plan/prune-policy.ts'
import { runs } from '../runs.ts'

const inventory = makeInventory('fairlead', 'set')
const policy: PrunePolicy = { isOn: true, objects: [], mayEmpty: false, mayChangeScope: false }
const context: PruneDecisionContext = {
  ...{ inventory, policy, allowed: {}, inSet: new Set(), applyOnly: undefined, leaving: new Set() },
  owners: new Map([['applyset-other-v1', 'fairlead/other']]),
}
const live = (more: Partial<LiveObject> = {}): LiveObject => ({
  ...{ uid: 'u', resourceVersion: '1', generation: undefined, annotations: {}, isTerminating: false, ownership: 'o' },
  ...{ labels: { [SET_LABEL]: inventory.id }, ...more },
})
const entry: RecordEntry = { hash: 'h', uid: 'u', resourceVersion: '1', generation: undefined, ownership: 'o' }
const candidate = (more: Partial<LiveObject> = {}, key = '/ConfigMap/shop/a', known = entry): PruneCandidate => ({
  ...{ key, entry: known, state: { kind: 'live', live: live(more), path: '/p', holdsData: false } },
})

const cases: readonly (readonly [string, PruneCandidate, string, Partial<PruneDecisionContext>?])[] = [
  ['an object of ours goes', candidate(), 'pruned'],
  ['one that is gone is gone', { ...candidate(), state: { kind: 'gone' } }, 'already deleted'],
  [
    'one of which nobody can say stays',
    { ...candidate(), state: { kind: 'unknown', reason: 'R', message: 'r' } },
    'kept',
  ],
  ['one of another set is let go', candidate({ labels: { [SET_LABEL]: 'applyset-other-v1' } }), 'abandoned'],
  ['one that is in the set under another group is let go', candidate(), 'abandoned', { inSet: new Set(['u']) }],
  ['one without the label stays', candidate({ labels: {} }), 'kept'],
  ['one with another uid stays', candidate({ uid: 'other' }), 'kept'],
  ['after a crash our own entry will do', candidate({}, '/ConfigMap/shop/a', PENDING_ENTRY), 'pruned'],
  ['... and without one it stays', candidate({ ownership: '' }, '/ConfigMap/shop/a', PENDING_ENTRY), 'kept'],
  ['one that is being deleted is waited for', candidate({ isTerminating: true }), 'pruned'],
  ['one that is protected stays', candidate({ annotations: { 'helm.sh/resource-policy': 'keep' } }), 'kept'],
  ['one beyond the bounds stays', candidate(), 'kept', { allowed: { namespaces: ['other'] } }],
  ['in an apply-only run everything stays', candidate(), 'kept', { applyOnly: { reason: 'R', message: 'r' } }],
  ['without `prune` everything stays', candidate(), 'kept', { policy: { ...policy, isOn: false } }],
  ['a word of ours that nobody knows keeps it', candidate({ annotations: { 'fairlead.dev/prune': 'never' } }), 'kept'],
  [
    'an adoption that ended before its turn lets go',
    candidate({ labels: {} }, '/ConfigMap/shop/a', PENDING_ENTRY),
    'abandoned',
  ],
  ['the Namespace of the inventory stays', candidate({}, '/Namespace//fairlead'), 'kept'],
  ['a volume stays', candidate({}, '/PersistentVolume//v'), 'kept'],
  [
    'a volume that says so goes',
    candidate({ annotations: { 'fairlead.dev/prune': 'allow' } }, '/PersistentVolume//v'),
    'pruned',
  ],
]
for (const [name, given, result, more] of cases)
  test(name, () => assert.equal(decidePrune(given, { ...context, ...more }).result, result))

test('what takes its volumes along is asked for, as a volume is', () => {
  const state = { kind: 'live', live: live(), path: '/p', holdsData: true } as const
  const decision = decidePrune({ key: 'apps/StatefulSet/shop/db', entry, state }, context)
  assert.equal(decision.result, 'kept')
  assert.match(formatHint(decision.hint ?? ''), /`prune-allow: StatefulSet\/shop\/db`/)
})

test('a Namespace goes with what goes anyway, and stays with anything else in it', () => {
  const policyOf = { ...policy, objects: [{ kind: 'Namespace' }] }
  const result = (uids: readonly string[], leaving: readonly string[]) =>
    decidePrune(
      { ...candidate({}, '/Namespace//shop'), contained: { objects: uids.map((uid) => ({ uid, name: uid })) } },
      { ...context, policy: policyOf, leaving: new Set(leaving) },
    )
  assert.equal(result([], []).result, 'pruned')
  assert.equal(result(['a', 'b'], ['a', 'b']).result, 'pruned')
  assert.match(result(['a', 'b'], ['a']).message ?? '', /others have something in it, .*: b$/)
})

test('a permission covers what it names, and no more', () => {
  const key = '/PersistentVolumeClaim/shop/data'
  const result = (permission: object) => {
    const objects = [{ kind: 'PersistentVolumeClaim', ...permission }]
    return decidePrune(candidate({}, key), { ...context, policy: { ...policy, objects } }).result
  }
  assert.equal(result({}), 'pruned')
  assert.equal(result({ namespace: 'shop', name: 'data' }), 'pruned')
  assert.equal(result({ group: '', name: 'data' }), 'pruned')
  assert.equal(result({ namespace: 'other', name: 'data' }), 'kept')
  assert.equal(result({ name: 'other' }), 'kept')
  assert.equal(result({ group: 'example.com' }), 'kept')
  assert.equal(result({ kind: 'PersistentVolume' }), 'kept')
})

const candidates: fc.Arbitrary<CandidateState> = fc.oneof(
  fc.constant<CandidateState>({ kind: 'gone' }),
  fc.constant<CandidateState>({ kind: 'unknown', reason: 'R', message: 'r' }),
  fc
    .record({
      uid: fc.constantFrom('u', 'staying', 'other'),
      labels: fc.constantFrom({}, { [SET_LABEL]: inventory.id }, { [SET_LABEL]: 'applyset-other-v1' }),
      ownership: fc.constantFrom('', 'o'),
      annotations: fc.constantFrom({}, { 'fairlead.dev/prune': 'keep' }),
    })
    .map((more): CandidateState => ({ kind: 'live', live: live(more), path: '/p', holdsData: false })),
)

test('property I-15, I-16: nothing goes that is in the set, that the set has not made, or that is not its own', () => {
  const everything = { ...policy, objects: [{ kind: 'Namespace' }], mayChangeScope: true, mayEmpty: true }
  fc.assert(
    fc.property(
      candidates,
      fc.constantFrom(entry, PENDING_ENTRY),
      fc.constantFrom('/ConfigMap/shop/a', '/Namespace//n'),
      (state, known, key) => {
        const decision = decidePrune(
          { key, entry: known, state, contained: { objects: [] } },
          { ...context, policy: everything, inSet: new Set(['staying']) },
        )
        if (decision.result !== 'pruned') return
        assert.ok(state.kind === 'live')
        assert.equal(state.live.labels[SET_LABEL], inventory.id)
        assert.notEqual(state.live.uid, 'staying')
        assert.ok(known.uid === state.live.uid || (known.uid === '' && state.live.ownership !== ''))
        assert.deepEqual(state.live.annotations, {})
      },
    ),
    runs(300),
  )
})

const input = { policy, size: 100, unknown: new Set<string>(), scopes: [{}, {}], hiddenFiles: [] } as const
const leaving = (count: number) =>
  Array.from({ length: count }, (_, index) => decidePrune(candidate({}, `/ConfigMap/shop/${index}`), context))

test('property I-17, I-19: a partial view, and a set that is chosen otherwise, delete nothing', () => {
  const digests = fc.dictionary(fc.constantFrom('`path`', '`include`', '`exclude`'), fc.constantFrom('a', 'b'))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.boolean(), digests, digests, (count, isPartial, live, now) => {
      const unknown = new Set(isPartial ? ['metrics.k8s.io/v1'] : [])
      const block = checkPruneLimits(leaving(count), { ...input, unknown, scopes: [live, now] })
      assert.equal(block !== undefined, isPartial || changedScope(live, now).length > 0)
    }),
    runs(300),
  )
})

test('a file that gave objects and is no manifest any more takes nothing with it; any other file may do as it likes', () => {
  const packed = digestFiles(['a.yaml', 'deploy/b.yaml'])
  assert.deepEqual(knownFiles(packed, ['values.yaml', 'deploy/b.yaml']), ['deploy/b.yaml'])
  assert.equal(mergeFileDigests(packed, digestFiles(['a.yaml'])), packed)
  assert.deepEqual(knownFiles('', ['a.yaml']), [])
  const block = checkPruneLimits(leaving(1), { ...input, hiddenFiles: ['deploy/b.yaml'] })
  assert.match(block?.message ?? '', /^deploy\/b\.yaml had objects before/)
})

test('F123: the limits, at their edges', () => {
  const refused = (count: number, size: number, most?: { objects: number; percent: number }) =>
    checkPruneLimits(leaving(count), {
      ...input,
      size,
      policy: { ...policy, ...(most === undefined ? {} : { most }) },
    }) !== undefined
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

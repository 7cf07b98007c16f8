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
  ['an object of this set is pruned', candidate(), 'pruned'],
  [
    'an object that no longer exists is already deleted',
    { ...candidate(), state: { kind: 'gone' } },
    'already deleted',
  ],
  [
    'an object that cannot be read is kept',
    { ...candidate(), state: { kind: 'unknown', reason: 'R', message: 'r' } },
    'kept',
  ],
  ['an object of another set is abandoned', candidate({ labels: { [SET_LABEL]: 'applyset-other-v1' } }), 'abandoned'],
  [
    'an object that is in the set under another group is abandoned',
    candidate(),
    'abandoned',
    { inSet: new Set(['u']) },
  ],
  ['an object without the label is kept', candidate({ labels: {} }), 'kept'],
  ['an object with another uid is kept', candidate({ uid: 'other' }), 'kept'],
  [
    'an object that an interrupted run created is pruned if Fairlead owns fields of it',
    candidate({}, '/ConfigMap/shop/a', PENDING_ENTRY),
    'pruned',
  ],
  [
    'an object that an interrupted run may have created is kept if Fairlead owns no fields of it',
    candidate({ ownership: '' }, '/ConfigMap/shop/a', PENDING_ENTRY),
    'kept',
  ],
  ['an object that is being deleted is pruned', candidate({ isTerminating: true }), 'pruned'],
  [
    'an object that is protected by an annotation is kept',
    candidate({ annotations: { 'helm.sh/resource-policy': 'keep' } }),
    'kept',
  ],
  ['an object outside the allowed targets is kept', candidate(), 'kept', { allowed: { namespaces: ['other'] } }],
  [
    'in a run that prunes nothing everything is kept',
    candidate(),
    'kept',
    { applyOnly: { reason: 'R', message: 'r' } },
  ],
  ['without `prune` everything is kept', candidate(), 'kept', { policy: { ...policy, isOn: false } }],
  [
    'an object with an unknown value of the prune annotation is kept',
    candidate({ annotations: { 'fairlead.dev/prune': 'never' } }),
    'kept',
  ],
  [
    'an object whose adoption was interrupted is abandoned',
    candidate({ labels: {} }, '/ConfigMap/shop/a', PENDING_ENTRY),
    'abandoned',
  ],
  ['the Namespace of the inventory is kept', candidate({}, '/Namespace//fairlead'), 'kept'],
  ['a volume is kept', candidate({}, '/PersistentVolume//v'), 'kept'],
  [
    'a volume with an annotation that allows it is pruned',
    candidate({ annotations: { 'fairlead.dev/prune': 'allow' } }, '/PersistentVolume//v'),
    'pruned',
  ],
]
for (const [name, given, result, more] of cases)
  test(name, () => assert.equal(decidePrune(given, { ...context, ...more }).result, result))

test('a StatefulSet that deletes its volumes needs a permission, as a volume does', () => {
  const state = { kind: 'live', live: live(), path: '/p', holdsData: true } as const
  const decision = decidePrune({ key: 'apps/StatefulSet/shop/db', entry, state }, context)
  assert.equal(decision.result, 'kept')
  assert.match(formatHint(decision.hint ?? ''), /`prune-allow: StatefulSet\/shop\/db`/)
})

test('a Namespace is pruned if everything in it is pruned, and kept otherwise', () => {
  const policyOf = { ...policy, objects: [{ kind: 'Namespace' }] }
  const result = (uids: readonly string[], leaving: readonly string[]) =>
    decidePrune(
      { ...candidate({}, '/Namespace//shop'), contained: { objects: uids.map((uid) => ({ uid, name: uid })) } },
      { ...context, policy: policyOf, leaving: new Set(leaving) },
    )
  assert.equal(result([], []).result, 'pruned')
  assert.equal(result(['a', 'b'], ['a', 'b']).result, 'pruned')
  const kept = result(['a', 'b'], ['a'])
  assert.equal(kept.reason, 'ContainsOtherObjects')
  assert.match(kept.message ?? '', /: b$/)
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
      uid: fc.constantFrom('u', 'in-set', 'other'),
      labels: fc.constantFrom({}, { [SET_LABEL]: inventory.id }, { [SET_LABEL]: 'applyset-other-v1' }),
      ownership: fc.constantFrom('', 'o'),
      annotations: fc.constantFrom({}, { 'fairlead.dev/prune': 'keep' }),
    })
    .map((more): CandidateState => ({ kind: 'live', live: live(more), path: '/p', holdsData: false })),
)

test('property: no object is pruned that is in the set, that the set did not create, or that another set owns', () => {
  const allowAll = { ...policy, objects: [{ kind: 'Namespace' }], mayChangeScope: true, mayEmpty: true }
  fc.assert(
    fc.property(
      candidates,
      fc.constantFrom(entry, PENDING_ENTRY),
      fc.constantFrom('/ConfigMap/shop/a', '/Namespace//n'),
      (state, known, key) => {
        const decision = decidePrune(
          { key, entry: known, state, contained: { objects: [] } },
          { ...context, policy: allowAll, inSet: new Set(['in-set']) },
        )
        if (decision.result !== 'pruned') return
        assert.ok(state.kind === 'live')
        assert.equal(state.live.labels[SET_LABEL], inventory.id)
        assert.notEqual(state.live.uid, 'in-set')
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

test('property: nothing is pruned if API discovery is incomplete, or if the scope of the set has changed', () => {
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

test('nothing is pruned if a file that had objects is skipped now; other skipped files do not matter', () => {
  const packed = digestFiles(['a.yaml', 'deploy/b.yaml'])
  assert.deepEqual(knownFiles(packed, ['values.yaml', 'deploy/b.yaml']), ['deploy/b.yaml'])
  assert.equal(mergeFileDigests(packed, digestFiles(['a.yaml'])), packed)
  assert.deepEqual(knownFiles('', ['a.yaml']), [])
  const block = checkPruneLimits(leaving(1), { ...input, hiddenFiles: ['deploy/b.yaml'] })
  assert.equal(block?.reason, 'NoObjectsInFile')
  assert.match(block.message, /^deploy\/b\.yaml /)
})

test('the prune limits apply exactly at their bounds', () => {
  const isBlocked = (count: number, size: number, most?: { objects: number; percent: number }) =>
    checkPruneLimits(leaving(count), {
      ...input,
      size,
      policy: { ...policy, ...(most === undefined ? {} : { most }) },
    }) !== undefined
  assert.deepEqual([isBlocked(10, 100), isBlocked(20, 100), isBlocked(21, 100)], [false, false, true])
  assert.deepEqual([isBlocked(10, 20), isBlocked(11, 20)], [false, true])
  assert.deepEqual([isBlocked(3, 3), isBlocked(2, 4), isBlocked(3, 4), isBlocked(3, 5)], [false, false, true, true])
  assert.deepEqual(
    [isBlocked(4, 5, { objects: 4, percent: 0 }), isBlocked(5, 5, { objects: 4, percent: 0 })],
    [false, true],
  )
  assert.deepEqual(
    [isBlocked(5, 5, { objects: 0, percent: 100 }), isBlocked(3, 10, { objects: 0, percent: 25 })],
    [false, true],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/json.ts'
import { openPodDiagnosis, type Workload } from '../../src/wait/pod-diagnosis.ts'
import { answering, apiOf } from './world.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const workload = (kind: string, namespace = 'n', uid = `uid-${kind}`): Workload => ({
  id: { group: kind === 'Job' ? 'batch' : 'apps', kind, namespace, name: kind.toLowerCase() },
  seen: { metadata: { uid, annotations: { [REVISION]: '2' } } },
})
const owned = (name: string, owner: string, more: JsonObject = {}): JsonObject => ({
  metadata: { name, uid: `uid-${name}`, ownerReferences: [{ uid: owner }] },
  ...more,
})
const broken = {
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
  },
}
const starting = { status: { phase: 'Pending' } }
const reasons = async (workloads: readonly Workload[], answer: Parameters<typeof apiOf>[0]) => {
  const { api, asked } = apiOf(answer)
  const found = await openPodDiagnosis(api)(workloads)
  return { asked, reasons: workloads.map((each) => found.get(each)?.reason) }
}

test('suspects Pods of the newest revision of a Deployment, and a stuck one before one on its way', async () => {
  const replicaSet = (name: string, revision: string): Json => ({
    metadata: {
      name,
      uid: `uid-${name}`,
      ownerReferences: [{ uid: 'uid-Deployment' }],
      annotations: { [REVISION]: revision },
    },
  })
  const found = await reasons([workload('Deployment')], (path) => {
    if (path.includes('/replicasets')) return { items: [replicaSet('old', '1'), replicaSet('new', '2')] }
    return {
      items: [owned('p0', 'uid-old', broken), owned('p1', 'uid-new', starting), owned('p2', 'uid-new', broken)],
    }
  })
  assert.deepEqual(found.reasons, ['Pod p2 is in CrashLoopBackOff: `app` cannot start'])
})

test('one list of Pods and one of events serve all workloads of a namespace', async () => {
  const kinds = ['StatefulSet', 'DaemonSet', 'Job']
  const refusal = (uid: string, message: string): Json => ({
    ...{ involvedObject: { uid }, message, lastTimestamp: '2026-01-01T00:00:00Z' },
  })
  const found = await reasons(
    kinds.map((kind) => workload(kind)),
    (path) => {
      if (path.includes('/events'))
        return { items: [refusal('uid-Job', 'exceeded quota: one'), refusal('uid-Job', 'exceeded quota: two')] }
      return { items: [owned('p', 'uid-DaemonSet', starting)] }
    },
  )
  assert.deepEqual(found.reasons, [undefined, 'Pod p has not started yet', 'exceeded quota: two'])
  assert.equal(found.asked.length, 2)
})

test('many namespaces are looked at by one list of the whole cluster, where that is allowed', async () => {
  const workloads = Array.from({ length: 12 }, (_, index) => workload('DaemonSet', `n${index}`, `uid-${index}`))
  const items = workloads.map((_, index) => owned(`p${index}`, `uid-${index}`, starting))
  const allowed = await reasons(workloads, () => ({ items }))
  assert.equal(allowed.asked.length, 1)
  const confined = await reasons(workloads, (path) =>
    path.startsWith('/api/v1/pods') ? answering(403, {}) : { items },
  )
  assert.equal(confined.asked.length, 13)
  for (const { reasons } of [allowed, confined]) assert.equal(reasons[11], 'Pod p11 has not started yet')
})

test('Pods that are on their way out, or of others, are no suspects', async () => {
  const leaving = {
    metadata: { name: 'p', uid: 'u', ownerReferences: [{ uid: 'uid-DaemonSet' }], deletionTimestamp: 'now' },
  }
  const found = await reasons([workload('DaemonSet')], (path) => {
    return { items: path.includes('/events') ? [] : [{ ...leaving, ...broken }, owned('q', 'uid-other', broken)] }
  })
  assert.deepEqual(found.reasons, [undefined])
})

test('an identity that may not list Pods has no suspects', async () => {
  assert.deepEqual((await reasons([workload('DaemonSet')], () => answering(403, {}))).reasons, [undefined])
})

test('a refusal from before its Pods came is of the past', async () => {
  const job = workload('Job')
  const events = [
    { involvedObject: { uid: 'uid-Job' }, message: 'exceeded quota', eventTime: '2026-01-01T00:00:05.000000Z' },
  ]
  const born = (creationTimestamp: string): Json => ({
    metadata: { name: 'p', uid: 'u', ownerReferences: [{ uid: 'uid-Job' }], creationTimestamp },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  const after = (creationTimestamp: string) =>
    reasons([job], (path) => ({ items: path.includes('/events') ? events : [born(creationTimestamp)] }))
  assert.deepEqual((await after('2026-01-01T00:00:07Z')).reasons, [undefined])
  assert.deepEqual((await after('2026-01-01T00:00:03Z')).reasons, ['exceeded quota'])
})

test('what must not be listed is asked for once', async () => {
  const { api, asked } = apiOf(() => answering(403, {}))
  const find = openPodDiagnosis(api)
  for (let look = 0; look < 3; look += 1) await find([workload('Deployment')])
  assert.equal(asked.length, 2)
})

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
const reasons = async (workloads: readonly Workload[], respond: Parameters<typeof apiOf>[0]) => {
  const { api, asked } = apiOf(respond)
  const found = await openPodDiagnosis(api)(workloads)
  return { asked, reasons: workloads.map((workload) => found.get(workload)?.reason) }
}

test('a Deployment is diagnosed by Pods of its newest revision, a stuck Pod before a starting one', async () => {
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

test('one list of Pods and one of events cover all workloads of a namespace', async () => {
  const kinds = ['StatefulSet', 'DaemonSet', 'Job']
  const rejection = (uid: string, message: string): Json => ({
    ...{ involvedObject: { uid }, message, lastTimestamp: '2026-01-01T00:00:00Z' },
  })
  const found = await reasons(
    kinds.map((kind) => workload(kind)),
    (path) => {
      if (path.includes('/events'))
        return { items: [rejection('uid-Job', 'exceeded quota: one'), rejection('uid-Job', 'exceeded quota: two')] }
      return { items: [owned('p', 'uid-DaemonSet', starting)] }
    },
  )
  assert.deepEqual(found.reasons, [undefined, 'Pod p has not started yet', 'exceeded quota: two'])
  assert.equal(found.asked.length, 2)
})

test('many namespaces are read by one list of the whole cluster, if the credentials allow it', async () => {
  const workloads = Array.from({ length: 12 }, (_, index) => workload('DaemonSet', `n${index}`, `uid-${index}`))
  const items = workloads.map((_, index) => owned(`p${index}`, `uid-${index}`, starting))
  const allowed = await reasons(workloads, () => ({ items }))
  assert.equal(allowed.asked.length, 1)
  const restricted = await reasons(workloads, (path) =>
    path.startsWith('/api/v1/pods') ? answering(403, {}) : { items },
  )
  assert.equal(restricted.asked.length, 13)
  for (const { reasons } of [allowed, restricted]) assert.equal(reasons[11], 'Pod p11 has not started yet')
})

test('terminating Pods and Pods of other owners are ignored', async () => {
  const terminating = {
    metadata: { name: 'p', uid: 'u', ownerReferences: [{ uid: 'uid-DaemonSet' }], deletionTimestamp: 'now' },
  }
  const found = await reasons([workload('DaemonSet')], (path) => {
    return { items: path.includes('/events') ? [] : [{ ...terminating, ...broken }, owned('q', 'uid-other', broken)] }
  })
  assert.deepEqual(found.reasons, [undefined])
})

test('without permission to list Pods there is no diagnosis', async () => {
  assert.deepEqual((await reasons([workload('DaemonSet')], () => answering(403, {}))).reasons, [undefined])
})

test('a rejection that is older than the newest Pod is ignored', async () => {
  const job = workload('Job')
  const events = [
    { involvedObject: { uid: 'uid-Job' }, message: 'exceeded quota', eventTime: '2026-01-01T00:00:05.000000Z' },
  ]
  const podCreatedAt = (creationTimestamp: string): Json => ({
    metadata: { name: 'p', uid: 'u', ownerReferences: [{ uid: 'uid-Job' }], creationTimestamp },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  const reasonsWithPod = (creationTimestamp: string) =>
    reasons([job], (path) => ({ items: path.includes('/events') ? events : [podCreatedAt(creationTimestamp)] }))
  assert.deepEqual((await reasonsWithPod('2026-01-01T00:00:07Z')).reasons, [undefined])
  assert.deepEqual((await reasonsWithPod('2026-01-01T00:00:03Z')).reasons, ['exceeded quota'])
})

test('a list that is forbidden is requested once', async () => {
  const { api, asked } = apiOf(() => answering(403, {}))
  const diagnose = openPodDiagnosis(api)
  for (let round = 0; round < 3; round += 1) await diagnose([workload('Deployment')])
  assert.equal(asked.length, 2)
})

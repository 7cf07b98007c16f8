import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../../src/diagnostics.ts'
import type { Json, JsonObject } from '../../src/json.ts'
import { openStatusReader } from '../../src/wait/status-reader.ts'
import { unreadyReason } from '../../src/wait/unready-object.ts'
import type { WaitEvent } from '../../src/wait/wait-event.ts'
import type { WaitTarget } from '../../src/wait/wait-target.ts'
import { openWaiter, type WaitOptions } from '../../src/wait/waiter.ts'
import { answering, apiOf, idleClock } from './world.ts'

type Respond = Parameters<typeof apiOf>[0]

/** Waits for objects of a fake API whose responses depend on the path and on the seconds that have passed. */
async function waitFor(
  objects: readonly Omit<WaitTarget, 'since'>[],
  respond: (path: string, seconds: number) => ReturnType<Respond>,
  more: Partial<WaitOptions> & { readonly maxWait?: number } = {},
) {
  const events: WaitEvent[] = []
  const clock = idleClock()
  const { api, asked } = apiOf((path) => respond(path, clock.steady() / 1000))
  const targets = objects.map((object): WaitTarget => ({ ...object, since: 0 }))
  const emit = (event: WaitEvent) => events.push(event)
  const options = { signal: new AbortController().signal, timeout: 600_000, emit, clock, ...more }
  const settled = await openWaiter(
    openStatusReader(api, ['l', 'v'], () => {}),
    options,
  ).waitFor(targets, more.maxWait)
  const ends = targets.map((target) => {
    const end = settled.get(target)
    return end === undefined ? undefined : end.isReady ? 'ready' : unreadyReason(end)
  })
  return { ends, settled: [...settled.values()], asked, events, seconds: clock.steady() / 1000 }
}

const target = (group: string, kind: string, name = kind.toLowerCase()): Omit<WaitTarget, 'since'> => {
  return { id: { group, kind, namespace: 'n', name }, path: `/x/${kind}/${name}` }
}
const deployment = target('apps', 'Deployment')
const job = target('batch', 'Job')
const pvc = target('', 'PersistentVolumeClaim')
const resource = target('example.com', 'Thing')
const rollout = (availableReplicas: number, reason = 'ReplicaSetUpdated'): Json => ({
  metadata: { uid: 'd', generation: 1 },
  status: {
    ...{ observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas },
    conditions: [{ type: 'Progressing', status: 'False', reason, message: 'It has timed out.' }],
  },
})
const pods = (state: JsonObject, restartCount = 0): Json => ({
  items: [
    {
      metadata: { name: 'p', uid: 'p', ownerReferences: [{ uid: 'd' }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'app', restartCount, state }] },
    },
  ],
})
const crashing = { waiting: { reason: 'CrashLoopBackOff' } }

test('a wait ends as soon as the object is ready', async () => {
  const { ends, seconds } = await waitFor([deployment], (path, now) =>
    path.includes('?') ? { items: [] } : rollout(now < 30 ? 0 : 1),
  )
  assert.deepEqual(ends, ['ready'])
  assert.ok(seconds >= 30 && seconds <= 32, `${seconds}`)
})

test('an object that does not become ready is waited for until the timeout, with a progress event every 15 s', async () => {
  const { settled, seconds, events } = await waitFor(
    [deployment],
    (path) => (path.includes('?') ? { items: [] } : rollout(0)),
    { timeout: 60_000 },
  )
  assert.ok(seconds >= 60 && seconds <= 62, `${seconds}`)
  assert.ok((settled[0]?.waited ?? 0) >= 60_000)
  assert.equal(events.length, 4)
  assert.deepEqual(events[0]?.objects[0]?.message, '0 of 1 in `status.availableReplicas`')
})

test('a Degraded status of an earlier rollout may recover', async () => {
  const { ends } = await waitFor([deployment], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return now < 50 ? rollout(0, 'ProgressDeadlineExceeded') : rollout(now < 55 ? 0 : 1)
  })
  assert.deepEqual(ends, ['ready'])
})

test('an object that stays Degraded is given up after a minute', async () => {
  const { ends, seconds } = await waitFor([deployment], (path) =>
    path.includes('?') ? { items: [] } : rollout(0, 'ProgressDeadlineExceeded'),
  )
  assert.deepEqual(ends, ['It has timed out'])
  assert.ok(seconds >= 60 && seconds <= 62, `${seconds}`)
})

test('a crash loop ends the wait after a minute, even if the container runs between two crashes', async () => {
  const { ends, seconds } = await waitFor([deployment], (path, now) => {
    if (!path.includes('?')) return rollout(0)
    if (!path.includes('/pods')) return { items: [] }
    return now % 20 < 8 ? pods({ running: {} }, 1) : pods(crashing, 2)
  })
  assert.deepEqual(ends, ['0 of 1 in `status.availableReplicas`; Pod p is in CrashLoopBackOff: `app` cannot start'])
  assert.ok(seconds >= 60 && seconds <= 85, `${seconds}`)
})

test('a crash loop that recovers does not end the wait', async () => {
  const { ends } = await waitFor([deployment], (path, now) => {
    if (!path.includes('?')) return rollout(now < 90 ? 0 : 1)
    return path.includes('/pods') ? pods(now < 50 ? crashing : { running: {} }, 3) : { items: [] }
  })
  assert.deepEqual(ends, ['ready'])
})

test('a container that has already restarted many times is given up at once', async () => {
  const { seconds } = await waitFor([deployment], (path) => (path.includes('?') ? pods(crashing, 9) : rollout(0)))
  assert.ok(seconds <= 4, `${seconds}`)
})

test('the number of requests depends on kinds and time, not on objects', async () => {
  const objects = Array.from({ length: 1_000 }, (_, index) => {
    const id = { group: 'apps', kind: 'Deployment', namespace: `n${index % 5}`, name: `d${index}` }
    return { id, path: `/apis/apps/v1/namespaces/${id.namespace}/deployments/${id.name}`, isMember: true }
  })
  const { ends, asked } = await waitFor(objects, (path, now) => {
    if (!path.startsWith('/apis/apps/v1/deployments?')) return { items: [] }
    return {
      items: objects.map(({ id: { namespace, name } }, index) => {
        return { ...(rollout(now < index / 20 ? 0 : 1) as JsonObject), metadata: { generation: 1, namespace, name } }
      }),
    }
  })
  assert.deepEqual(new Set(ends), new Set(['ready']))
  const lists = asked.filter((path) => path.startsWith('/apis/apps/v1/deployments?'))
  assert.ok(lists.length < 40, `${lists.length}`)
  assert.ok(asked.length < 200, `${asked.length}`)
})

test('a short outage does not end a wait, a long one does', async () => {
  const outage = new Failure({ code: 'E-KUBE-NET', message: 'no answer' })
  const { ends } = await waitFor([deployment], (_, now) => (now > 1 && now < 30 ? outage : rollout(now < 30 ? 0 : 1)))
  assert.deepEqual(ends, ['ready'])
  await assert.rejects(
    waitFor([deployment], () => outage),
    /no answer/,
  )
})

test('credentials that are no longer accepted end a wait', async () => {
  const rejected = new Failure({ code: 'E-KUBE-AUTH', message: 'expired' })
  await assert.rejects(
    waitFor([deployment], (_, now) => (now > 1 ? rejected : rollout(0))),
    /expired/,
  )
})

test('an object that was deleted, or that the credentials cannot read, is not ready', async () => {
  const [deleted] = (await waitFor([deployment], () => undefined)).settled
  assert.deepEqual([deleted?.isReady, deleted?.isDeleted, deleted?.health.status], [false, true, 'Missing'])
  const [forbidden] = (await waitFor([deployment], () => answering(403, {}))).settled
  assert.deepEqual([forbidden?.isReady, forbidden?.health.status], [false, 'Unknown'])
  assert.match(forbidden?.health.reason ?? '', /`get`/)
})

test('after the maximum wait it is enough that some objects are settled', async () => {
  const other = { ...deployment, path: '/other' }
  const { ends } = await waitFor([deployment, other], (path) => rollout(path === '/other' ? 1 : 0), { maxWait: 50 })
  assert.deepEqual(ends, [undefined, 'ready'])
})

test('a suspended Job is ready, unless it must run', async () => {
  const suspended = () => ({ spec: { suspend: true } })
  assert.deepEqual((await waitFor([job], suspended)).ends, ['ready'])
  assert.deepEqual((await waitFor([{ ...job, mustRun: true }], suspended, { timeout: 5_000 })).ends, [
    'it is suspended',
  ])
})

test('the events of a Job deleted by its TTL say how it ended', async () => {
  const jobWithTtl = { ...job, object: { spec: { ttlSecondsAfterFinished: 0 } } }
  const deleted =
    (...reasons: string[]) =>
    (path: string) =>
      path.includes('/events')
        ? { items: reasons.map((reason, index) => ({ reason, lastTimestamp: `${index}` })) }
        : undefined
  assert.deepEqual((await waitFor([jobWithTtl], deleted('SuccessfulCreate', 'Completed'))).ends, ['ready'])
  const [failed] = (await waitFor([jobWithTtl], deleted('Completed', 'BackoffLimitExceeded'))).ends
  assert.match(failed ?? '', /failed/)
  assert.deepEqual((await waitFor([jobWithTtl], deleted())).ends, ['ready'])
  const [end] = (await waitFor([{ ...jobWithTtl, mustRun: true }], deleted())).ends
  assert.match(end ?? '', /`ttlSecondsAfterFinished` is too short/)
})

test('a PVC that is bound with its first Pod is not waited for, any other one is', async () => {
  const pending =
    (mode: string, status = 200) =>
    (path: string) => {
      if (path.includes('storageclasses')) return answering(status, { volumeBindingMode: mode })
      return { spec: { storageClassName: 'c' }, status: { phase: 'Pending' } }
    }
  assert.deepEqual((await waitFor([pvc], pending('WaitForFirstConsumer'))).ends, ['ready'])
  assert.deepEqual((await waitFor([pvc], pending('', 403))).ends, ['ready'])
  const late = await waitFor([pvc], pending('Immediate'), { timeout: 5_000 })
  assert.deepEqual(late.ends, ['its phase is Pending'])
  assert.equal(late.asked.filter((path) => path.includes('storageclasses')).length, 1)
})

test('a resource without a status is given some seconds, once nothing else is waited for', async () => {
  const withoutStatus = (hasStatus: boolean) => (path: string, now: number) => {
    if (path.includes('?')) return { items: [] }
    if (path.startsWith('/x/Deployment')) return rollout(now < 30 ? 0 : 1)
    return path.endsWith('/status') && !hasStatus ? undefined : { spec: {} }
  }
  const written = { ...resource, isWritten: true }
  const ends = ['ready', 'ready']
  const waited = await waitFor([deployment, written], withoutStatus(true))
  assert.deepEqual(waited.ends, ends)
  assert.ok(waited.seconds >= 40 && waited.seconds <= 44, `${waited.seconds}`)
  for (const immediate of [
    await waitFor([deployment, written], withoutStatus(false)),
    await waitFor([deployment, resource], withoutStatus(true)),
  ]) {
    assert.deepEqual(immediate.ends, ends)
    assert.ok(immediate.seconds >= 30 && immediate.seconds <= 32, `${immediate.seconds}`)
  }
})

test('without permission to read the status subresource, it is assumed to exist', async () => {
  const { ends, settled, seconds } = await waitFor([{ ...resource, isWritten: true }], (path) =>
    path.endsWith('/status') ? answering(403, {}) : { spec: {} },
  )
  assert.deepEqual(ends, ['ready'])
  assert.equal(settled[0]?.isGuess, true)
  assert.ok(seconds >= 10, `${seconds}`)
})

test('a resource whose controller sets a status in that time is waited for', async () => {
  const { ends, seconds } = await waitFor([{ ...resource, isWritten: true }], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return now < 5
      ? { spec: {} }
      : { status: { conditions: [{ type: 'Ready', status: now < 40 ? 'Unknown' : 'True' }] } }
  })
  assert.deepEqual(ends, ['ready'])
  assert.ok(seconds >= 40 && seconds <= 42, `${seconds}`)
})

test('a resource with an unknown status is waited for no longer than one without a status', async () => {
  const unknownStatus = () => ({ status: { phase: 'Other' } })
  const { ends, settled, seconds } = await waitFor([{ ...resource, isWritten: true }], unknownStatus)
  assert.deepEqual(ends, ['ready'])
  assert.equal(settled[0]?.health.status, 'Unknown')
  assert.ok(seconds >= 10 && seconds <= 13, `${seconds}`)
  assert.ok((await waitFor([resource], unknownStatus)).seconds < 1)
})

test('an HPA may lack metrics for three minutes', async () => {
  const hpa = target('autoscaling', 'HorizontalPodAutoscaler')
  const lacking = { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' }
  const waitWithoutMetrics = (seconds: number) =>
    waitFor([hpa], (_, now) => ({
      status: { conditions: now < seconds ? [lacking] : [{ type: 'AbleToScale', status: 'True' }] },
    }))
  assert.deepEqual((await waitWithoutMetrics(120)).ends, ['ready'])
  const { ends, seconds } = await waitWithoutMetrics(600)
  assert.deepEqual(ends, ['`ScalingActive` is False (FailedGetResourceMetric): no metrics'])
  assert.ok(seconds >= 180 && seconds <= 183, `${seconds}`)
})

test('a changed resource whose status has no observedGeneration is not ready at once', async () => {
  const ready = (generation: number, more: JsonObject = {}) => ({
    ...{ metadata: { generation } },
    status: { ...more, conditions: [{ type: 'Ready', status: 'True' }] },
  })
  const seconds = async (isWritten: boolean, object: Json) =>
    (await waitFor([{ ...resource, isWritten }], () => object)).seconds
  const changed = await seconds(true, ready(2))
  assert.ok(changed >= 5 && changed < 7, `${changed}`)
  for (const [isWritten, object] of [
    [true, ready(1)],
    [true, ready(2, { observedGeneration: 2 })],
    [false, ready(2)],
  ] as const)
    assert.equal(await seconds(isWritten, object), 0)
  const statusless = { ...target('monitoring.coreos.com', 'ServiceMonitor'), isWritten: true }
  assert.equal((await waitFor([statusless], () => ({ metadata: { generation: 2 } }))).seconds, 0)
})

const second = target('apps', 'Deployment', 'second')

/** A fake API in which the second Deployment is ready after `slow` seconds, and the first one crashes until `ready` seconds. */
const dependent = (slow: number, restarts: number, ready: number) => (path: string, now: number) => {
  if (path.includes('/pods')) return pods(now < ready ? crashing : { running: {} }, restarts)
  if (path.includes('?')) return { items: [] }
  if (!path.endsWith('second')) return rollout(now < ready ? 0 : 1)
  return { ...(rollout(now < slow ? 0 : 1) as JsonObject), metadata: { uid: 'e', generation: 1 } }
}

test('a crashing object is not given up while another object progresses', async () => {
  const { ends, seconds } = await waitFor([deployment, second], dependent(200, 3, 245))
  assert.deepEqual(ends, ['ready', 'ready'])
  assert.ok(seconds >= 245 && seconds <= 248, `${seconds}`)
})

test('an object that crashed while another one progressed gets the back-off of the kubelet', async () => {
  assert.deepEqual((await waitFor([deployment, second], dependent(100, 6, 390))).ends, ['ready', 'ready'])
  const { ends, seconds } = await waitFor([deployment, second], dependent(20, 3, 999))
  assert.match(ends[0] ?? '', /CrashLoopBackOff/)
  assert.ok(seconds >= 80 && seconds <= 100, `${seconds}`)
})

test('an object without a status does not fail because another one became ready just before the timeout', async () => {
  const { ends } = await waitFor([deployment, { ...resource, isWritten: true }], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return path.startsWith('/x/Deployment') ? rollout(now < 595 ? 0 : 1) : { spec: {} }
  })
  assert.deepEqual(ends, ['ready', 'ready'])
})

test('replicas that crash at different times do not restart the grace period', async () => {
  const crash = (name: string, now: number, shift: number): Json => ({
    metadata: { name, uid: name, ownerReferences: [{ uid: 'd' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        { name: 'app', restartCount: 2, state: (now + shift) % 40 < 20 ? crashing : { running: {} } },
      ],
    },
  })
  const { seconds } = await waitFor([deployment], (path, now) => {
    if (path.includes('/pods')) return { items: ['a', 'b', 'c'].map((name, index) => crash(name, now, 13 * index)) }
    return path.includes('?') ? { items: [] } : rollout(0)
  })
  assert.ok(seconds <= 90, `${seconds}`)
})

test('a second call of the same waiter continues the grace periods of the first', async () => {
  const clock = idleClock()
  const { api } = apiOf((path) =>
    path.includes('/pods')
      ? pods(crashing, 2)
      : path.includes('?')
        ? { items: [] }
        : rollout(path.endsWith('d9') ? 1 : 0),
  )
  const options = { signal: new AbortController().signal, timeout: 600_000, emit: () => {}, clock }
  const waiter = openWaiter(
    openStatusReader(api, ['l', 'v'], () => {}),
    options,
  )
  const available = { ...target('apps', 'Deployment', 'd9'), since: 0 }
  let settled = new Map<object, unknown>()
  const crashed = { ...deployment, since: 0 }
  for (let round = 0; round < 100 && !settled.has(crashed); round += 1) {
    settled = await waiter.waitFor([crashed, available], 2_000)
    await clock.sleep(3_000)
  }
  assert.ok(clock.steady() <= 90_000, `${clock.steady()}`)
})

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

type Answers = Parameters<typeof apiOf>[0]

/** Waits for objects in a world that answers as it is told, with the time that has passed in seconds. */
async function waitFor(
  objects: readonly Omit<WaitTarget, 'since'>[],
  answer: (path: string, seconds: number) => ReturnType<Answers>,
  more: Partial<WaitOptions> & { readonly patience?: number } = {},
) {
  const events: WaitEvent[] = []
  const clock = idleClock()
  const { api, asked } = apiOf((path) => answer(path, clock.steady() / 1000))
  const target = objects.map((object): WaitTarget => ({ ...object, since: 0 }))
  const emit = (event: WaitEvent) => events.push(event)
  const options = { signal: new AbortController().signal, timeout: 600_000, emit, clock, ...more }
  const settled = await openWaiter(
    openStatusReader(api, ['l', 'v'], () => {}),
    options,
  ).waitFor(target, more.patience)
  const ends = target.map((each) => {
    const end = settled.get(each)
    return end === undefined ? undefined : end.isReady ? 'ready' : unreadyReason(end)
  })
  return { ends, settled: [...settled.values()], asked, events, seconds: clock.steady() / 1000 }
}

const subject = (group: string, kind: string, name = kind.toLowerCase()): Omit<WaitTarget, 'since'> => {
  return { id: { group, kind, namespace: 'n', name }, path: `/x/${kind}/${name}` }
}
const deployment = subject('apps', 'Deployment')
const job = subject('batch', 'Job')
const claim = subject('', 'PersistentVolumeClaim')
const resource = subject('example.com', 'Thing')
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

test('what gets ready is waited for, and nothing longer', async () => {
  const { ends, seconds } = await waitFor([deployment], (path, now) =>
    path.includes('?') ? { items: [] } : rollout(now < 30 ? 0 : 1),
  )
  assert.deepEqual(ends, ['ready'])
  assert.ok(seconds >= 30 && seconds <= 32, `${seconds}`)
})

test('what does not get ready is waited for until its time is over, with a word on it every quarter of a minute', async () => {
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

test('a failure that an earlier run left behind may pass', async () => {
  const { ends } = await waitFor([deployment], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return now < 50 ? rollout(0, 'ProgressDeadlineExceeded') : rollout(now < 55 ? 0 : 1)
  })
  assert.deepEqual(ends, ['ready'])
})

test('a failure that may pass, and does not, is one after a minute', async () => {
  const { ends, seconds } = await waitFor([deployment], (path) =>
    path.includes('?') ? { items: [] } : rollout(0, 'ProgressDeadlineExceeded'),
  )
  assert.deepEqual(ends, ['It has timed out'])
  assert.ok(seconds >= 60 && seconds <= 62, `${seconds}`)
})

test('a crash loop ends the wait after a minute, also where the container runs between two crashes', async () => {
  const { ends, seconds } = await waitFor([deployment], (path, now) => {
    if (!path.includes('?')) return rollout(0)
    if (!path.includes('/pods')) return { items: [] }
    return now % 20 < 8 ? pods({ running: {} }, 1) : pods(crashing, 2)
  })
  assert.deepEqual(ends, ['0 of 1 in `status.availableReplicas`; Pod p is in CrashLoopBackOff: `app` cannot start'])
  assert.ok(seconds >= 60 && seconds <= 85, `${seconds}`)
})

test('a crash that passes ends nothing', async () => {
  const { ends } = await waitFor([deployment], (path, now) => {
    if (!path.includes('?')) return rollout(now < 90 ? 0 : 1)
    return path.includes('/pods') ? pods(now < 50 ? crashing : { running: {} }, 3) : { items: [] }
  })
  assert.deepEqual(ends, ['ready'])
})

test('who has crashed for minutes already gets no minute more', async () => {
  const { seconds } = await waitFor([deployment], (path) => (path.includes('?') ? pods(crashing, 9) : rollout(0)))
  assert.ok(seconds <= 4, `${seconds}`)
})

test('requests are bounded by kinds and time, not by objects', async () => {
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

test('a server that is away for a moment does not end a wait; one that stays away does', async () => {
  const outage = new Failure({ code: 'E-KUBE-NET', message: 'no answer' })
  const { ends } = await waitFor([deployment], (_, now) => (now > 1 && now < 30 ? outage : rollout(now < 30 ? 0 : 1)))
  assert.deepEqual(ends, ['ready'])
  await assert.rejects(
    waitFor([deployment], () => outage),
    /no answer/,
  )
})

test('credentials that are no longer accepted end it', async () => {
  const rejected = new Failure({ code: 'E-KUBE-AUTH', message: 'expired' })
  await assert.rejects(
    waitFor([deployment], (_, now) => (now > 1 ? rejected : rollout(0))),
    /expired/,
  )
})

test('what is gone, or must not be read, is not ready', async () => {
  assert.deepEqual((await waitFor([deployment], () => undefined)).ends, ['it was deleted'])
  assert.deepEqual((await waitFor([deployment], () => answering(403, {}))).ends, ['the credentials may not `get` it'])
})

test('with patience, what is settled is enough, and something is', async () => {
  const other = { ...deployment, path: '/other' }
  const { ends } = await waitFor([deployment, other], (path) => rollout(path === '/other' ? 1 : 0), { patience: 50 })
  assert.deepEqual(ends, [undefined, 'ready'])
})

test('a suspended Job is waited for by nobody but who needs that it runs', async () => {
  const suspended = () => ({ spec: { suspend: true } })
  assert.deepEqual((await waitFor([job], suspended)).ends, ['ready'])
  assert.deepEqual((await waitFor([{ ...job, mustRun: true }], suspended, { timeout: 5_000 })).ends, [
    'it is suspended',
  ])
})

test('of a Job that is gone by its lifetime the events tell how it ended', async () => {
  const mortal = { ...job, object: { spec: { ttlSecondsAfterFinished: 0 } } }
  const gone =
    (...reasons: string[]) =>
    (path: string) =>
      path.includes('/events')
        ? { items: reasons.map((reason, index) => ({ reason, lastTimestamp: `${index}` })) }
        : undefined
  assert.deepEqual((await waitFor([mortal], gone('SuccessfulCreate', 'Completed'))).ends, ['ready'])
  assert.deepEqual((await waitFor([mortal], gone('Completed', 'BackoffLimitExceeded'))).ends, [
    'it has failed and no longer exists',
  ])
  assert.deepEqual((await waitFor([mortal], gone())).ends, ['ready'])
  const [end] = (await waitFor([{ ...mortal, mustRun: true }], gone())).ends
  assert.match(end ?? '', /whether it succeeded is unknown/)
})

test('a claim that is bound with its first Pod is not waited for; any other one is', async () => {
  const pending =
    (mode: string, status = 200) =>
    (path: string) => {
      if (path.includes('storageclasses')) return answering(status, { volumeBindingMode: mode })
      return { spec: { storageClassName: 'c' }, status: { phase: 'Pending' } }
    }
  assert.deepEqual((await waitFor([claim], pending('WaitForFirstConsumer'))).ends, ['ready'])
  assert.deepEqual((await waitFor([claim], pending('', 403))).ends, ['ready'])
  const late = await waitFor([claim], pending('Immediate'), { timeout: 5_000 })
  assert.deepEqual(late.ends, ['its phase is Pending'])
  assert.equal(late.asked.filter((path) => path.includes('storageclasses')).length, 1)
})

test('a resource without a status waits some seconds for its controller, once nothing else is waited for', async () => {
  const silent = (hasStatus: boolean) => (path: string, now: number) => {
    if (path.includes('?')) return { items: [] }
    if (path.startsWith('/x/Deployment')) return rollout(now < 30 ? 0 : 1)
    return path.endsWith('/status') && !hasStatus ? undefined : { spec: {} }
  }
  const written = { ...resource, isWritten: true }
  const ends = ['ready', 'ready']
  const patient = await waitFor([deployment, written], silent(true))
  assert.deepEqual(patient.ends, ends)
  assert.ok(patient.seconds >= 40 && patient.seconds <= 44, `${patient.seconds}`)
  for (const quick of [
    await waitFor([deployment, written], silent(false)),
    await waitFor([deployment, resource], silent(true)),
  ]) {
    assert.deepEqual(quick.ends, ends)
    assert.ok(quick.seconds >= 30 && quick.seconds <= 32, `${quick.seconds}`)
  }
})

test('whoever may not ask whether there is a status waits as if there were one', async () => {
  const { ends, settled, seconds } = await waitFor([{ ...resource, isWritten: true }], (path) =>
    path.endsWith('/status') ? answering(403, {}) : { spec: {} },
  )
  assert.deepEqual(ends, ['ready'])
  assert.equal(settled[0]?.isGuess, true)
  assert.ok(seconds >= 10, `${seconds}`)
})

test('a resource whose controller comes to it in that time is waited for', async () => {
  const { ends, seconds } = await waitFor([{ ...resource, isWritten: true }], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return now < 5
      ? { spec: {} }
      : { status: { conditions: [{ type: 'Ready', status: now < 40 ? 'Unknown' : 'True' }] } }
  })
  assert.deepEqual(ends, ['ready'])
  assert.ok(seconds >= 40 && seconds <= 42, `${seconds}`)
})

test('a resource whose words nobody knows is not waited for longer than one that says nothing', async () => {
  const odd = () => ({ status: { phase: 'Zork' } })
  const { ends, settled, seconds } = await waitFor([{ ...resource, isWritten: true }], odd)
  assert.deepEqual(ends, ['ready'])
  assert.equal(settled[0]?.health.status, 'Unknown')
  assert.ok(seconds >= 10 && seconds <= 13, `${seconds}`)
  assert.ok((await waitFor([resource], odd)).seconds < 1)
})

test('an autoscaler may lack metrics for some minutes, and no longer', async () => {
  const autoscaler = subject('autoscaling', 'HorizontalPodAutoscaler')
  const lacking = { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' }
  const checked = (seconds: number) =>
    waitFor([autoscaler], (_, now) => ({
      status: { conditions: now < seconds ? [lacking] : [{ type: 'AbleToScale', status: 'True' }] },
    }))
  assert.deepEqual((await checked(120)).ends, ['ready'])
  const { ends, seconds } = await checked(600)
  assert.deepEqual(ends, ['`ScalingActive` is False (FailedGetResourceMetric): no metrics'])
  assert.ok(seconds >= 180 && seconds <= 183, `${seconds}`)
})

test('a changed resource that does not tell which generation its status is about is not believed at once', async () => {
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
  const statusless = { ...subject('monitoring.coreos.com', 'ServiceMonitor'), isWritten: true }
  assert.equal((await waitFor([statusless], () => ({ metadata: { generation: 2 } }))).seconds, 0)
})

const second = subject('apps', 'Deployment', 'second')

/** A world in which the second Deployment is ready after some seconds, and the first only if that had come before it was given up. */
const dependent = (slow: number, restarts: number, ready: number) => (path: string, now: number) => {
  if (path.includes('/pods')) return pods(now < ready ? crashing : { running: {} }, restarts)
  if (path.includes('?')) return { items: [] }
  if (!path.endsWith('second')) return rollout(now < ready ? 0 : 1)
  return { ...(rollout(now < slow ? 0 : 1) as JsonObject), metadata: { uid: 'e', generation: 1 } }
}

test('as long as something else is on its way, what crashes is not given up: it may crash for want of that', async () => {
  const { ends, seconds } = await waitFor([deployment, second], dependent(200, 3, 245))
  assert.deepEqual(ends, ['ready', 'ready'])
  assert.ok(seconds >= 245 && seconds <= 248, `${seconds}`)
})

test('what has crashed often meanwhile gets the time that the kubelet takes to start it again', async () => {
  assert.deepEqual((await waitFor([deployment, second], dependent(100, 6, 390))).ends, ['ready', 'ready'])
  const { ends, seconds } = await waitFor([deployment, second], dependent(20, 3, 999))
  assert.match(ends[0] ?? '', /CrashLoopBackOff/)
  assert.ok(seconds >= 80 && seconds <= 100, `${seconds}`)
})

test('what says nothing does not fail because all the time went to what gets ready late', async () => {
  const { ends } = await waitFor([deployment, { ...resource, isWritten: true }], (path, now) => {
    if (path.includes('?')) return { items: [] }
    return path.startsWith('/x/Deployment') ? rollout(now < 595 ? 0 : 1) : { spec: {} }
  })
  assert.deepEqual(ends, ['ready', 'ready'])
})

test('replicas that crash out of step are no reason to begin again', async () => {
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

test('whoever asks again, as waves do, finds the clocks as they were', async () => {
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
  const done = { ...subject('apps', 'Deployment', 'd9'), since: 0 }
  let settled = new Map<object, unknown>()
  const crashed = { ...deployment, since: 0 }
  for (let round = 0; round < 100 && !settled.has(crashed); round += 1) {
    settled = await waiter.waitFor([crashed, done], 2_000)
    await clock.sleep(3_000)
  }
  assert.ok(clock.steady() <= 90_000, `${clock.steady()}`)
})

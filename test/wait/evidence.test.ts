import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/json.ts'
import { evidenceOf } from '../../src/wait/evidence.ts'
import { answering, apiOf } from './world.ts'

const object = { metadata: { namespace: 'n', name: 'web', uid: 'u1' } }
const podWith = (status: JsonObject, container: JsonObject = {}): Json => ({
  metadata: { namespace: 'n', name: 'web-1', uid: 'u2' },
  spec: { containers: [{ name: 'app', ...container }] },
  status: { containerStatuses: [{ name: 'app', ...status }] },
})
const crashed = { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } }
const event = (lastTimestamp: string, message: string, more: JsonObject = {}): Json => ({
  ...{ type: 'Warning', reason: 'BackOff', lastTimestamp, message },
  ...more,
})
const gather = async (pod: Json | undefined, respond: Parameters<typeof apiOf>[0]) => {
  const { api, asked } = apiOf(respond)
  const secrets: Json[] = []
  const diagnosis = pod === undefined ? undefined : { pod, reason: '', restarts: 1, container: 'app' }
  const lines = await evidenceOf(object, diagnosis, { api, addSecrets: (added) => void secrets.push(...added) })
  return { lines, asked, secrets }
}

test('the evidence is the last events of an object and its Pod by time, and the log from before the container ended', async () => {
  const { lines } = await gather(podWith(crashed), (path) => {
    if (path.includes('u1')) return { items: [event('2026-01-01T00:00:02Z', 'second', { count: 3 })] }
    if (path.includes('u2'))
      return { items: [event('2026-01-01T00:00:03Z', 'third'), event('2026-01-01T00:00:01Z', 'first ')] }
    return path.includes('previous=true') ? answering(200, 'one\ntwo\n') : answering(200, 'now')
  })
  assert.deepEqual(lines, [
    'Its last events:',
    '  Warning BackOff: first',
    '  Warning BackOff (3 times): second',
    '  Warning BackOff: third',
    'The last lines of the log of `app`, before it ended:',
    '  one',
    '  two',
  ])
})

test('without a previous log the current one is shown, and no log if the container never ran', async () => {
  const log = (previous: number) => (path: string) =>
    path.includes('/log')
      ? path.includes('previous=true')
        ? answering(previous, 'old')
        : answering(200, 'new')
      : { items: [] }
  assert.deepEqual((await gather(podWith(crashed), log(400))).lines.slice(1), ['  new'])
  const waiting = await gather(podWith({ state: { waiting: {} } }), log(200))
  assert.deepEqual(waiting.lines, [])
  assert.equal(
    waiting.asked.some((path) => path.includes('/log')),
    false,
  )
})

const withSecrets = podWith(crashed, {
  env: [{ valueFrom: { secretKeyRef: { name: 'a' } } }],
  envFrom: [{ secretRef: { name: 'b' } }],
})

test('the Secrets of a Pod are masked before its log is read', async () => {
  const { secrets, asked } = await gather(withSecrets, (path) => {
    if (path.includes('/secrets/')) return { data: path.at(-1) ?? '' }
    return path.includes('/log') ? answering(200, 'x') : { items: [] }
  })
  assert.deepEqual(secrets, [{ data: 'a' }, { data: 'b' }])
  const order = asked
    .filter((path) => !path.includes('/events'))
    .map((path) => (path.includes('/log') ? 'log' : 'secret'))
  assert.deepEqual(order, ['secret', 'secret', 'log'])
})

test('a log that may contain an unreadable Secret is not shown', async () => {
  const { lines } = await gather(withSecrets, (path) =>
    path.includes('/secrets/') ? answering(403, {}) : { items: [] },
  )
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /`app` is not shown: .* Secret a,/)
})

test('very long lines are left out, and probable secrets are masked', async () => {
  const log = `${'x'.repeat(3_000)}\nPASSWORD=hunter2\n`
  const { lines } = await gather(podWith(crashed), (path) =>
    path.includes('/log') ? answering(200, log) : { items: [] },
  )
  assert.deepEqual(lines.slice(1), ['  (a line of 3000 characters)', '  PASSWORD=***'])
})

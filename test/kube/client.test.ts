import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openClient, type WriteSession } from '../../src/kube/client.ts'
import { temporaryFolder } from '../../testbed/repository.ts'

/** The statuses that the server responds with, in order; then 200. */
const statuses: number[] = []
const sent: string[] = []
const server = createServer((request: IncomingMessage, response) => {
  sent.push(`${request.method} ${request.url}`)
  const headers = { 'content-type': 'application/json', 'retry-after': '0' }
  response.writeHead(statuses.shift() ?? 200, headers).end('{"kind":"Status","message":"busy"}')
})
const socketPath = join(temporaryFolder(), 'api.sock')
await new Promise<void>((resolve) => server.listen(socketPath, resolve))
const proxy = { socketPath, said: () => '', stop: async () => {} }
const client = openClient(proxy, new AbortController().signal)
after(() => {
  client.close()
  server.close()
})

/** Runs `work` in a session; returns the requests that were sent and the paths that the check received. */
async function observe(work: (session: WriteSession) => Promise<unknown>, check = async (_: string) => {}) {
  const checked: string[] = []
  sent.length = 0
  const session = client.openWriteSession((path) => {
    checked.push(path)
    return check(path)
  })
  await work(session)
  return { sent: [...sent], checked }
}

const PATH = '/api/v1/namespaces/n/configmaps/c'
const preconditions = { uid: 'u' }
const relay = (method: string, path: string) => (session: WriteSession) => session.send({ method, path, headers: {} })

const writes: [verb: string, write: (session: WriteSession) => Promise<unknown>][] = [
  ['apply', (session) => session.apply(PATH, '{}', 'm')],
  ['create', (session) => session.create(PATH, {}, 'm')],
  ['replace', (session) => session.replace(PATH, {})],
  ['patch', (session) => session.patch(PATH, [])],
  ['remove', (session) => session.remove(PATH, preconditions)],
  ['a relayed PATCH', relay('PATCH', `${PATH}?fieldManager=m&dryRun=`)],
  ['a relayed DELETE', relay('DELETE', PATH)],
]
for (const [verb, write] of writes) {
  test(`${verb} passes the check of its session before each attempt`, async () => {
    statuses.push(503, 429)
    const { sent, checked } = await observe(write)
    assert.equal(sent.length, 3)
    assert.deepEqual(checked, [PATH, PATH, PATH])
  })
  test(`${verb} is not sent if the check rejects, and rejects with the same reason`, async () => {
    const rejectWrite = async () => {
      throw new Error('the lock is lost')
    }
    const { sent } = await observe((session) => assert.rejects(write(session), /the lock is lost/), rejectWrite)
    assert.deepEqual(sent, [])
  })
}

test('a write is not retried if the check rejects in the meantime', async () => {
  statuses.push(503, 503)
  let attempts = 0
  const once = async () => {
    attempts += 1
    if (attempts > 1) throw new Error('the lock is lost')
  }
  const { sent } = await observe((session) => assert.rejects(session.patch(PATH, []), /the lock is lost/), once)
  assert.equal(sent.length, 1)
  statuses.length = 0
})

test('reads and dry runs need no check, in a session and in the client', async () => {
  const never = async () => {
    throw new Error('the check was called')
  }
  const read = (reader: Pick<WriteSession, 'get' | 'dryRunApply' | 'dryRunMerge'>) => [
    reader.get(PATH),
    reader.dryRunApply(PATH, { object: '{}', force: false }),
    reader.dryRunMerge(PATH, {}),
  ]
  const relayed = [relay('GET', PATH), relay('PATCH', `${PATH}?dryRun=All`)]
  const result = await observe(
    (session) => Promise.all([...read(client), ...read(session), ...relayed.map((each) => each(session))]),
    never,
  )
  assert.equal(result.sent.length, 8)
  assert.deepEqual(result.checked, [])
})

test('the client has no method that writes without a session', () => {
  const verbs = Object.keys(client).sort()
  assert.deepEqual(verbs, ['close', 'dryRunApply', 'dryRunMerge', 'get', 'latency', 'openWriteSession'])
})

test('each session has its own check', async () => {
  const frozen = client.openWriteSession(async () => {
    throw new Error('frozen')
  })
  const { checked } = await observe((session) => session.apply(PATH, '{}', 'm'))
  assert.deepEqual(checked, [PATH])
  await assert.rejects(frozen.apply(PATH, '{}', 'm'), /frozen/)
})

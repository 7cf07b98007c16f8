import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringField } from '../../src/json.ts'
import { openClient } from '../../src/kube/client.ts'
import { type ApplyResponse, startWriteProxy } from '../../src/kube/write-proxy.ts'
import { temporaryFolder } from '../../testbed/repository.ts'

/** Starts a write proxy in front of a fake server, for failures that a real `kubectl proxy` rarely has. */
async function startInFrontOf(handler: Parameters<typeof createServer>[1], timeout?: number) {
  const responses: ApplyResponse[] = []
  const held = new Map<string, string>()
  const folder = temporaryFolder()
  const socket = join(folder, 'api.sock')
  const server: Server = createServer(handler ?? (() => {}))
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const proxy = { socketPath: socket, said: () => '', stop: async () => {} }
  const api = openClient(proxy, new AbortController().signal, timeout)
  const session = api.openWriteSession(async () => {})
  const writeProxy = await startWriteProxy('default', folder)
  const endpoint = writeProxy.open(session, {
    onResponse: (response) => responses.push(response),
    reasonNotToSend: async (path) => held.get(path),
    shouldRetry: async ({ status }, attempt) => status === 403 && attempt === 0,
  })
  const { clusters } = JSON.parse(readFileSync(endpoint.kubeconfig, 'utf8'))
  return {
    ...{ writeProxy, endpoint, responses, held },
    address: String(clusters[0].cluster.server),
    stop: async () => {
      await writeProxy.close()
      api.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const apply = { method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' }, body: '{}' }

const JSON_TYPE = { 'content-type': 'application/json' }

test('an apply is forwarded, and its response is returned and reported', async () => {
  const { endpoint, responses, address, stop } = await startInFrontOf((request, response) => {
    response.writeHead(201, JSON_TYPE).end(JSON.stringify({ kind: 'X', url: request.url }))
  })
  const answer = await fetch(`${address}/api/v1/namespaces/n/configmaps/a:b?fieldManager=x`, apply)
  assert.deepEqual(
    [answer.status, await answer.json()],
    [201, { kind: 'X', url: '/api/v1/namespaces/n/configmaps/a:b?fieldManager=x' }],
  )
  assert.deepEqual(
    responses.map(({ path, status }) => [path, status]),
    [['/api/v1/namespaces/n/configmaps/a%3Ab', 201]],
  )
  endpoint.close()
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 404)
  assert.equal(responses.length, 1)
  await stop()
})

test('an apply that the interceptor rejects does not reach the server, and its reason is returned', async () => {
  const reached: (string | undefined)[] = []
  const { responses, held, address, stop } = await startInFrontOf((request, response) => {
    reached.push(request.url)
    response.end('{}')
  })
  held.set('/api/v1/held', 'it has to wait')
  const answer = await fetch(`${address}/api/v1/held?x=y`, { ...apply, body: 'x'.repeat(1_000_000) })
  assert.equal(answer.status, 424)
  assert.match(await answer.text(), /"message":"it has to wait"/)
  assert.equal((await fetch(`${address}/api/v1/free`, apply)).status, 200)
  assert.equal((await fetch(`${address}/api/v1/held`)).status, 200)
  assert.deepEqual(reached, ['/api/v1/free', '/api/v1/held'])
  assert.deepEqual(
    responses.map(({ path }) => path),
    ['/api/v1/free'],
  )
  await stop()
})

test('an apply is retried before its response is returned or reported', async () => {
  const statuses = [403, 201]
  const { responses, address, stop } = await startInFrontOf((_, response) => {
    response.writeHead(statuses.shift() ?? 500, JSON_TYPE).end('{"kind":"Status"}')
  })
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 201)
  assert.deepEqual(
    responses.map(({ status }) => status),
    [201],
  )
  await stop()
})

test('discovery responses are cached until they are reset', async () => {
  let reached = 0
  const { writeProxy, address, stop } = await startInFrontOf((_, response) => {
    reached += 1
    response.writeHead(200, { 'content-type': 'application/json;as=APIGroupDiscoveryList' }).end('{"kind":"L"}')
  })
  const discover = () => fetch(`${address}/apis`, { headers: { accept: 'application/json' } })
  const [first] = await Promise.all([discover(), discover(), discover()])
  assert.equal(first?.headers.get('content-type'), 'application/json;as=APIGroupDiscoveryList')
  assert.equal(reached, 1)
  writeProxy.resetDiscovery()
  await discover()
  assert.equal(reached, 2)
  await fetch(`${address}/apis/apps/v1/namespaces/n/deployments/d`)
  await fetch(`${address}/apis/apps/v1/namespaces/n/deployments/d`)
  assert.equal(reached, 4)
  await stop()
})

test('a request without the secret of an endpoint is rejected', async () => {
  let reached = 0
  const { address, stop } = await startInFrontOf((_, response) => {
    reached += 1
    response.end()
  })
  const { origin, pathname } = new URL(address)
  for (const path of ['/', '/api', `${pathname.slice(0, -1)}x/api`, `${pathname.slice(0, -1)}`]) {
    assert.equal((await fetch(`${origin}${path}`)).status, 404)
  }
  assert.equal(reached, 0)
  await stop()
})

test('an incomplete response is retried, and finally returned as 502', async () => {
  let reached = 0
  const { responses, address, stop } = await startInFrontOf((request, response) => {
    reached += 1
    response.writeHead(200, { 'content-length': '1000' }).write('{"half"')
    setTimeout(() => request.socket.destroy(), 20)
  })
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 502)
  assert.ok(reached > 1)
  assert.deepEqual(
    responses.map(({ status }) => status),
    [502],
  )
  await stop()
})

test('after a request without a response all others fail at once', async () => {
  let reached = 0
  const { responses, address, stop } = await startInFrontOf(() => {
    reached += 1 // and never responds
  }, 100)
  for (let nth = 0; nth < 3; nth += 1) assert.equal((await fetch(`${address}/api/v1/${nth}`, apply)).status, 502)
  assert.equal(reached, 1)
  assert.deepEqual(
    responses.map(({ status }) => status),
    [502, 502, 502],
  )
  for (const { body } of responses) assert.match(stringField(body, 'message') ?? '', /\b0\.1 s$/)
  await stop()
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { openClient } from '../../src/kube/client.ts'
import { type ApplyResponse, startWriteProxy } from '../../src/kube/write-proxy.ts'
import { temporaryFolder } from '../../testbed/repository.ts'

/** A server on a socket in place of `kubectl proxy`, for answers that a real one gives at bad times only. */
async function behind(handler: Parameters<typeof createServer>[1], lastOutage?: number) {
  const told: ApplyResponse[] = []
  const held = new Map<string, string>()
  const folder = temporaryFolder()
  const socket = join(folder, 'api.sock')
  const server: Server = createServer(handler ?? (() => {}))
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const proxy = { socketPath: socket, said: () => '', stop: async () => {} }
  const api = openClient(proxy, new AbortController().signal, lastOutage)
  const session = api.openWriteSession(async () => {})
  const writeProxy = await startWriteProxy('default', folder)
  const endpoint = writeProxy.open(session, {
    onResponse: (each) => told.push(each),
    reasonNotToSend: async (path) => held.get(path),
    shouldRetry: async ({ status }, attempt) => status === 403 && attempt === 0,
  })
  const { clusters } = JSON.parse(readFileSync(endpoint.kubeconfig, 'utf8'))
  return {
    ...{ writeProxy, endpoint, told, held },
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

test('an apply is handed on, answered, and told', async () => {
  const { endpoint, told, address, stop } = await behind((request, response) => {
    response.writeHead(201, JSON_TYPE).end(JSON.stringify({ kind: 'X', url: request.url }))
  })
  const answer = await fetch(`${address}/api/v1/namespaces/n/configmaps/a:b?fieldManager=x`, apply)
  assert.deepEqual(
    [answer.status, await answer.json()],
    [201, { kind: 'X', url: '/api/v1/namespaces/n/configmaps/a:b?fieldManager=x' }],
  )
  assert.deepEqual(
    told.map(({ path, status }) => [path, status]),
    [['/api/v1/namespaces/n/configmaps/a%3Ab', 201]],
  )
  endpoint.close()
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 404)
  assert.equal(told.length, 1)
  await stop()
})

test('an apply that is held back does not reach the server; whoever sent it is told why', async () => {
  const reached: (string | undefined)[] = []
  const { told, held, address, stop } = await behind((request, response) => {
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
    told.map(({ path }) => path),
    ['/api/v1/free'],
  )
  await stop()
})

test('an apply that may succeed later is sent again before anybody hears of it', async () => {
  const statuses = [403, 201]
  const { told, address, stop } = await behind((_, response) => {
    response.writeHead(statuses.shift() ?? 500, JSON_TYPE).end('{"kind":"Status"}')
  })
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 201)
  assert.deepEqual(
    told.map(({ status }) => status),
    [201],
  )
  await stop()
})

test('what the server serves is asked for once, however many ask, until it may have changed', async () => {
  let reached = 0
  const { writeProxy, address, stop } = await behind((_, response) => {
    reached += 1
    response.writeHead(200, { 'content-type': 'application/json;as=APIGroupDiscoveryList' }).end('{"kind":"L"}')
  })
  const ask = () => fetch(`${address}/apis`, { headers: { accept: 'application/json' } })
  const [first] = await Promise.all([ask(), ask(), ask()])
  assert.equal(first?.headers.get('content-type'), 'application/json;as=APIGroupDiscoveryList')
  assert.equal(reached, 1)
  writeProxy.resetDiscovery()
  await ask()
  assert.equal(reached, 2)
  await fetch(`${address}/apis/apps/v1/namespaces/n/deployments/d`)
  await fetch(`${address}/apis/apps/v1/namespaces/n/deployments/d`)
  assert.equal(reached, 4)
  await stop()
})

test('who does not know the secret part of the address gets nothing', async () => {
  let reached = 0
  const { address, stop } = await behind((_, response) => {
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

test('an answer that breaks off is asked for again, and if it never comes it is a bad gateway', async () => {
  let reached = 0
  const { told, address, stop } = await behind((request, response) => {
    reached += 1
    response.writeHead(200, { 'content-length': '1000' }).write('{"half"')
    setTimeout(() => request.socket.destroy(), 20)
  })
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 502)
  assert.ok(reached > 1)
  assert.deepEqual(
    told.map(({ status, body }) => [status, body]),
    [[502, { message: 'The cluster cannot be reached: the answer broke off' }]],
  )
  await stop()
})

test('after one request without an answer the rest fail at once', async () => {
  let reached = 0
  const { told, address, stop } = await behind(() => {
    reached += 1 // and never answers
  }, 100)
  for (let nth = 0; nth < 3; nth += 1) assert.equal((await fetch(`${address}/api/v1/${nth}`, apply)).status, 502)
  assert.equal(reached, 1)
  assert.deepEqual(
    told.map(({ status, body }) => [status, body]),
    Array.from({ length: 3 }, () => [502, { message: 'The cluster cannot be reached: no answer for 0.1 s' }]),
  )
  await stop()
})

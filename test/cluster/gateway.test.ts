import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Applied, type Listener, openGateway } from '../../src/cluster/gateway.ts'
import { temporaryFolder } from '../../testbed/repository.ts'

/** A server on a socket in place of `kubectl proxy`, for answers that a real one gives at bad times only. */
async function behind(handler: Parameters<typeof createServer>[1], silence?: number) {
  const folder = temporaryFolder()
  const socket = join(folder, 'api.sock')
  const server: Server = createServer(handler ?? (() => {}))
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const gateway = await openGateway(socket, 'default', folder, silence)
  const { clusters } = JSON.parse(readFileSync(gateway.kubeconfig, 'utf8'))
  return {
    gateway,
    address: String(clusters[0].cluster.server),
    stop: async () => {
      await gateway.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const apply = { method: 'PATCH', headers: { 'content-type': 'application/apply-patch+yaml' }, body: '{}' }

/** Hears of every apply, and holds none back. */
const listener = (told: Applied[]): Listener => ({ applied: (each) => told.push(each), holds: async () => undefined })

test('an apply is handed on, answered, and told', async () => {
  const { gateway, address, stop } = await behind((request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ url: request.url }))
  })
  const told: Applied[] = []
  const unsubscribe = gateway.listen(listener(told))
  const answer = await fetch(`${address}/api/v1/namespaces/n/configmaps/a:b?fieldManager=x`, apply)
  assert.deepEqual(
    [answer.status, await answer.json()],
    [201, { url: '/api/v1/namespaces/n/configmaps/a:b?fieldManager=x' }],
  )
  assert.deepEqual(
    told.map(({ path, status }) => [path, status]),
    [['/api/v1/namespaces/n/configmaps/a%3Ab', 201]],
  )
  unsubscribe()
  await (await fetch(`${address}/api/v1/x`, apply)).text()
  assert.equal(told.length, 1)
  await stop()
})

test('an apply that is held back does not reach the server; whoever sent it is told why', async () => {
  const reached: (string | undefined)[] = []
  const { gateway, address, stop } = await behind((request, response) => {
    reached.push(request.url)
    response.end('{}')
  })
  const told: Applied[] = []
  gateway.listen({ ...listener(told), holds: async (path) => (path === '/api/v1/held' ? 'it has to wait' : undefined) })
  const held = await fetch(`${address}/api/v1/held?x=y`, { ...apply, body: 'x'.repeat(1_000_000) })
  assert.equal(held.status, 424)
  assert.match(await held.text(), /"message":"it has to wait"/)
  assert.equal((await fetch(`${address}/api/v1/free`, apply)).status, 200)
  assert.equal((await fetch(`${address}/api/v1/held`)).status, 200)
  assert.deepEqual(reached, ['/api/v1/free', '/api/v1/held'])
  assert.deepEqual(
    told.map(({ path }) => path),
    ['/api/v1/free'],
  )
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

test('an answer that breaks off breaks off for kubectl too, and is not told', async () => {
  const { gateway, address, stop } = await behind((request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"half"')
    setTimeout(() => request.socket.destroy(), 50)
  })
  const told: Applied[] = []
  gateway.listen(listener(told))
  await assert.rejects(fetch(`${address}/api/v1/x`, apply).then((answer) => answer.text()))
  assert.deepEqual(told, [])
  await stop()
})

test('a proxy that is gone is a bad gateway', async () => {
  const { address, gateway, stop } = await behind((request) => request.socket.destroy())
  assert.equal((await fetch(`${address}/api/v1/x`, apply)).status, 502)
  assert.ok(gateway)
  await stop()
})

test('after one request without an answer the rest fail at once', async () => {
  let reached = 0
  const { address, gateway, stop } = await behind(() => {
    reached += 1 // and never answers
  }, 100)
  const told: Applied[] = []
  gateway.listen(listener(told))
  for (let nth = 0; nth < 3; nth += 1) assert.equal((await fetch(`${address}/api/v1/${nth}`, apply)).status, 502)
  assert.equal(reached, 1)
  assert.deepEqual(
    told.map(({ status, body }) => [status, body]),
    [
      [502, null],
      [502, null],
      [502, null],
    ],
  )
  await stop()
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'

/** Forwards a request to the real API server, and passes the response to `take`. */
export type Pass = (incoming: IncomingMessage, take: (answer: IncomingMessage) => void) => void

/** Responds to a request, or returns false to forward it to the server. */
export type Fault = (request: IncomingMessage, response: ServerResponse, pass: Pass) => boolean

/** A proxy in front of a real API server. */
export interface FaultProxy {
  /** The content of a kubeconfig for the proxy, with the permissions of the original one. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

/** Starts a proxy in front of the API server of a kubeconfig file. */
export async function startFaultProxy(file: string, fault: Fault): Promise<FaultProxy> {
  const { clusters, users } = JSON.parse(readFileSync(file, 'utf8'))
  const server = clusters[0].cluster.server
  const pem = (base64: string) => Buffer.from(base64, 'base64')
  const ca = pem(clusters[0].cluster['certificate-authority-data'])
  const cert = pem(users[0].user['client-certificate-data'])
  const key = pem(users[0].user['client-key-data'])
  const pass: Pass = (incoming, take) => {
    const headers = { ...incoming.headers, host: new URL(server).host }
    const options = { method: incoming.method ?? 'GET', headers, ca, cert, key }
    const upstream = request(`${server}${incoming.url}`, options, take)
    upstream.on('error', () => incoming.socket.destroy())
    incoming.pipe(upstream)
  }
  const proxy = createServer((incoming, outgoing) => {
    if (fault(incoming, outgoing, pass)) return
    pass(incoming, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  assert.ok(typeof address === 'object' && address !== null)
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${address.port}` } }],
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
  })
  return {
    kubeconfig,
    stop: async () => {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

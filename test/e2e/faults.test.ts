import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../../testbed/controlplane.ts'
import { temporaryFolder, writeFiles } from '../../testbed/repository.ts'
import { commandsNamed, runStep } from '../../testbed/step.ts'

let cluster: ControlPlane

before(async () => {
  cluster = await startControlPlane()
})
after(() => cluster.stop())

/** Whether a request writes an object of the set. */
function isApply({ method, url = '' }: IncomingMessage): boolean {
  return method === 'PATCH' && url.includes('fieldManager=fairlead&') && !url.includes('dryRun=')
}

const OBJECTS = 12
const BEFORE = 5

/**
 * Runs the step on twelve ConfigMaps through a proxy in front of the real API server, which takes over from the sixth
 * apply on. `fault` answers, or returns false to leave the request to the server.
 */
async function withFault(
  name: string,
  fault: (request: IncomingMessage, response: ServerResponse, nth: number) => boolean,
  annotationsOf: (index: number) => Record<string, string> = () => ({}),
) {
  const { clusters, users } = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8'))
  const pem = (base64: string) => Buffer.from(base64, 'base64')
  const ca = pem(clusters[0].cluster['certificate-authority-data'])
  const cert = pem(users[0].user['client-certificate-data'])
  const key = pem(users[0].user['client-key-data'])
  let applies = 0
  const proxy = createServer((incoming, outgoing) => {
    if (isApply(incoming)) applies += 1
    if (applies > BEFORE && fault(incoming, outgoing, applies)) return
    const headers = { ...incoming.headers, host: new URL(cluster.server).host }
    const upstream = request(
      `${cluster.server}${incoming.url}`,
      { method: incoming.method ?? 'GET', headers, ca, cert, key },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      },
    )
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  assert.ok(typeof address === 'object' && address !== null)
  const folder = temporaryFolder()
  const manifest = (_: unknown, index: number) => {
    const metadata = { name: `${name}-${String(index).padStart(2, '0')}`, annotations: annotationsOf(index) }
    return `apiVersion: v1\nkind: ConfigMap\nmetadata: ${JSON.stringify(metadata)}\n`
  }
  writeFiles(folder, { 'a.yaml': Array.from({ length: OBJECTS }, manifest).join('---\n') })
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${address.port}` } }],
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
  })
  const result = await runStep({ with: { repository: folder, kubeconfig }, path: [cluster.bin] })
  proxy.closeAllConnections()
  await new Promise((resolve) => proxy.close(resolve))
  return result
}

const status = (code: number, reason: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code })

test('F108: credentials that expire in the middle are one error, and what was done is told', async () => {
  const result = await withFault('expired', (_, response) => {
    response.writeHead(401, { 'content-type': 'application/json' }).end(status(401, 'Unauthorized'))
    return true
  })
  assert.equal(commandsNamed(result, 'error').length, 1, result.log)
  assert.match(result.log, /E-KUBE-AUTH: The cluster no longer accepts the credentials/)
  assert.match(result.log, new RegExp(`${BEFORE} created, ${OBJECTS - BEFORE} not reached\\.\n$`))
})

test('F111: a server that goes away in the middle is one error, and what was done is told', async () => {
  const result = await withFault('gone', (incoming) => {
    incoming.socket.destroy()
    return true
  })
  assert.equal(commandsNamed(result, 'error').length, 1, result.log)
  assert.match(result.log, /E-KUBE-NET: kubectl ended/)
  assert.match(result.log, new RegExp(`${BEFORE} created, ${OBJECTS - BEFORE} not reached\\.\n$`))
})

test('an answer of something in between, which is not the API server, blames no object', async () => {
  const result = await withFault('between', (_, response) => {
    response.writeHead(503, { 'content-type': 'text/html' }).end('<html>no backend</html>')
    return true
  })
  assert.equal(commandsNamed(result, 'error').length, 1, result.log)
  assert.match(result.log, /E-KUBE-NET: kubectl ended/)
})

const once429: Parameters<typeof withFault>[1] = (_, response, nth) => {
  if (nth !== BEFORE + 1) return false
  response
    .writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
    .end(status(429, 'TooManyRequests'))
  return true
}

test('F110: a server that asks to wait is waited for', async () => {
  const result = await withFault('busy', once429)
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, String(OBJECTS))
})

test('what kubectl tries again has not failed, and nothing that depends on it is held back', async () => {
  const previous = (index: number) => `/namespaces/default/ConfigMap/patient-${String(index - 1).padStart(2, '0')}`
  const result = await withFault(
    'patient',
    once429,
    (index): Record<string, string> => (index === 0 ? {} : { 'fairlead.dev/depends-on': previous(index) }),
  )
  assert.equal(result.exitCode, 0, result.log)
  assert.equal(result.outputs.created, String(OBJECTS))
})

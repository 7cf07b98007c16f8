import { randomBytes, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { type Json, parseJson } from '../json.ts'
import { SILENCE } from './api.ts'

/** One object's apply as the server answered it. The path has no query, and is encoded as `pathOf` does it. */
export interface Applied {
  readonly path: string
  readonly status: number
  readonly body: Json
}

/** Who wants to know what passes through the gateway. */
export interface Listener {
  /** An apply was answered. */
  applied(applied: Applied): void
  /**
   * Why an apply must not pass; undefined where it may. kubectl waits for that, is told, and goes on with the next object.
   */
  holds(path: string): Promise<string | undefined>
}

/**
 * The door through which kubectl writes. It listens on the loopback address, admits only who knows the random first part
 * of its paths, and hands requests on to the `kubectl proxy` that holds the credentials. So the server's own answer is
 * known for every object, where kubectl's output names neither the object of an error nor what changed; and a kubectl
 * that outlives us can write nothing, because its door is gone.
 */
export interface Gateway {
  /** A kubeconfig file that leads here; its context names the default namespace. */
  readonly kubeconfig: string
  /** Has a listener hear of each apply, until the returned function is called. */
  listen(listener: Listener): () => void
  close(): Promise<void>
}

/**
 * Opens a gateway to the proxy's socket. `namespace` is the one of objects that name none. After one request that the
 * server has left without an answer for `silence` milliseconds all further ones fail at once: kubectl goes on after an
 * error, and would wait as long for each of its objects.
 */
export async function openGateway(
  socketPath: string,
  namespace: string,
  scratch: string,
  silence = SILENCE,
): Promise<Gateway> {
  // Part of the address, because kubectl sends no token over plain HTTP.
  const secret = `/${randomBytes(32).toString('hex')}`
  const listeners = new Set<Listener>()
  const upstream: Upstream = {
    socketPath,
    silence,
    isSilent: false,
    applied: (applied) => {
      for (const listener of listeners) listener.applied(applied)
    },
    holds: async (path) => {
      for (const listener of listeners) {
        const reason = await listener.holds(path)
        if (reason !== undefined) return reason
      }
      return undefined
    },
  }
  const server = createServer((incoming, outgoing) => {
    const path = admit(incoming.url ?? '', secret)
    if (path === undefined) {
      outgoing.writeHead(404).end()
      return
    }
    void forward(incoming, outgoing, path, upstream)
  })
  // A request may be held for as long as what it waits for takes.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port')
  const kubeconfig = join(scratch, 'gateway.kubeconfig')
  writeFileSync(kubeconfig, kubeconfigText(`http://127.0.0.1:${address.port}${secret}`, namespace), { mode: 0o600 })
  return {
    kubeconfig,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The path behind the secret part of an address; undefined for one without it. */
function admit(url: string, secret: string): string | undefined {
  const given = Buffer.from(url.slice(0, secret.length))
  const expected = Buffer.from(secret)
  return given.length === expected.length && timingSafeEqual(given, expected) ? url.slice(secret.length) : undefined
}

/** Failed Dependency, of RFC 4918: what this request builds on has failed. */
const HELD = 424

/** The way to the server, and whether it has fallen silent. */
interface Upstream extends Listener {
  readonly socketPath: string
  readonly silence: number
  isSilent: boolean
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
  upstream: Upstream,
): Promise<void> {
  // Without accept-encoding the answer comes plain and can be read in passing.
  const { 'accept-encoding': _, ...headers } = incoming.headers
  const isApply = incoming.method === 'PATCH' && headers['content-type'] === 'application/apply-patch+yaml'
  const tell = (status: number, body: Json) => {
    if (isApply) upstream.applied({ path: canonical(path), status, body })
  }
  const fail = (message: string) => {
    tell(502, null)
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end(message)
  }
  try {
    const reason = isApply ? await upstream.holds(canonical(path)) : undefined
    if (reason !== undefined) {
      incoming.resume()
      const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: HELD, message: reason }
      outgoing.writeHead(HELD, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return
    }
  } catch (error) {
    fail(String(error))
    return
  }
  if (upstream.isSilent) {
    fail('the server has fallen silent')
    return
  }
  const { socketPath, silence } = upstream
  const options = { socketPath, method: incoming.method, path, timeout: silence }
  const passed = request({ ...options, headers: { ...headers, host: 'localhost' } })
  passed.on('timeout', () => {
    upstream.isSilent = true
    passed.destroy(new Error(`no answer for ${silence / 1000} s`))
  })
  passed.on('error', (error) => fail(error.message))
  passed.on('response', (response) => {
    const status = response.statusCode ?? 502
    const chunks: Buffer[] = []
    if (isApply) {
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => tell(status, parseJson(Buffer.concat(chunks).toString('utf8'))))
    }
    outgoing.writeHead(status, response.headers)
    // An answer that breaks off must break off for kubectl too, or it would wait for the rest for ever.
    pipeline(response, outgoing, () => {})
  })
  outgoing.on('close', () => passed.destroy())
  incoming.pipe(passed)
}

/** kubectl leaves more characters of a name unencoded than we do. */
function canonical(path: string): string {
  const [withoutQuery = ''] = path.split('?')
  return withoutQuery
    .split('/')
    .map((part) => encodeURIComponent(decodeURIComponent(part)))
    .join('/')
}

function kubeconfigText(server: string, namespace: string): string {
  const name = 'fairlead'
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    contexts: [{ name, context: { cluster: name, namespace } }],
  })
}

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { diagnosticsOf } from '../diagnostics.ts'
import { field, isObject, type Json, serialise, withField } from '../json.ts'
import type { ApiResponse } from '../object/api-status.ts'
import type { WriteSession } from './client.ts'

/** The server's response to the apply of one object. The path has no query, and is encoded as by `objectPath`. */
export interface ApplyResponse {
  readonly path: string
  readonly status: number
  readonly body: Json
}

/** Decides about the applies through an endpoint, and receives their responses. */
export interface ApplyInterceptor {
  /** Called with the final response to an apply, after all retries. */
  onResponse(response: ApplyResponse): void
  /**
   * Why an apply must not be sent; undefined if it may. kubectl waits for the decision, gets the reason as an error, and
   * continues with the next object.
   */
  reasonNotToSend(path: string): Promise<string | undefined>
  /** Whether to retry an apply with this response, instead of passing it to kubectl; `attempt` counts from 0. */
  shouldRetry(response: ApplyResponse, attempt: number): Promise<boolean>
}

/** An address of the write proxy for one kubectl. */
export interface ProxyEndpoint {
  /** The path of a kubeconfig for this address, with the default namespace. */
  readonly kubeconfig: string
  /** Rejects further requests. Resolves once those in flight have a response: a killed kubectl may leave some. */
  close(): Promise<void>
}

/**
 * The proxy through which kubectl writes. It listens on the loopback address, requires the random first segment of an
 * endpoint's paths, and relays requests to the `kubectl proxy` that holds the credentials. This way Fairlead sees the server's
 * response for every object, whereas kubectl's output names neither the object of an error nor what changed; and a kubectl
 * that outlives Fairlead cannot write.
 */
export interface WriteProxy {
  /** Opens an endpoint that sends requests through a session, and applies only as the interceptor decides. */
  open(session: RelaySession, interceptor: ApplyInterceptor): ProxyEndpoint
  /** Clears the cached discovery responses, which all endpoints share. */
  resetDiscovery(): void
  close(): Promise<void>
}

/** The part of a write session that the proxy uses. */
export type RelaySession = Pick<WriteSession, 'send'>

interface OpenEndpoint {
  readonly session: RelaySession
  readonly interceptor: ApplyInterceptor
  readonly inFlight: Set<Promise<void>>
}

/**
 * Starts a write proxy. `namespace` is for objects without one. After an outage (E-KUBE-NET) all further requests fail at
 * once: kubectl continues after an error, and would run into the timeout for each of its objects.
 */
export async function startWriteProxy(namespace: string, tempDir: string): Promise<WriteProxy> {
  const endpoints = new Map<string, OpenEndpoint>()
  const relay = makeRelay()
  const server = createServer((incoming, outgoing) => {
    const [secret, path] = splitUrl(incoming.url ?? '')
    const endpoint = [...endpoints].find(([known]) => isSame(known, secret))?.[1]
    if (endpoint === undefined) {
      outgoing.writeHead(404).end()
      return
    }
    const { session, interceptor, inFlight } = endpoint
    const forwarding: Promise<void> = forward(incoming, outgoing, path, interceptor, (request) =>
      relay.send(session, request),
    ).finally(() => inFlight.delete(forwarding))
    inFlight.add(forwarding)
  })
  const port = await listen(server)
  let count = 0
  return {
    open: (session, interceptor) => {
      // The secret is part of the address, because kubectl sends no token over plain HTTP.
      const secret = randomBytes(32).toString('hex')
      const inFlight = new Set<Promise<void>>()
      endpoints.set(secret, { session, interceptor, inFlight })
      count += 1
      const kubeconfig = join(tempDir, `endpoint-${count}.kubeconfig`)
      const text = kubeconfigText(`http://127.0.0.1:${port}/${secret}`, namespace)
      writeFileSync(kubeconfig, text, { mode: 0o600 })
      const close = async () => {
        endpoints.delete(secret)
        await Promise.all(inFlight)
      }
      return { kubeconfig, close }
    },
    resetDiscovery: relay.resetDiscovery,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Starts to listen on a free port of the loopback address, and returns the port. */
async function listen(server: Server): Promise<number> {
  // A request waits, without a limit, until its object may be applied.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the write proxy has no port')
  return address.port
}

interface Relay {
  send(session: RelaySession, request: ProxiedRequest): Promise<ApiResponse>
  resetDiscovery(): void
}

/** Creates a relay that caches discovery responses, and fails all requests at once after an outage. */
function makeRelay(): Relay {
  const discovery = new Map<string, Promise<ApiResponse>>()
  let lastOutage: Error | undefined
  return {
    send: async (session, request) => {
      if (lastOutage !== undefined) throw lastOutage
      const key = isDiscovery(request) ? `${request.path} ${request.headers.accept ?? ''}` : undefined
      const answer = (key === undefined ? undefined : discovery.get(key)) ?? session.send(request)
      if (key !== undefined) discovery.set(key, answer)
      try {
        return await answer
      } catch (error) {
        if (key !== undefined) discovery.delete(key)
        const isOutage = diagnosticsOf(error).some((problem) => problem.code === 'E-KUBE-NET')
        if (isOutage && error instanceof Error) lastOutage ??= error
        throw error
      }
    },
    resetDiscovery: () => discovery.clear(),
  }
}

/** Splits a URL into the endpoint's secret and the path after it. */
function splitUrl(url: string): [string, string] {
  const end = url.indexOf('/', 1)
  return end === -1 ? [url.slice(1), ''] : [url.slice(1, end), url.slice(end)]
}

function isSame(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** A request from kubectl. */
interface ProxiedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Whether a request reads the server's API discovery. */
function isDiscovery({ method, path }: ProxiedRequest): boolean {
  return method === 'GET' && /^\/(api|apis)(\?|$)|^\/api\/[^/?]+(\?|$)|^\/apis\/[^/?]+(\/[^/?]+)?(\?|$)/.test(path)
}

/** HTTP status Failed Dependency (RFC 4918). */
const FAILED_DEPENDENCY = 424

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
  interceptor: ApplyInterceptor,
  send: (request: ProxiedRequest) => Promise<ApiResponse>,
): Promise<void> {
  const isApply = incoming.method === 'PATCH' && incoming.headers['content-type'] === APPLY_CONTENT_TYPE
  const notify = (status: number, body: Json) => {
    if (isApply) interceptor.onResponse({ path: canonical(path), status, body })
  }
  try {
    const request = await readRequest(incoming, path)
    const reason = isApply ? await interceptor.reasonNotToSend(canonical(path)) : undefined
    if (reason !== undefined) {
      const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: FAILED_DEPENDENCY, message: reason }
      outgoing.writeHead(FAILED_DEPENDENCY, { 'content-type': 'application/json' }).end(serialise(body))
      return
    }
    let answer = await send(request)
    for (
      let attempt = 0;
      isApply && (await interceptor.shouldRetry({ ...answer, path: canonical(path) }, attempt));
      attempt += 1
    )
      answer = await send(request)
    const { status, body, text, contentType } = answer
    notify(status, body)
    outgoing.writeHead(status, { 'content-type': contentType }).end(isApply ? withoutMigration(text, body) : text)
  } catch (error) {
    const [problem] = diagnosticsOf(error)
    const status = problem?.code === 'E-KUBE-AUTH' ? 401 : 502
    notify(status, { message: problem?.message ?? '' })
    outgoing.writeHead(status).end(problem?.message)
  }
}

/**
 * The response without managed fields if they include a client-side apply: kubectl would migrate its fields, with writes that
 * are in no plan.
 */
function withoutMigration(text: string, body: Json): string {
  const metadata = field(body, 'metadata')
  if (!/"(kubectl-client-side-apply|before-first-apply)"/.test(text) || !isObject(body) || !isObject(metadata))
    return text
  const { managedFields: _, ...rest } = metadata
  return serialise(withField(body, 'metadata', rest))
}

const APPLY_CONTENT_TYPE = 'application/apply-patch+yaml'

async function readRequest(incoming: IncomingMessage, path: string): Promise<ProxiedRequest> {
  const body = await text(incoming)
  const headers = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] => {
    return ['accept', 'content-type'].includes(name) && typeof value === 'string' ? [[name, value]] : []
  })
  return {
    method: incoming.method ?? 'GET',
    path,
    headers: Object.fromEntries(headers),
    body: body === '' ? undefined : body,
  }
}

/** A path without query, encoded as by `objectPath`: kubectl leaves more characters unencoded. */
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

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { diagnosticsOf } from '../diagnostics.ts'
import { field, isObject, type Json, serialise, withField } from '../json.ts'
import type { ApiResponse } from '../object/api-status.ts'
import type { ApiClient } from './client.ts'

/** One object's apply as the server answered it. The path has no query, and is encoded as `pathOf` does it. */
export interface ApplyResponse {
  readonly path: string
  readonly status: number
  readonly body: Json
}

/** Who wants to know what passes through a door. */
export interface ApplyInterceptor {
  /** An apply was answered for good: what the server had no time for was asked for again already. */
  onResponse(response: ApplyResponse): void
  /**
   * Why an apply must not pass; undefined where it may. kubectl waits for that, is told, and goes on with the next object.
   */
  reasonNotToSend(path: string): Promise<string | undefined>
  /** Whether an apply with this answer is sent again before kubectl hears of it; `attempt` counts from 0. */
  shouldRetry(response: ApplyResponse, attempt: number): Promise<boolean>
}

/** A way to the server for one kubectl. */
export interface ProxyEndpoint {
  /** A kubeconfig file that leads here; its context names the default namespace. */
  readonly kubeconfig: string
  /** Lets nobody in any more. Settles once all that has passed was answered: a killed kubectl leaves requests behind. */
  close(): Promise<void>
}

/**
 * The house of doors through which kubectl writes. It listens on the loopback address, admits only who knows the random
 * first part of a door's paths, and hands requests on to the `kubectl proxy` that holds the credentials. So the server's own
 * answer is known for every object, where kubectl's output names neither the object of an error nor what changed; and a
 * kubectl that outlives us can write nothing, because its door is gone.
 */
export interface WriteProxy {
  /** Opens a door, and has the listener hear of each apply that comes through it. */
  open(interceptor: ApplyInterceptor): ProxyEndpoint
  /** Has the next kubectl ask again what the server serves; until then all are told what the first one was. */
  resetDiscovery(): void
  close(): Promise<void>
}

/**
 * Opens a gateway to the API. `namespace` is the one of objects that name none. After one request that never had an answer
 * all further ones fail at once: kubectl goes on after an error, and would wait as long for each of its objects.
 */
export async function startWriteProxy(
  api: Pick<ApiClient, 'send'>,
  namespace: string,
  tempDir: string,
): Promise<WriteProxy> {
  const endpoints = new Map<string, ApplyInterceptor>()
  const inFlight = new Map<string, Set<Promise<void>>>()
  const discovery = new Map<string, Promise<ApiResponse>>()
  let lastOutage: Error | undefined
  const ask = async (request: ProxiedRequest): Promise<ApiResponse> => {
    if (lastOutage !== undefined) throw lastOutage
    const key = isDiscovery(request) ? `${request.path} ${request.headers.accept ?? ''}` : undefined
    const answer = (key === undefined ? undefined : discovery.get(key)) ?? api.send(request)
    if (key !== undefined) discovery.set(key, answer)
    try {
      return await answer
    } catch (error) {
      if (key !== undefined) discovery.delete(key)
      const isSilence = diagnosticsOf(error).some((problem) => problem.code === 'E-KUBE-NET')
      if (isSilence && error instanceof Error) lastOutage ??= error
      throw error
    }
  }
  const server = createServer((incoming, outgoing) => {
    const [secret, path] = splitUrl(incoming.url ?? '')
    const interceptor = [...endpoints].find(([known]) => isSame(known, secret))?.[1]
    if (interceptor === undefined) outgoing.writeHead(404).end()
    else {
      const under = inFlight.get(secret)
      const forwarding: Promise<void> = forward(incoming, outgoing, path, interceptor, ask).finally(() =>
        under?.delete(forwarding),
      )
      under?.add(forwarding)
    }
  })
  // A request may be held for as long as what it waits for takes.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the gateway has no port')
  let count = 0
  return {
    open: (interceptor) => {
      // Part of the address, because kubectl sends no token over plain HTTP.
      const secret = randomBytes(32).toString('hex')
      endpoints.set(secret, interceptor)
      inFlight.set(secret, new Set())
      count += 1
      const kubeconfig = join(tempDir, `door-${count}.kubeconfig`)
      const text = kubeconfigText(`http://127.0.0.1:${address.port}/${secret}`, namespace)
      writeFileSync(kubeconfig, text, { mode: 0o600 })
      const close = async () => {
        endpoints.delete(secret)
        await Promise.all(inFlight.get(secret) ?? [])
        inFlight.delete(secret)
      }
      return { kubeconfig, close }
    },
    resetDiscovery: () => discovery.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The secret part of an address, and the path behind it. */
function splitUrl(url: string): [string, string] {
  const end = url.indexOf('/', 1)
  return end === -1 ? [url.slice(1), ''] : [url.slice(1, end), url.slice(end)]
}

function isSame(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** A request of kubectl. */
interface ProxiedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** Whether a request is about what the server serves. */
function isDiscovery({ method, path }: ProxiedRequest): boolean {
  return method === 'GET' && /^\/(api|apis)(\?|$)|^\/api\/[^/?]+(\?|$)|^\/apis\/[^/?]+(\/[^/?]+)?(\?|$)/.test(path)
}

/** Failed Dependency, of RFC 4918: what this request builds on has failed. */
const FAILED_DEPENDENCY = 424

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  path: string,
  interceptor: ApplyInterceptor,
  ask: (request: ProxiedRequest) => Promise<ApiResponse>,
): Promise<void> {
  const isApply = incoming.method === 'PATCH' && incoming.headers['content-type'] === APPLY
  const tell = (status: number, body: Json) => {
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
    let answer = await ask(request)
    for (
      let attempt = 0;
      isApply && (await interceptor.shouldRetry({ ...answer, path: canonical(path) }, attempt));
      attempt += 1
    )
      answer = await ask(request)
    const { status, body, text, contentType } = answer
    tell(status, body)
    outgoing.writeHead(status, { 'content-type': contentType }).end(isApply ? withoutMigration(text, body) : text)
  } catch (error) {
    const [problem] = diagnosticsOf(error)
    const status = problem?.code === 'E-KUBE-AUTH' ? 401 : 502
    tell(status, { message: problem?.message ?? '' })
    outgoing.writeHead(status).end(problem?.message)
  }
}

/**
 * An answer in which kubectl sees no client-side apply: it would take over what that one wrote, by writes of its own that no
 * plan knows.
 */
function withoutMigration(text: string, body: Json): string {
  const metadata = field(body, 'metadata')
  if (!/"(kubectl-client-side-apply|before-first-apply)"/.test(text) || !isObject(body) || !isObject(metadata))
    return text
  const { managedFields: _, ...rest } = metadata
  return serialise(withField(body, 'metadata', rest))
}

const APPLY = 'application/apply-patch+yaml'

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

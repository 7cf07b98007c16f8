import { Agent, type IncomingMessage, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { Failure } from '../diagnostics.ts'
import { type Json, parseJson, serialise } from '../json.ts'
import { type ApiResponse, isFromProxy, statusMessage } from '../object/api-status.ts'
import { FIELD_MANAGER } from '../object/managed-fields/field-manager.ts'
import type { ApiProxy } from './kubectl-proxy.ts'
import { type Attempt, makeRetrier } from './retry.ts'

/** An HTTP request to the API server. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** The path of the object to create; only set if `path` is the collection. */
  readonly creates?: string
}

/** Body and options of a server-side apply. */
export interface ApplyRequest {
  /** The object as JSON. */
  readonly object: string
  /** Whether to take over fields of other field managers; otherwise they are a conflict (409). */
  readonly force: boolean
  /** The media type of the response; by default the whole object. */
  readonly accept?: string
}

/**
 * Reads from the API server with the credentials of the kubeconfig, and sends dry runs; it never writes. Raises E-KUBE-AUTH
 * on 401, and E-KUBE-NET if the server cannot be reached; returns every other status. Retries requests that the server
 * rejects because it is overloaded or fails.
 */
export interface ApiReader {
  /** Reads an object or a list; `accept` is the media type of the response, by default JSON in full. */
  get(path: string, accept?: string): Promise<ApiResponse>
  /** Dry-runs a server-side apply. */
  dryRunApply(path: string, request: ApplyRequest): Promise<ApiResponse>
  /** Dry-runs a JSON merge patch (RFC 7386) of the object at a path. */
  dryRunMerge(path: string, patch: Json): Promise<ApiResponse>
  /** The shortest response time so far, in milliseconds. */
  latency(): number
}

/** A connection to an API server. It only reads; writes need a write session, which has its own check. */
export interface ApiClient extends ApiReader {
  /** Opens a session that calls `check` before each write. */
  openWriteSession(check: WriteCheck): WriteSession
  /** Closes the connections. */
  close(): void
}

/**
 * The only way to write. The session's check runs before each attempt of a write; if it rejects, the write is not sent and
 * rejects with the same reason. Raises what `ApiReader` raises.
 */
export interface WriteSession extends ApiReader {
  /** Applies an object with server-side apply as the given field manager, and takes over conflicting fields. */
  apply(path: string, object: string, manager: string): Promise<ApiResponse>
  /** Creates an object at a path as the given field manager; one that exists is a conflict (409). */
  create(path: string, object: Json, manager: string): Promise<ApiResponse>
  /** Replaces the object at the resourceVersion that `object` states; any other version is a conflict (409). */
  replace(path: string, object: Json): Promise<ApiResponse>
  /** Changes an object with a JSON patch (RFC 6902), as Fairlead's field manager. */
  patch(path: string, operations: Json): Promise<ApiResponse>
  /**
   * Deletes an object that meets the preconditions; otherwise it is a conflict (409). With `Foreground`, the default, the
   * server removes the object after its dependents.
   */
  remove(path: string, preconditions: DeletePreconditions, propagation?: PropagationPolicy): Promise<ApiResponse>
  /** Relays a request of another program, a read or a write; its path may have a query. */
  send(request: ApiRequest): Promise<ApiResponse>
}

/** Resolves if the object at a path may be written, and rejects otherwise. The path has no query. */
export type WriteCheck = (path: string) => Promise<void>

/** The object to delete, optionally only in one version. */
export interface DeletePreconditions {
  readonly uid: string
  readonly resourceVersion?: string
}

/** How a deletion treats dependents. */
export type PropagationPolicy = 'Foreground' | 'Background'

/** The media type for only the metadata of an object. */
export const PARTIAL_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** At most this many requests are in flight at once. */
const MAX_CONNECTIONS = 64
/** The response time, in milliseconds, from which the server counts as distant. */
const HIGH_LATENCY_MS = 10
/** How long a response may take, including a credential plugin, in milliseconds: longer than the server's own timeout. */
export const RESPONSE_TIMEOUT_MS = 90_000

/** Whether a server with this latency, in milliseconds, is distant: half of the requests in flight are on the wire. */
export function isHighLatency(latency: number): boolean {
  return latency >= HIGH_LATENCY_MS
}

/** Connects to the API server through a `kubectl proxy`. `timeout` bounds each response, in milliseconds. */
export function openClient(proxy: ApiProxy, signal: AbortSignal, timeout = RESPONSE_TIMEOUT_MS): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const client = clientOver((apiRequest) => attempt(apiRequest, { proxy, agent, signal, timeout }), signal)
  return { ...client, close: () => agent.destroy() }
}

/** Sends a request once. */
export type Transport = (request: ApiRequest) => Promise<Attempt>

/** Creates a client that uses a transport until the signal aborts. Closing the client does not close the transport. */
export function clientOver(transport: Transport, signal: AbortSignal): ApiClient {
  const retry = makeRetrier(signal)
  let latency = Number.POSITIVE_INFINITY
  const sendChecked =
    (check: WriteCheck): Send =>
    (apiRequest) =>
      retry(async () => {
        if (isWrite(apiRequest)) await check(apiRequest.creates ?? withoutQuery(apiRequest.path))
        const started = performance.now()
        const result = await transport(apiRequest)
        latency = Math.min(latency, performance.now() - started)
        return result
      })
  const reader = { ...readingVerbs(sendChecked(rejectWrite)), latency: () => latency }
  return {
    ...reader,
    openWriteSession: (check) => ({ ...reader, ...writingVerbs(sendChecked(check)) }),
    close: () => {},
  }
}

/** Sends a request, with retries. */
type Send = (request: ApiRequest) => Promise<ApiResponse>

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' }
const APPLY_HEADERS = { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' }

function readingVerbs(send: Send): Omit<ApiReader, 'latency'> {
  return {
    get: (path, accept = 'application/json') => send({ method: 'GET', path, headers: { accept } }),
    // Server-side apply rejects unknown fields anyway; validating them again would double the cost for the server.
    dryRunApply: (path, { object, force, accept = APPLY_HEADERS.accept }) =>
      send({
        method: 'PATCH',
        path: `${path}?fieldManager=${FIELD_MANAGER}&force=${force}&fieldValidation=Ignore&dryRun=All`,
        headers: { ...APPLY_HEADERS, accept },
        body: object,
      }),
    dryRunMerge: (path, patch) => send(patchRequest(`${path}?dryRun=All&`, 'merge-patch', patch)),
  }
}

function writingVerbs(send: Send): Omit<WriteSession, keyof ApiReader> {
  return {
    apply: (path, object, manager) =>
      send({
        method: 'PATCH',
        path: `${path}?fieldManager=${manager}&force=true`,
        headers: APPLY_HEADERS,
        body: object,
      }),
    create: (path, object, manager) => {
      const collection = path.slice(0, path.lastIndexOf('/'))
      return send({
        method: 'POST',
        path: `${collection}?fieldManager=${manager}`,
        headers: JSON_HEADERS,
        body: serialise(object),
        creates: path,
      })
    },
    replace: (path, object) => send({ method: 'PUT', path, headers: JSON_HEADERS, body: serialise(object) }),
    patch: (path, operations) => send(patchRequest(`${path}?`, 'json-patch', operations)),
    remove: (path, preconditions, propagation = 'Foreground') =>
      send({ method: 'DELETE', path, headers: JSON_HEADERS, body: deleteOptions(preconditions, propagation) }),
    send,
  }
}

function patchRequest(path: string, kind: 'merge-patch' | 'json-patch', patch: Json): ApiRequest {
  const headers = { accept: 'application/json', 'content-type': `application/${kind}+json` }
  return { method: 'PATCH', path: `${path}fieldManager=${FIELD_MANAGER}`, headers, body: serialise(patch) }
}

/** Whether a request may change the cluster. */
function isWrite({ method, path }: ApiRequest): boolean {
  return method !== 'GET' && new URLSearchParams(path.split('?')[1] ?? '').get('dryRun') !== 'All'
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? ''
}

async function rejectWrite(path: string): Promise<void> {
  throw new Error(`a write without a session: ${path}`)
}

/** How requests reach the API server. */
interface Connection {
  readonly proxy: ApiProxy
  readonly agent: Agent
  readonly signal: AbortSignal
  readonly timeout: number
}

/** Sends a request once. Rejects on 401, after the timeout, and with the reason of an aborted signal. */
function attempt(
  { method, path, headers, body }: ApiRequest,
  { proxy, agent, signal, timeout }: Connection,
): Promise<Attempt> {
  // The output of the proxy or of its credential plugin often names the actual cause.
  const failure = (create: (detail: string) => Failure, text: string) =>
    create(`${text.trim()}\n${proxy.said()}`.trim())
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: proxy.socketPath,
      agent,
      method,
      path,
      headers: {
        host: 'localhost',
        'accept-encoding': 'gzip',
        ...headers,
        // Without a length Node sends the body of a DELETE unframed, and the server ignores it (observed).
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      signal,
      timeout: timeout,
    })
    const broken = (error: Error) => resolve({ broken: () => failure(unreachable, error.message) })
    outgoing.on('timeout', () => {
      reject(failure(unreachable, `no response within ${timeout / 1000} s`))
      outgoing.destroy()
    })
    outgoing.on('error', broken)
    outgoing.on('response', (response) => {
      readAll(response).then((text) => {
        const answer = {
          status: response.statusCode ?? 0,
          body: parseJson(text),
          text,
          contentType: response.headers['content-type'] ?? '',
          warnings: warningsIn(response.headersDistinct.warning ?? []),
          date: Date.parse(response.headers.date ?? ''),
        }
        if (answer.status === 401) reject(failure(rejected, statusMessage(answer)))
        else if (!isFromProxy(answer)) resolve({ answer, retryAfter: response.headers['retry-after'] })
        else if (text.includes('getting credentials')) reject(failure(rejected, text))
        else broken(new Error(text))
      }, broken)
    })
    outgoing.end(body)
  })
}

/** The texts of Warning headers (RFC 7234); one header may hold several. */
function warningsIn(headers: readonly string[]): string[] {
  return headers.flatMap((header) =>
    [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1')),
  )
}

/** Reads and decompresses the body of a response. Rejects if the connection closes early. */
function readAll(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('aborted', () => reject(new Error('the connection closed before the response was complete')))
    response.on('end', () => {
      const bytes = Buffer.concat(chunks)
      try {
        resolve((response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8'))
      } catch (error) {
        reject(error)
      }
    })
  })
}

/** Without a policy the Pods of a Job remain (observed); with `Background` they run beside those of the recreated Job. */
function deleteOptions({ uid, resourceVersion }: DeletePreconditions, propagationPolicy: PropagationPolicy): string {
  const options = { propagationPolicy, preconditions: { uid, resourceVersion } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options })
}

function rejected(detail: string): Failure {
  return new Failure({
    code: 'E-KUBE-AUTH',
    reason: 'CredentialsRejected',
    message: `The cluster does not accept the credentials of the kubeconfig: ${detail}`,
    hint: 'They may have expired or belong to another cluster. Check the login step, or create a new kubeconfig.',
  })
}

function unreachable(detail: string): Failure {
  return new Failure({
    code: 'E-KUBE-NET',
    reason: 'Unreachable',
    message: `The cluster cannot be reached: ${detail}`,
    hint: 'Check the address in the kubeconfig, and that this runner can reach it (a private cluster needs a runner in its network).',
  })
}

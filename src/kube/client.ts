import { Agent, type IncomingMessage, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { Failure } from '../diagnostics.ts'
import { type Json, parseJson, serialise } from '../json.ts'
import { type ApiResponse, isFromProxy, statusMessage } from '../object/api-status.ts'
import { FIELD_MANAGER } from '../object/managed-fields/field-manager.ts'
import type { ApiProxy } from './kubectl-proxy.ts'
import { type Attempt, makeRetrier } from './retry.ts'

/** A request as it goes over the wire. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** The path of the object that it makes, where the request goes to the collection. */
  readonly creates?: string
}

/** How an apply is sent. */
export interface ApplyRequest {
  /** JSON. */
  readonly object: string
  /** Whether fields that belong to other field managers are taken over; without, they are a conflict (409). */
  readonly force: boolean
  /** What is wanted of the answer; the whole object by default. */
  readonly accept?: string
}

/**
 * Reads from the API server, with the credentials of the kubeconfig, and asks it what writes would do. Nothing here changes
 * anything. Raises E-KUBE-AUTH on 401 and E-KUBE-NET when the server cannot be reached; every other status is an answer.
 * Requests for which the server has no time are sent again.
 */
export interface ApiReader {
  /** Reads an object or a list; `accept` is the media type of the answer, whole JSON by default. */
  get(path: string, accept?: string): Promise<ApiResponse>
  /** The answer that server-side apply would give. */
  dryRunApply(path: string, request: ApplyRequest): Promise<ApiResponse>
  /** The object that a JSON merge patch (RFC 7386) would make of the one at a path. */
  dryRunMerge(path: string, patch: Json): Promise<ApiResponse>
  /** The shortest time that an answer has taken so far, in milliseconds. */
  latency(): number
}

/** A connection to an API server. It only reads: writes go through a session, each of which has a check of its own. */
export interface ApiClient extends ApiReader {
  /** Opens a session whose writes all pass `check` first. */
  openWriteSession(check: WriteCheck): WriteSession
  /** Ends the connections. */
  close(): void
}

/**
 * The only way to write. Each attempt of a write passes the session's check before it is sent; a write that the check
 * rejects is not sent, and rejects with the same reason. Raises what `ApiReader` raises.
 */
export interface WriteSession extends ApiReader {
  /** Applies an object by server-side apply, taking over conflicting fields, as the given field manager. */
  apply(path: string, object: string, manager: string): Promise<ApiResponse>
  /** Creates an object at a path, as the given field manager; where there is one already, that is a conflict (409). */
  create(path: string, object: Json, manager: string): Promise<ApiResponse>
  /** Replaces the version of an object that `object` names by its resourceVersion; any other one is a conflict (409). */
  replace(path: string, object: Json): Promise<ApiResponse>
  /** Changes an object by a JSON patch (RFC 6902), as our field manager. */
  patch(path: string, operations: Json): Promise<ApiResponse>
  /**
   * Deletes an object that meets the preconditions; any other one is a conflict (409). With `Foreground`, the default, it is
   * gone once its dependents are.
   */
  remove(path: string, preconditions: DeletePreconditions, propagation?: PropagationPolicy): Promise<ApiResponse>
  /** Relays a request of another program, whether it reads or writes; its path may have a query. */
  send(request: ApiRequest): Promise<ApiResponse>
}

/** Resolves when the object at a path may be written, and rejects where it must not. The path has no query. */
export type WriteCheck = (path: string) => Promise<void>

/** Which object is to be deleted, and where it says so in which version. */
export interface DeletePreconditions {
  readonly uid: string
  readonly resourceVersion?: string
}

/** What becomes of the dependents of an object that is deleted. */
export type PropagationPolicy = 'Foreground' | 'Background'

/** Asks for an object's metadata alone. */
export const PARTIAL_METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

/** Requests under way at once, whoever makes them. */
const MAX_CONNECTIONS = 64
/** From here on a server is far away, in milliseconds for a small answer. */
const HIGH_LATENCY_MS = 10
/** How long the server, or a credential plugin before it, may be silent, in milliseconds: longer than its own time limit. */
export const RESPONSE_TIMEOUT_MS = 90_000

/** Whether a server with this latency is far away: half of the requests under way to it are on the wire. */
export function isHighLatency(latency: number): boolean {
  return latency >= HIGH_LATENCY_MS
}

/** Connects to the API server through a `kubectl proxy`. `timeout` is how long an answer may take, in milliseconds. */
export function openClient(proxy: ApiProxy, signal: AbortSignal, timeout = RESPONSE_TIMEOUT_MS): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  const client = clientOver((asked) => attempt(asked, { proxy, agent, signal, timeout }), signal)
  return { ...client, close: () => agent.destroy() }
}

/** Sends a request once. */
export type Transport = (request: ApiRequest) => Promise<Attempt>

/** Makes a client of a transport, which it uses until the signal aborts. Closing it does nothing to the transport. */
export function clientOver(transport: Transport, signal: AbortSignal): ApiClient {
  const retry = makeRetrier(signal)
  let latency = Number.POSITIVE_INFINITY
  const sendChecked =
    (check: WriteCheck): Send =>
    (asked) =>
      retry(async () => {
        if (isWrite(asked)) await check(asked.creates ?? withoutQuery(asked.path))
        const started = performance.now()
        const result = await transport(asked)
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

/** Sends a request until it has an answer that counts. */
type Send = (request: ApiRequest) => Promise<ApiResponse>

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' }
const APPLY_HEADERS = { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' }

function readingVerbs(send: Send): Omit<ApiReader, 'latency'> {
  return {
    get: (path, accept = 'application/json') => send({ method: 'GET', path, headers: { accept } }),
    // Server-side apply rejects unknown fields in any case; validating them once more costs the server as much again.
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

/** Whether a request may change anything for good. */
function isWrite({ method, path }: ApiRequest): boolean {
  return method !== 'GET' && new URLSearchParams(path.split('?')[1] ?? '').get('dryRun') !== 'All'
}

function withoutQuery(path: string): string {
  return path.split('?')[0] ?? ''
}

async function rejectWrite(path: string): Promise<void> {
  throw new Error(`a write without a session: ${path}`)
}

/** The way that requests go. */
interface Connection {
  readonly proxy: ApiProxy
  readonly agent: Agent
  readonly signal: AbortSignal
  readonly timeout: number
}

/** One attempt of a request. Rejects on 401, after a long silence, and with what the signal was aborted for. */
function attempt(
  { method, path, headers, body }: ApiRequest,
  { proxy, agent, signal, timeout }: Connection,
): Promise<Attempt> {
  // What the proxy or a plugin under it said is often the better half of the story.
  const failure = (make: (detail: string) => Failure, text: string) => make(`${text.trim()}\n${proxy.said()}`.trim())
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
        // Without a length Node sends the body of a DELETE unframed, and nobody reads it (seen).
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      signal,
      timeout: timeout,
    })
    const broken = (error: Error) => resolve({ broken: () => failure(unreachable, error.message) })
    outgoing.on('timeout', () => {
      reject(failure(unreachable, `no answer for ${timeout / 1000} s`))
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

/** The texts of Warning headers (RFC 7234), of which one line may hold several. */
function warningsIn(headers: readonly string[]): string[] {
  return headers.flatMap((header) =>
    [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1')),
  )
}

/** The body of an answer, unpacked. Rejects where it breaks off. */
function readAll(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('aborted', () => reject(new Error('the answer broke off')))
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

/** Without a policy a Job would leave its Pods behind (seen); in the background its successor would run beside them. */
function deleteOptions({ uid, resourceVersion }: DeletePreconditions, propagationPolicy: PropagationPolicy): string {
  const options = { propagationPolicy, preconditions: { uid, resourceVersion } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options })
}

function rejected(detail: string): Failure {
  return new Failure({
    code: 'E-KUBE-AUTH',
    reason: 'CredentialsRejected',
    message: `The cluster does not accept the credentials of the kubeconfig: ${detail}`,
    hint: 'They may have expired, or belong to another cluster: check the login step, or make a new kubeconfig.',
  })
}

function unreachable(detail: string): Failure {
  return new Failure({
    code: 'E-KUBE-NET',
    reason: 'Unreachable',
    message: `The cluster cannot be reached: ${detail}`,
    hint: 'Check the address in the kubeconfig, and that this runner may reach it (a private cluster needs a runner in its network).',
  })
}

import { Agent, request } from 'node:http'
import { Failure } from '../errors.ts'
import { field, type Json, parseJson, stringField } from '../json.ts'
import type { ApiProxy } from './proxy.ts'

/** An answer of the API server. */
export interface Answer {
  readonly status: number
  readonly body: Json
  /** The server's clock when it answered, in milliseconds since 1970. */
  readonly date: number
}

/** Direct requests to the API server, with the credentials of the kubeconfig. */
export interface Api {
  /** Raises E-KUBE-AUTH on 401 and E-KUBE-NET when the server cannot be reached; every other status is an answer. */
  get(path: string, accept?: string): Promise<Answer>
  /** What server-side apply would answer, without writing anything. `object` is JSON. */
  dryRunApply(path: string, object: string): Promise<Answer>
  /** Deletes the object with that uid at a path, once its dependents are gone. */
  remove(path: string, uid: string): Promise<Answer>
  /** Ends the connections. */
  close(): void
}

/** The field manager under which everything is applied. */
export const FIELD_MANAGER = 'fairlead'

/** Requests under way at once. */
const CONCURRENCY = 8
/** How long the server, or a credential plugin before it, may be silent, in milliseconds: longer than its own time limit. */
export const SILENCE = 90_000

/** Speaks to the API server through a `kubectl proxy`. */
export function openApi(proxy: ApiProxy, signal: AbortSignal): Api {
  const { socketPath } = proxy
  // What the proxy or a plugin under it said is often the better half of the story.
  const failure = (make: (detail: string) => Failure, text: string) => make(`${text.trim()}\n${proxy.said()}`.trim())
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const send = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath,
        agent,
        method,
        path,
        // Without a length Node sends the body of a DELETE unframed, and nobody reads it (seen).
        headers: {
          host: 'localhost',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        signal,
        timeout: SILENCE,
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${SILENCE / 1000} s`)))
      outgoing.on('error', (error) => reject(failure(unreachable, error.message)))
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', (error) => reject(failure(unreachable, error.message)))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const answer = {
            status: response.statusCode ?? 0,
            body: parseJson(text),
            date: Date.parse(response.headers.date ?? ''),
          }
          if (answer.status === 401) reject(failure(rejected, messageOf(answer)))
          else if (isFromProxy(answer))
            reject(failure(text.includes('getting credentials') ? rejected : unreachable, text))
          else resolve(answer)
        })
      })
      outgoing.end(body)
    })
  return {
    get: (path, accept = 'application/json') => send('GET', path, { accept }),
    dryRunApply: (path, object) =>
      send(
        'PATCH',
        `${path}?fieldManager=${FIELD_MANAGER}&force=true&dryRun=All`,
        { accept: 'application/json', 'content-type': 'application/apply-patch+yaml' },
        object,
      ),
    remove: (path, uid) => send('DELETE', path, JSON_BOTH_WAYS, deletionOf(uid)),
    close: () => agent.destroy(),
  }
}

const JSON_BOTH_WAYS = { accept: 'application/json', 'content-type': 'application/json' }

/** Without a policy a Job would leave its Pods behind (seen); with another one its successor would run beside them. */
function deletionOf(uid: string): string {
  const options = { propagationPolicy: 'Foreground', preconditions: { uid } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options })
}

/** The message of a refusal, in the server's own words. */
export function messageOf(answer: Pick<Answer, 'status' | 'body'>): string {
  return stringField(answer.body, 'message') ?? `the server answered with status ${answer.status}`
}

/** Whether an answer comes from kubectl proxy, or something else on the way: the server itself sends its kind as JSON. */
export function isFromProxy({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  return status >= 500 && field(body, 'kind') === undefined
}

function rejected(detail: string): Failure {
  return new Failure({
    class: 'E-KUBE-AUTH',
    message: `The cluster does not accept the credentials of the kubeconfig: ${detail}`,
    next: 'They may have expired, or belong to another cluster: check the login step, or make a new kubeconfig.',
  })
}

function unreachable(detail: string): Failure {
  return new Failure({
    class: 'E-KUBE-NET',
    message: `The cluster cannot be reached: ${detail}`,
    next: 'Check the address in the kubeconfig, and that this runner may reach it (a private cluster needs a runner in its network).',
  })
}

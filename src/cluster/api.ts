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
  const unreachable = (detail: string) =>
    unreachableCluster([detail, proxy.said()].filter((part) => part !== '').join('\n'))
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const send = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath,
        agent,
        method,
        path,
        headers: { host: 'localhost', ...headers },
        signal,
        timeout: SILENCE,
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${SILENCE / 1000} s`)))
      outgoing.on('error', (error) => reject(unreachable(error.message)))
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', (error) => reject(unreachable(error.message)))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const answer = {
            status: response.statusCode ?? 0,
            body: parseJson(text),
            date: Date.parse(response.headers.date ?? ''),
          }
          const failure = failureOf(answer, text, proxy)
          if (failure === undefined) resolve(answer)
          else reject(failure)
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
    close: () => agent.destroy(),
  }
}

/** The message of a refusal, in the server's own words. */
export function messageOf(answer: Pick<Answer, 'status' | 'body'>): string {
  return stringField(answer.body, 'message') ?? `the server answered with status ${answer.status}`
}

/** Failures of the way to the server, which say nothing about one object. */
function failureOf(answer: Answer, text: string, proxy: ApiProxy): Failure | undefined {
  // kubectl proxy answers in plain text when it cannot reach the server; the server itself sends JSON.
  const isFromProxy = answer.status >= 500 && field(answer.body, 'kind') === undefined
  if (answer.status === 401 || (isFromProxy && text.includes('getting credentials'))) {
    const detail = isFromProxy ? `${text.trim()}\n${proxy.said()}`.trim() : messageOf(answer)
    return new Failure({
      class: 'E-KUBE-AUTH',
      message: `The cluster does not accept the credentials of the kubeconfig: ${detail}`,
      next: 'They may have expired, or belong to another cluster: check the login step, or make a new kubeconfig.',
    })
  }
  return isFromProxy ? unreachableCluster(`${text.trim()}\n${proxy.said()}`.trim()) : undefined
}

/** The failure to get through to the server. */
function unreachableCluster(detail: string): Failure {
  return new Failure({
    class: 'E-KUBE-NET',
    message: `The cluster cannot be reached: ${detail}`,
    next: 'Check the address in the kubeconfig, and that this runner may reach it (a private cluster needs a runner in its network).',
  })
}

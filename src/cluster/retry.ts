import { setTimeout as sleep } from 'node:timers/promises'
import { field, stringField } from '../json.ts'
import type { Answer } from './api.ts'

/** Between two attempts of a request, in milliseconds, unless the server names a time itself. */
const PAUSES = [200, 500, 1_000, 2_000, 5_000]
/** A connection that breaks is tried again less often: what stands in the way is seldom gone in seconds. */
const BROKEN = 3
/** The longest time that a server is waited for because it says so, in milliseconds. */
const LONGEST_PAUSE = 30_000

/** How an attempt ended: with an answer, or because the connection broke. */
export type Attempt =
  | { readonly answer: Answer; readonly retryAfter: string | undefined }
  | { readonly broken: () => Error }

/**
 * Sends a request that may be sent twice until it has an answer that says something about it: one for which the server has
 * no time (429), or that it fails to give (500, 503, 504), is asked for again, a few times, after the pause that the server
 * names. What was answered last counts. Raises what broke the connection last.
 */
export async function persist(attempt: () => Promise<Attempt>, signal: AbortSignal): Promise<Answer> {
  for (let count = 0; ; count += 1) {
    const result = await attempt()
    signal.throwIfAborted()
    const pause = PAUSES[count]
    if ('broken' in result) {
      if (pause === undefined || count >= BROKEN) throw result.broken()
      await sleep(pause, undefined, { signal })
      continue
    }
    const { answer, retryAfter } = result
    if (pause === undefined || !isPassing(answer)) return answer
    await sleep(Math.min(askedFor(retryAfter, answer.date) ?? pause, LONGEST_PAUSE), undefined, { signal })
  }
}

/** Whether an answer may be another one in a moment. A webhook that fails is somebody's to look after. */
function isPassing({ status, body }: Answer): boolean {
  if (status === 500) return !/webhook/.test(stringField(body, 'message') ?? '')
  return [429, 503, 504].includes(status) && field(body, 'kind') !== undefined
}

/** The pause that a Retry-After header asks for, in milliseconds: seconds, or a date by the server's clock. */
function askedFor(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const time = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isNaN(time) ? undefined : Math.max(time, 0)
}

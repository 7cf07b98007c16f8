import { setTimeout as sleep } from 'node:timers/promises'
import { field, stringField } from '../json.ts'
import type { ApiResponse } from '../object/api-status.ts'

/** Between two attempts of a request, in milliseconds, unless the server names a time itself. */
const PAUSES = [200, 500, 1_000, 2_000, 5_000]
/** A connection that breaks is tried again less often: what stands in the way is seldom gone in seconds. */
const BROKEN = 3
/** A failure of the server itself is seldom gone in seconds either. */
const FAILING = 2
/** After so many requests for which nothing helped, none is asked for again: they would all wait for nothing. */
const MOST_VAIN = 20
/** The longest time that a server is waited for because it says so, in milliseconds. */
const LONGEST_PAUSE = 30_000

/** How an attempt ended: with an answer, or because the connection broke. */
export type Attempt =
  | { readonly answer: ApiResponse; readonly retryAfter: string | undefined }
  | { readonly broken: () => Error }

/** Asks until there is an answer that says something. */
export type Retrier = (attempt: () => Promise<Attempt>) => Promise<ApiResponse>

/**
 * Makes a function that sends a request, which may be sent twice, until it has an answer that says something about it: one
 * for which the server has no time (429), or that it fails to give (500, 503, 504), is asked for again, a few times, after
 * the pause that the server names. What was answered last counts. It raises what broke the connection last.
 */
export function makeRetrier(signal: AbortSignal): Retrier {
  let vain = 0
  return async (attempt) => {
    for (let count = 0; ; count += 1) {
      const result = await attempt()
      signal.throwIfAborted()
      const most = vain < MOST_VAIN ? attemptsFor(result) : 0
      const pause = count < most ? PAUSES[count] : undefined
      if (pause === undefined) {
        vain = most > 0 ? vain + 1 : 0
        if ('broken' in result) throw result.broken()
        return result.answer
      }
      const asked = 'answer' in result ? askedFor(result.retryAfter, result.answer.date) : undefined
      await sleep(Math.min(asked ?? pause, LONGEST_PAUSE), undefined, { signal })
    }
  }
}

/** How often a request that ended like this is worth sending again. */
function attemptsFor(result: Attempt): number {
  if ('broken' in result) return BROKEN
  const { status, body } = result.answer
  if (field(body, 'kind') === undefined) return 0
  if ([429, 503, 504].includes(status)) return PAUSES.length
  // Without a reason it is the object's fault (seen with unknown fields); a webhook that fails is somebody's to look after.
  const isOwn = stringField(body, 'reason') !== undefined && !/webhook/.test(stringField(body, 'message') ?? '')
  return status === 500 && isOwn ? FAILING : 0
}

/** The pause that a Retry-After header asks for, in milliseconds: seconds, or a date by the server's clock. */
function askedFor(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const time = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isNaN(time) ? undefined : Math.max(time, 0)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { field, stringField } from '../json.ts'
import type { ApiResponse } from '../object/api-status.ts'

/** Between two attempts of a request, in milliseconds, unless the server names a time itself. */
const RETRY_PAUSES_MS = [200, 500, 1_000, 2_000, 5_000]
/** A connection that breaks is tried again less often: what stands in the way is seldom gone in seconds. */
const MAX_BROKEN_RETRIES = 3
/** A failure of the server itself is seldom gone in seconds either. */
const MAX_SERVER_ERROR_RETRIES = 2
/** After so many requests in a row for which retries did not help, none is retried: they would all wait for nothing. */
const MAX_FAILED_REQUESTS = 20
/** The longest pause that a server may ask for, in milliseconds. */
const MAX_PAUSE_MS = 30_000

/** How an attempt ended: with an answer, or because the connection broke. */
export type Attempt =
  | { readonly answer: ApiResponse; readonly retryAfter: string | undefined }
  | { readonly broken: () => Error }

/** Repeats a request until there is an answer that counts. */
export type Retrier = (attempt: () => Promise<Attempt>) => Promise<ApiResponse>

/**
 * Makes a function that sends a request, which may be sent twice, until it has an answer that says something about it: one
 * for which the server has no time (429), or that it fails to give (500, 503, 504), is asked for again, a few times, after
 * the pause that the server names. What was answered last counts. It raises what broke the connection last.
 */
export function makeRetrier(signal: AbortSignal): Retrier {
  let failedInARow = 0
  return async (attempt) => {
    for (let count = 0; ; count += 1) {
      const result = await attempt()
      signal.throwIfAborted()
      const most = failedInARow < MAX_FAILED_REQUESTS ? attemptsFor(result) : 0
      const pause = count < most ? RETRY_PAUSES_MS[count] : undefined
      if (pause === undefined) {
        failedInARow = most > 0 ? failedInARow + 1 : 0
        if ('broken' in result) throw result.broken()
        return result.answer
      }
      const asked = 'answer' in result ? askedFor(result.retryAfter, result.answer.date) : undefined
      await sleep(Math.min(asked ?? pause, MAX_PAUSE_MS), undefined, { signal })
    }
  }
}

/** How often a request that ended like this is worth sending again. */
function attemptsFor(result: Attempt): number {
  if ('broken' in result) return MAX_BROKEN_RETRIES
  const { status, body } = result.answer
  if (field(body, 'kind') === undefined) return 0
  if ([429, 503, 504].includes(status)) return RETRY_PAUSES_MS.length
  // Without a reason it is the object's fault (seen with unknown fields); a webhook that fails is somebody's to look after.
  const isOwn = stringField(body, 'reason') !== undefined && !/webhook/.test(stringField(body, 'message') ?? '')
  return status === 500 && isOwn ? MAX_SERVER_ERROR_RETRIES : 0
}

/** The pause that a Retry-After header asks for, in milliseconds: seconds, or a date by the server's clock. */
function askedFor(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const time = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isNaN(time) ? undefined : Math.max(time, 0)
}

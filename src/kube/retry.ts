import { setTimeout as sleep } from 'node:timers/promises'
import { field, stringField } from '../json.ts'
import type { ApiResponse } from '../object/api-status.ts'

/** Pauses between the attempts of a request, in milliseconds, unless the server sends Retry-After. */
const RETRY_PAUSES_MS = [200, 500, 1_000, 2_000, 5_000]
/** Broken connections are retried less often: their cause rarely disappears within seconds. */
const MAX_BROKEN_RETRIES = 3
/** Retries after an internal server error (500). */
const MAX_SERVER_ERROR_RETRIES = 2
/** After this many consecutive requests whose retries all failed, requests are no longer retried. */
const MAX_FAILED_REQUESTS = 20
/** The longest pause that Retry-After can cause, in milliseconds. */
const MAX_PAUSE_MS = 30_000

/** The outcome of an attempt: a response, or a broken connection. */
export type Attempt =
  | { readonly answer: ApiResponse; readonly retryAfter: string | undefined }
  | { readonly broken: () => Error }

/** Sends a request, with retries, and returns the last response. */
export type Retrier = (attempt: () => Promise<Attempt>) => Promise<ApiResponse>

/**
 * Creates a function that sends an idempotent request and retries it a few times, after the pause that the server asks for:
 * if the server is overloaded (429), if it fails (500, 503, 504), or if the connection breaks. Returns the last response;
 * raises the last connection error.
 */
export function makeRetrier(signal: AbortSignal): Retrier {
  let failedInARow = 0
  return async (attempt) => {
    for (let count = 0; ; count += 1) {
      const result = await attempt()
      signal.throwIfAborted()
      const maxRetries = failedInARow < MAX_FAILED_REQUESTS ? maxRetriesFor(result) : 0
      const pause = count < maxRetries ? RETRY_PAUSES_MS[count] : undefined
      if (pause === undefined) {
        failedInARow = maxRetries > 0 ? failedInARow + 1 : 0
        if ('broken' in result) throw result.broken()
        return result.answer
      }
      const requested = 'answer' in result ? parseRetryAfter(result.retryAfter, result.answer.date) : undefined
      await sleep(Math.min(requested ?? pause, MAX_PAUSE_MS), undefined, { signal })
    }
  }
}

/** How often a request with this outcome may be retried. */
function maxRetriesFor(result: Attempt): number {
  if ('broken' in result) return MAX_BROKEN_RETRIES
  const { status, body } = result.answer
  if (field(body, 'kind') === undefined) return 0
  if ([429, 503, 504].includes(status)) return RETRY_PAUSES_MS.length
  // Without a reason, the object caused the error (observed with unknown fields). Failures of webhooks are not retried.
  const isServerError = stringField(body, 'reason') !== undefined && !/webhook/.test(stringField(body, 'message') ?? '')
  return status === 500 && isServerError ? MAX_SERVER_ERROR_RETRIES : 0
}

/** The pause in a Retry-After header (seconds, or a date by the server's clock), in milliseconds. */
function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const time = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isNaN(time) ? undefined : Math.max(time, 0)
}

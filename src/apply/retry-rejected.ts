import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import type { ApplyResponse } from '../kube/write-proxy.ts'
import { reasonOf } from '../object/api-rejection.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ApplyEvent } from './apply-event.ts'

/** Decides whether a rejected object is sent again; settles after the pause before that. */
export type ShouldRetry = (
  manifest: ResolvedManifest,
  index: number,
  response: ApplyResponse,
  attempt: number,
) => Promise<boolean>

/** The pause before each retry, in milliseconds. */
const RETRY_PAUSES_MS = [250, 500, 1_000, 2_000]
/** The total pause of a run, in milliseconds: if many objects are rejected, waiting does not help. */
const MAX_TOTAL_PAUSE_MS = 30_000

/**
 * Makes a function that retries a rejected object a few times if an earlier change in the same run may resolve the rejection.
 * Some changes take effect with a delay: a raised quota is counted later, and a webhook is called before its Service has
 * endpoints.
 */
export function retryRejected(
  order: ApplyOrder,
  isWritten: (index: number) => boolean,
  { emit, signal }: { readonly emit: (event: ApplyEvent) => void; readonly signal: AbortSignal },
): ShouldRetry {
  const causes = possibleCausesIn(order)
  let pauseLeft = MAX_TOTAL_PAUSE_MS
  return async ({ id }, index, response, attempt) => {
    const { status } = response
    const pause = RETRY_PAUSES_MS[attempt]
    if (status < 400 || status === 401 || status === 409 || pause === undefined || pause > pauseLeft) return false
    if (reasonOf(response) === 'immutable') return false
    if (causes(index, isWritten).length === 0) return false
    pauseLeft -= pause
    if (attempt === 0) emit({ type: 'apply-retry', id })
    await sleep(pause, undefined, { signal })
    return true
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplyOrder } from '../graph/apply-order.ts'
import { possibleCausesIn } from '../graph/possible-causes.ts'
import type { ApplyResponse } from '../kube/write-proxy.ts'
import { reasonOf } from '../object/api-rejection.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ApplyEvent } from './apply-event.ts'

/** Whether an object that was rejected is sent again, after a pause. */
export type ShouldRetry = (
  manifest: ResolvedManifest,
  index: number,
  answer: ApplyResponse,
  attempt: number,
) => Promise<boolean>

/** Before each new attempt, in milliseconds. */
const RETRY_PAUSES_MS = [250, 500, 1_000, 2_000]
/** All pauses of a run together, in milliseconds: where many objects are rejected, waiting does not help. */
const MAX_TOTAL_PAUSE_MS = 30_000

/**
 * Makes a function that has a rejected object sent again, a few times, if something before it has just been written, which may
 * be why it is rejected. The server sees what it has written only after a while: a quota is counted later than it is raised,
 * and a webhook is called before its Service leads to it.
 */
export function retryRejected(
  order: ApplyOrder,
  isWritten: (index: number) => boolean,
  { emit, signal }: { readonly emit: (event: ApplyEvent) => void; readonly signal: AbortSignal },
): ShouldRetry {
  const causes = possibleCausesIn(order)
  let left = MAX_TOTAL_PAUSE_MS
  return async ({ id }, index, answer, attempt) => {
    const { status } = answer
    const pause = RETRY_PAUSES_MS[attempt]
    if (status < 400 || status === 401 || status === 409 || pause === undefined || pause > left) return false
    if (reasonOf(answer) === 'immutable') return false
    if (causes(index, isWritten).length === 0) return false
    left -= pause
    if (attempt === 0) emit({ type: 'apply-retry', id })
    await sleep(pause, undefined, { signal })
    return true
  }
}

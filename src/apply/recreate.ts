import { setTimeout as sleep } from 'node:timers/promises'
import { CLOCK } from '../clock.ts'
import { healthOf } from '../health/health.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { waitUntilDeleted } from '../kube/readers/wait-until-deleted.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { unreadyReason } from '../wait/unready-object.ts'
import { openWaiter } from '../wait/waiter.ts'
import type { ApplyOptions } from './kubectl-stream.ts'

const INTERVAL = 200

/**
 * Makes way for an object that is to be made anew: the one that is there is deleted, with what depends on it. A hook that
 * runs right now may end first. Returns what is in the way, as the end of a sentence; undefined where nothing is.
 */
export async function deleteForRecreate(
  manifest: ResolvedManifest,
  api: ApiClient,
  options: ApplyOptions,
): Promise<string | undefined> {
  const { id, path = '', object } = manifest
  const { emit, signal } = options
  const current = await api.get(path)
  if (current.status === 404) return undefined
  const uid = stringField(current.body, 'metadata', 'uid')
  if (uid === undefined) return `nobody can say whether it is there: ${statusMessage(current)}`
  if (runsToCompletion(manifest) && healthOf(id, current.body).isFinal !== true && isRunning(current.body)) {
    emit({ type: 'hook-running', id })
    const asPlanned = await openWaiter(options.statusReader, options).waitFor([{ id, path, since: CLOCK.steady() }])
    const [end] = asPlanned.values()
    if (end?.isReady === false && isRunning((await api.get(path)).body))
      return `it has to run again, and is still under way since an earlier run: ${unreadyReason(end)}`
  }
  emit({ type: 'recreate', id, isHook: runsToCompletion(manifest) })
  const error = await remove(path, uid, api, options)
  if (error !== undefined) return error
  await waitForCacheExpiry(path, object, api, signal)
  return undefined
}

/** Whether anything of a Job or a Pod runs right now; what has not started, or is between two starts, does not. */
function isRunning(object: Json): boolean {
  const ready = field(object, 'status', 'ready')
  return stringField(object, 'status', 'phase') === 'Running' || (typeof ready === 'number' && ready > 0)
}

async function remove(path: string, uid: string, api: ApiClient, options: ApplyOptions): Promise<string | undefined> {
  const answer = await api.remove(path, { uid })
  if (answer.status >= 300 && answer.status !== 404)
    return `it could not be deleted to be made anew: ${statusMessage(answer)}`
  const keepers = await waitUntilDeleted(path, uid, api, options)
  return keepers === undefined ? undefined : `it was deleted to be made anew, and ${keepers}`
}

/** How long the server may go on seeing an object that it has deleted, in milliseconds. */
const CACHE_EXPIRY_MS = 5_000

/**
 * For some milliseconds an apply still meets the deleted object, which the server has in its cache, and may be refused
 * (seen).
 */
async function waitForCacheExpiry(path: string, object: Json, api: ApiClient, signal: AbortSignal): Promise<void> {
  const request = { object: serialise(object), force: true }
  for (const end = Date.now() + CACHE_EXPIRY_MS; Date.now() < end; await sleep(INTERVAL / 10, undefined, { signal })) {
    if ((await api.dryRunApply(path, request)).status === 201) return
  }
}

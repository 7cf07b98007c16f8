import { setTimeout as sleep } from 'node:timers/promises'
import { CLOCK } from '../clock.ts'
import { healthOf } from '../health/health.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import type { ApiReader, WriteSession } from '../kube/client.ts'
import { waitUntilDeleted } from '../kube/readers/wait-until-deleted.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { parseRejection } from '../object/api-rejection.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { unreadyReason } from '../wait/unready-object.ts'
import { openWaiter } from '../wait/waiter.ts'
import type { ApplyOptions } from './apply-session.ts'

/** Options of a deletion before an object is recreated. */
export type RecreateOptions = Pick<ApplyOptions, 'signal' | 'emit' | 'timeout' | 'statusReader'>

/**
 * Deletes an object that is to be recreated, with its dependents. Waits first for a hook that is still running. Returns why
 * the object cannot be recreated, as the end of a sentence; undefined if it can.
 */
export async function deleteForRecreate(
  manifest: ResolvedManifest,
  api: WriteSession,
  options: RecreateOptions,
): Promise<string | undefined> {
  const { id, path = '', object } = manifest
  const { emit, signal } = options
  const current = await api.get(path)
  if (current.status === 404) return undefined
  const uid = stringField(current.body, 'metadata', 'uid')
  if (uid === undefined) return `it could not be read: ${statusMessage(current)}`
  if (runsToCompletion(manifest) && healthOf(id, current.body).isFinal !== true && isRunning(current.body)) {
    emit({ type: 'hook-running', id })
    const settled = await openWaiter(options.statusReader, options).waitFor([{ id, path, since: CLOCK.steady() }])
    const [end] = settled.values()
    if (end?.isReady === false && isRunning((await api.get(path)).body))
      return `it must run again, but is still running since an earlier run: ${unreadyReason(end)}`
  }
  emit({ type: 'recreate', id, isHook: runsToCompletion(manifest) })
  const error = await deleteObject(manifest, uid, api, options)
  if (error !== undefined) return error
  await waitForCacheExpiry(path, object, api, signal)
  return undefined
}

/** Whether a Job or Pod is running now; one that has not started, or is between two starts, is not. */
function isRunning(object: Json): boolean {
  const ready = field(object, 'status', 'ready')
  return stringField(object, 'status', 'phase') === 'Running' || (typeof ready === 'number' && ready > 0)
}

async function deleteObject(
  manifest: ResolvedManifest,
  uid: string,
  api: WriteSession,
  options: RecreateOptions,
): Promise<string | undefined> {
  const { path = '' } = manifest
  const response = await api.remove(path, { uid })
  if (response.status >= 300 && response.status !== 404)
    return `it could not be deleted to recreate it: ${parseRejection(response, manifest).message}`
  const blockers = await waitUntilDeleted(path, uid, api, options)
  return blockers === undefined ? undefined : `it was deleted to recreate it, and ${blockers}`
}

/** How long the server may keep a deleted object in its cache, in milliseconds. */
const CACHE_EXPIRY_MS = 5_000
/** The interval between two dry runs that check the cache, in milliseconds. */
const CACHE_POLL_INTERVAL_MS = 20

/**
 * Waits until a dry run would create the object. For some milliseconds after a deletion, the server still has the object in
 * its cache and may reject an apply (observed).
 */
async function waitForCacheExpiry(path: string, object: Json, api: ApiReader, signal: AbortSignal): Promise<void> {
  const request = { object: serialise(object), force: true }
  for (
    const end = Date.now() + CACHE_EXPIRY_MS;
    Date.now() < end;
    await sleep(CACHE_POLL_INTERVAL_MS, undefined, { signal })
  ) {
    if ((await api.dryRunApply(path, request)).status === 201) return
  }
}

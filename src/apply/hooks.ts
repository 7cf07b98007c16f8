import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Api, messageOf } from '../cluster/api.ts'
import { readinessOf } from '../health/readiness.ts'
import { untilSettled } from '../health/wait.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import { describe } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { differ, liveOf } from './observe.ts'
import type { ApplyOptions } from './stream.ts'

/** How long a hook and its Pods may take to go, in milliseconds. */
const DEADLINE = 120_000
const INTERVAL = 200

/** Whether a hook may be applied: it is as it should be, or gone; or why not, as the end of a sentence. */
export type Way = { readonly isCleared: boolean } | { readonly obstacle: string }

/**
 * Makes way for a hook that runs to an end. The one of an earlier run is deleted, with its Pods, if it has to run again:
 * because it failed, because the manifest is another one now, or because it `mustRun`. One that runs right now may end
 * first. One that has run as it stands is left alone, and so is one whose successor the server would refuse.
 */
export async function makeWay(
  { id, path = '', object }: PlacedManifest,
  mustRun: boolean,
  api: Api,
  { log, signal }: ApplyOptions,
): Promise<Way> {
  const current = await api.get(path)
  if (current.status === 404) return { isCleared: true }
  const uid = stringField(current.body, 'metadata', 'uid')
  const trial = current.status === 200 ? await api.dryRunApply(path, serialise(object)) : current
  if (uid === undefined || isBusy(trial)) return { obstacle: `nobody can say whether it has run: ${messageOf(trial)}` }
  const isImmutable = isRefusedAsImmutable(trial)
  const before = readinessOf(id, current.body)
  const isOther = isImmutable || differ(liveOf(current.body, current.date), liveOf(trial.body, 0))
  if (trial.status !== 200 && !isImmutable) return { isCleared: false } // the apply will say why
  if (!mustRun && !isOther && before.state !== 'failed') return { isCleared: false }
  if (before.state !== 'failed' && isRunning(current.body)) {
    log(`${describe(id)} of an earlier run is still under way.`)
    const settled = await untilSettled([{ id, path, since: Date.now() }], api, { log, signal })
    const [reason] = settled.values()
    if (reason !== undefined && isRunning((await api.get(path)).body))
      return { obstacle: `it has to run again, and is still under way since an earlier run: ${reason}` }
  }
  log(`Deleting ${describe(id)} of an earlier run, to run it again.`)
  const obstacle = await remove(path, uid, api, signal)
  if (obstacle !== undefined) return { obstacle }
  await untilForgotten(path, object, api, signal)
  return { isCleared: true }
}

/** Whether an answer is none about the object: the server has no time, or fails. */
function isBusy({ status }: Answer): boolean {
  return status === 429 || status >= 500
}

/** Whether an object is refused for nothing but fields that cannot change. */
function isRefusedAsImmutable({ status, body }: Answer): boolean {
  const causes = field(body, 'details', 'causes')
  return (
    status === 422 &&
    Array.isArray(causes) &&
    causes.length > 0 &&
    causes.every((cause: Json) => /immutable|may not change fields/.test(stringField(cause, 'message') ?? ''))
  )
}

/** Whether anything of a Job or a Pod runs right now; what has not started, or is between two starts, does not. */
function isRunning(object: Json): boolean {
  const ready = field(object, 'status', 'ready')
  return stringField(object, 'status', 'phase') === 'Running' || (typeof ready === 'number' && ready > 0)
}

async function remove(path: string, uid: string, api: Api, signal: AbortSignal): Promise<string | undefined> {
  const answer = await api.remove(path, uid)
  if (answer.status >= 300 && answer.status !== 404) return `it could not be deleted to run again: ${messageOf(answer)}`
  for (const end = Date.now() + DEADLINE; ; await sleep(INTERVAL, undefined, { signal })) {
    const { status, body } = await api.get(path)
    const other = status === 200 ? stringField(body, 'metadata', 'uid') : undefined
    if (status === 404 || (other !== undefined && other !== uid)) return undefined
    if (Date.now() < end) continue
    const finalizers = serialise(field(body, 'metadata', 'finalizers') ?? [])
    return `it was deleted to run again, and is still there after ${DEADLINE / 1000} s; its finalizers are ${finalizers}`
  }
}

/** How long the server may go on seeing an object that it has deleted, in milliseconds. */
const AFTERGLOW = 5_000

/**
 * For some milliseconds an apply still meets the deleted object, which the server has in its cache, and may be refused
 * (seen).
 */
async function untilForgotten(path: string, object: Json, api: Api, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + AFTERGLOW; Date.now() < end; await sleep(INTERVAL / 10, undefined, { signal })) {
    if ((await api.dryRunApply(path, serialise(object))).status === 201) return
  }
}

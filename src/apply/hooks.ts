import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, messageOf } from '../cluster/api.ts'
import { readinessOf } from '../health/readiness.ts'
import { untilSettled } from '../health/wait.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import { describe } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { differ, type Live, liveOf } from './observe.ts'
import type { ApplyOptions } from './stream.ts'

/** How long a hook may take to go, in milliseconds. */
const DEADLINE = 60_000
const INTERVAL = 200

/**
 * Makes way for a hook that has to run again: the one of an earlier run is deleted, with its Pods, if it failed or if its
 * manifest is another one now, which no Job can follow. One that is still under way may end first. One that has run as it
 * stands in the set is left alone, or every run would run it again. Returns why there is no way, as the end of a sentence.
 */
export async function makeWay(
  { id, path = '', object }: PlacedManifest,
  live: Live,
  api: Api,
  { log, signal }: ApplyOptions,
): Promise<string | undefined> {
  const current = await api.get(path)
  const uid = stringField(current.body, 'metadata', 'uid')
  if (current.status !== 200 || uid === undefined) return undefined
  const trial = await api.dryRunApply(path, serialise(object))
  const isOther = trial.status === 200 ? differ(live, liveOf(trial.body, 0)) : isImmutable(trial.body)
  const before = readinessOf(id, current.body)
  if (before.state !== 'failed' && !isOther) return undefined
  if (isOther && before.state === 'waiting') {
    log(`${describe(id)} of an earlier run is still under way.`)
    const [reason] = (await untilSettled([{ id, path, since: Date.now() }], api, { log, signal })).values()
    if (reason !== undefined) log(`${describe(id)}: ${reason}`)
  }
  log(`Deleting ${describe(id)} of an earlier run, to run it again.`)
  const reason = await remove(path, uid, api, signal)
  if (reason === undefined) await untilForgotten(path, object, api, signal)
  return reason
}

/** Whether an object is refused for nothing but fields that cannot change. */
function isImmutable(refusal: Json): boolean {
  const causes = field(refusal, 'details', 'causes')
  return (
    Array.isArray(causes) &&
    causes.length > 0 &&
    causes.every((cause: Json) => /immutable|may not change fields/.test(stringField(cause, 'message') ?? ''))
  )
}

async function remove(path: string, uid: string, api: Api, signal: AbortSignal): Promise<string | undefined> {
  const answer = await api.remove(path, uid)
  if (answer.status >= 300 && answer.status !== 404) return `it could not be deleted to run again: ${messageOf(answer)}`
  for (const end = Date.now() + DEADLINE; ; await sleep(INTERVAL, undefined, { signal })) {
    const { status, body } = await api.get(path)
    if (status === 404 || stringField(body, 'metadata', 'uid') !== uid) return undefined
    if (Date.now() < end) continue
    const finalizers = serialise(field(body, 'metadata', 'finalizers') ?? [])
    return `it was deleted to run again, and is still there after ${DEADLINE / 1000} s; its finalizers are ${finalizers}`
  }
}

/** How long the server may go on seeing an object that it has deleted, in milliseconds. */
const AFTERGLOW = 5_000

/** For some milliseconds an apply still meets the deleted object, which the server has in its cache, and may be refused (seen). */
async function untilForgotten(path: string, object: Json, api: Api, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + AFTERGLOW; Date.now() < end; await sleep(INTERVAL / 10, undefined, { signal })) {
    if ((await api.dryRunApply(path, serialise(object))).status === 201) return
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, messageOf } from '../cluster/api.ts'
import { readinessOf } from '../health/readiness.ts'
import { field, type Json, serialise, stringField } from '../json.ts'
import { directivesOf } from '../manifests/directives.ts'
import { countOf, describe, kindKeyOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import type { Sequence } from '../order/sequence.ts'
import type { Live } from './observe.ts'
import type { ApplyOptions } from './stream.ts'

/** How long a hook may take to go, in milliseconds. */
const DEADLINE = 60_000
const INTERVAL = 200

/** Whether a manifest is a hook that runs to an end: a Job or a Pod. */
export function isRun({ id, object }: PlacedManifest): boolean {
  return ['batch/Job', '/Pod'].includes(kindKeyOf(id)) && directivesOf(object).hook !== undefined
}

/**
 * Deletes hooks of an earlier run that have to run again: those that failed, and those whose manifest is another one now,
 * which no Job can follow. One that has run as it stands in the set is left alone, or every run would run it again. Returns
 * those that could not be deleted, with the reason as the end of a sentence.
 */
export async function clearHooks(
  manifests: Sequence,
  live: ReadonlyMap<string, Live>,
  api: Api,
  options: ApplyOptions,
): Promise<Map<PlacedManifest, string>> {
  const stuck = new Map<PlacedManifest, string>()
  const hooks = manifests.filter((manifest) => live.has(manifest.path ?? '') && isRun(manifest))
  const before = await Promise.all(hooks.map(async (hook) => ({ hook, uid: await uidToClear(hook, api) })))
  const gone = before.flatMap(({ hook, uid }) => (uid === undefined ? [] : [{ hook, uid }]))
  if (gone.length === 0) return stuck
  options.log(
    `Deleting ${countOf(gone)} of an earlier run, to run again: ${gone.map(({ hook }) => describe(hook.id)).join(', ')}`,
  )
  await Promise.all(
    gone.map(async ({ hook, uid }) => {
      const reason = await remove(hook, uid, api, options.signal)
      if (reason !== undefined) stuck.set(hook, reason)
    }),
  )
  return stuck
}

/** The uid of the live hook, if it has to go. */
async function uidToClear({ id, path = '', object }: PlacedManifest, api: Api): Promise<string | undefined> {
  const trial = await api.dryRunApply(path, serialise(object))
  const current = await api.get(path)
  const hasFailed = readinessOf(id, current.body).state === 'failed'
  return hasFailed || (trial.status === 422 && isImmutable(trial.body))
    ? stringField(current.body, 'metadata', 'uid')
    : undefined
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

async function remove(
  { path = '' }: PlacedManifest,
  uid: string,
  api: Api,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await api.remove(path, uid)
  if (answer.status >= 300 && answer.status !== 404) return `it could not be deleted to run again: ${messageOf(answer)}`
  for (const end = Date.now() + DEADLINE; ; await sleep(INTERVAL, undefined, { signal })) {
    const { status, body } = await api.get(path)
    if (status === 404 || stringField(body, 'metadata', 'uid') !== uid) return undefined
    if (Date.now() < end) continue
    const finalizers = serialise(field(body, 'metadata', 'finalizers') ?? [])
    return `it was to be deleted to run again, and is still there after ${DEADLINE / 1000} s; its finalizers are ${finalizers}`
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { field, type Json, listField, stringField } from '../../json.ts'
import { statusMessage } from '../../object/api-status.ts'
import { type ApiClient, PARTIAL_METADATA } from '../client.ts'

/** Between two looks at an object that is going, in milliseconds: at first, and at most. */
const INTERVALS = { first: 50, most: 2_000 }

/** What waiting for the end of an object needs. */
export interface DeletionWaitOptions {
  readonly signal: AbortSignal
  /** How long the object may take to go, in milliseconds. */
  readonly timeout: number
}

/**
 * Waits until the object with that uid, which was deleted, is gone from a path. Returns what keeps it when its time is over, as
 * the rest of a sentence; undefined where nothing does.
 */
export async function waitUntilDeleted(
  path: string,
  uid: string,
  api: Pick<ApiClient, 'get'>,
  { signal, timeout }: DeletionWaitOptions,
): Promise<string | undefined> {
  const started = Date.now()
  for (let interval = INTERVALS.first; ; interval = Math.min(interval * 1.5, INTERVALS.most)) {
    const { status, body } = await api.get(path, PARTIAL_METADATA)
    if (status === 404 || (status === 200 && stringField(body, 'metadata', 'uid') !== uid)) return undefined
    if (status === 401 || status === 403) return `nobody can say whether it is gone: ${statusMessage({ status, body })}`
    if (Date.now() - started > timeout)
      return `is still there after ${Math.round(timeout / 1000)} s${blockers((await api.get(path)).body)}`
    await sleep(interval, undefined, { signal })
  }
}

/** What keeps an object that was deleted, as the rest of a sentence. */
function blockers(object: Json): string {
  const finalizers = listField(object, 'metadata', 'finalizers').map((name) =>
    name === 'foregroundDeletion' ? 'foregroundDeletion (something that depends on it does not go)' : String(name),
  )
  const conditions = stringField(object, 'kind') === 'Namespace' ? listField(object, 'status', 'conditions') : []
  const messages = conditions.flatMap((condition) =>
    field(condition, 'status') === 'True' ? [stringField(condition, 'message') ?? ''] : [],
  )
  const list = finalizers.length === 0 ? [] : [`its finalizers are ${finalizers.join(', ')}`]
  return [...list, ...messages].map((text) => `; ${text}`).join('')
}

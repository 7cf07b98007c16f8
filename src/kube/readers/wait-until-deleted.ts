import { setTimeout as sleep } from 'node:timers/promises'
import { field, type Json, listField, stringField } from '../../json.ts'
import { statusMessage } from '../../object/api-status.ts'
import { type ApiClient, PARTIAL_METADATA } from '../client.ts'

/** The interval between two reads of an object that is being deleted, in milliseconds: first and maximum. */
const POLL_INTERVALS_MS = { first: 50, most: 2_000 }

/** Options for waiting for a deletion. */
export interface DeletionWaitOptions {
  readonly signal: AbortSignal
  /** How long the deletion may take, in milliseconds. */
  readonly timeout: number
}

/**
 * Waits until the object with `uid` no longer exists at a path, after its deletion was requested. Returns undefined once it is
 * gone; after the timeout, what blocks the deletion, as the rest of a sentence.
 */
export async function waitUntilDeleted(
  path: string,
  uid: string,
  api: Pick<ApiClient, 'get'>,
  { signal, timeout }: DeletionWaitOptions,
): Promise<string | undefined> {
  const started = Date.now()
  for (let interval = POLL_INTERVALS_MS.first; ; interval = Math.min(interval * 1.5, POLL_INTERVALS_MS.most)) {
    const { status, body } = await api.get(path, PARTIAL_METADATA)
    if (status === 404 || (status === 200 && stringField(body, 'metadata', 'uid') !== uid)) return undefined
    if (status === 401 || status === 403) return `can no longer be read: ${statusMessage({ status, body })}`
    if (Date.now() - started > timeout)
      return `still exists after ${Math.round(timeout / 1000)} s${blockers((await api.get(path)).body)}`
    await sleep(interval, undefined, { signal })
  }
}

/** What blocks the deletion of an object, as the rest of a sentence. */
function blockers(object: Json): string {
  const finalizers = listField(object, 'metadata', 'finalizers').map((name) =>
    name === 'foregroundDeletion' ? 'foregroundDeletion (waiting for a dependent)' : String(name),
  )
  const conditions = stringField(object, 'kind') === 'Namespace' ? listField(object, 'status', 'conditions') : []
  const messages = conditions.flatMap((condition) =>
    field(condition, 'status') === 'True' ? [stringField(condition, 'message') ?? ''] : [],
  )
  const named = finalizers.length === 0 ? [] : [`its finalizers are ${finalizers.join(', ')}`]
  return [...named, ...messages].map((text) => `; ${text}`).join('')
}

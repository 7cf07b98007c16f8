import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { maskSecrets } from './mask-secrets.ts'

/** Lists the events of a namespace that match a field selector, oldest first; empty if they cannot be read. */
export async function eventsAbout(
  namespace: string,
  selector: string,
  api: Pick<ApiClient, 'get'>,
): Promise<readonly Json[]> {
  // Events about cluster-scoped objects are in the Namespace `default`.
  const path = `/api/v1/namespaces/${namespace || 'default'}/events?fieldSelector=${encodeURIComponent(selector)}`
  return byTime(listField((await api.get(path)).body, 'items'))
}

/** Sorts events by the time of their last occurrence. */
export function byTime(events: readonly Json[]): readonly Json[] {
  return [...events].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

/** Returns the time of the last occurrence of an event, in RFC 3339; empty if it has none. */
export function timeOf(event: Json): string {
  const series = stringField(event, 'series', 'lastObservedTime')
  const last = stringField(event, 'lastTimestamp') ?? stringField(event, 'eventTime')
  return series ?? last ?? stringField(event, 'metadata', 'creationTimestamp') ?? ''
}

/** Formats an event as `TYPE REASON (N times): MESSAGE`, with secrets masked. */
export function eventLine(event: Json): string {
  const count = field(event, 'series', 'count') ?? field(event, 'count')
  const times = typeof count === 'number' && count > 1 ? ` (${count} times)` : ''
  const [type, reason, message] = ['type', 'reason', 'message'].map((name) => stringField(event, name) ?? '')
  return maskSecrets(`${type} ${reason}${times}: ${message?.trim()}`)
}

import { field, type Json, listField, stringField } from '../json.ts'
import type { ApiClient } from '../kube/client.ts'
import { maskSecrets } from './mask-secrets.ts'

/** The events of a namespace that fit a field selector, the last one last; none where they cannot be read. */
export async function eventsAbout(
  namespace: string,
  selector: string,
  api: Pick<ApiClient, 'get'>,
): Promise<readonly Json[]> {
  // Events about what has no namespace are in this one.
  const path = `/api/v1/namespaces/${namespace || 'default'}/events?fieldSelector=${encodeURIComponent(selector)}`
  return byTime(listField((await api.get(path)).body, 'items'))
}

/** Events in the order in which they happened last. */
export function byTime(events: readonly Json[]): readonly Json[] {
  return [...events].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

/** When an event happened last, in RFC 3339. */
export function timeOf(event: Json): string {
  const series = stringField(event, 'series', 'lastObservedTime')
  const last = stringField(event, 'lastTimestamp') ?? stringField(event, 'eventTime')
  return series ?? last ?? stringField(event, 'metadata', 'creationTimestamp') ?? ''
}

/** An event as a line. */
export function eventLine(event: Json): string {
  const count = field(event, 'series', 'count') ?? field(event, 'count')
  const times = typeof count === 'number' && count > 1 ? ` (${count} times)` : ''
  const [type, reason, message] = ['type', 'reason', 'message'].map((name) => stringField(event, name) ?? '')
  return maskSecrets(`${type} ${reason}${times}: ${message?.trim()}`)
}

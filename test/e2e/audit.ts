import type { AuditEvent, ControlPlane } from '../../testbed/controlplane.ts'

/** Starts to note what the API server is asked; the function says what that was until it is called. */
export function noteRequests(cluster: ControlPlane): () => AuditEvent[] {
  // By their ids: a request that came in earlier and was answered later moves all that stand behind it.
  const earlier = new Set(cluster.audit().map(({ id }) => id))
  return () => cluster.audit().filter(({ id }) => !earlier.has(id))
}

/** Whether a request applies an object of a set, for good. */
export function isApply({ verb, uri }: Pick<AuditEvent, 'verb' | 'uri'>): boolean {
  return verb === 'patch' && uri.includes('fieldManager=fairlead&') && !uri.includes('dryRun=')
}

/** The paths that the API server was asked to apply, in the order in which it was asked. */
export function appliedIn(events: readonly AuditEvent[]): string[] {
  return events.filter(isApply).map(({ uri }) => decodeURIComponent(uri.split('?')[0] ?? ''))
}

/** Whether a request of anybody but the components changes anything, for good. */
export function isWrite({ verb, uri, user }: AuditEvent): boolean {
  const isChange = ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb)
  return isChange && user === 'admin' && !uri.includes('dryRun=') && !/(review|token)s?\b/i.test(uri)
}

/** Whether a request writes an object in that namespace, or the namespace itself, for good. */
export function isWriteOf(namespace: string, { verb, uri }: Pick<AuditEvent, 'verb' | 'uri'>): boolean {
  const isChange = ['create', 'update', 'patch', 'delete'].includes(verb) && !uri.includes('dryRun=')
  return isChange && new RegExp(`/namespaces/${namespace}[/?]`).test(uri)
}

import type { AuditEvent } from '../../testbed/controlplane.ts'

/** Whether a request applies an object of a set, for good. */
export function isApply({ verb, uri }: Pick<AuditEvent, 'verb' | 'uri'>): boolean {
  return verb === 'patch' && uri.includes('fieldManager=fairlead&') && !uri.includes('dryRun=')
}

/** The paths that the API server was asked to apply, in the order in which it was asked. */
export function appliedIn(events: readonly AuditEvent[]): string[] {
  return events.filter(isApply).map(({ uri }) => decodeURIComponent(uri.split('?')[0] ?? ''))
}

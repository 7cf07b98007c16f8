import { CLOCK } from '../clock.ts'
import { takesTime } from '../health/health.ts'
import { type Json, stringField } from '../json.ts'
import type { StatusTarget } from '../kube/readers/status-list.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import { factsOf } from '../object/kinds.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'

/** An object to wait for. */
export interface WaitTarget extends StatusTarget {
  /** The manifest's object; undefined for an object outside the set. */
  readonly object?: Json
  /** Whether it must run to completion, so that it is not ready while it is suspended. */
  readonly mustRun?: boolean
  /** Whether this run has written it, so that its controller may not have observed the change yet. */
  readonly isWritten?: boolean
  /** When the wait for it started, in milliseconds of the steady clock. */
  readonly since: number
}

/** Whether a run waits for an object of the set: it may take time to become ready, and its annotations do not forbid the wait. */
export function needsWait(manifest: ResolvedManifest): boolean {
  const { id, path, object, options } = manifest
  if (path === undefined || !takesTime(id) || factsOf(id).isReadyAtOnce) return false
  // Only a Service of type LoadBalancer takes time to become ready.
  const isReadyAtOnce = formatGroupKind(id) === '/Service' && stringField(object, 'spec', 'type') !== 'LoadBalancer'
  // Later phases must not start before a hook has run, even if its annotations ask not to wait.
  return !isReadyAtOnce && (runsToCompletion(manifest) || options.isAwaited)
}

/** Creates the wait target of a member of the set; the wait starts now unless `since` is given. */
export function waitTarget(manifest: ResolvedManifest, isWritten: boolean, since = CLOCK.steady()): WaitTarget {
  const { id, path = '', object } = manifest
  return { id, path, object, since, isWritten, isMember: true, mustRun: runsToCompletion(manifest) }
}

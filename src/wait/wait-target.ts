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
  /** As the set asks for it; undefined for one outside of the set. */
  readonly object?: Json
  /** Whether it has to run to its end, so that it is not ready while it is suspended. */
  readonly mustRun?: boolean
  /** Whether this run has written it, so that its controller may not have seen it yet. */
  readonly isWritten?: boolean
  /** Since when it is waited for, in milliseconds by the steady clock. */
  readonly since: number
}

/** Whether an object of a set may take time until it is ready, and is to be waited for. */
export function needsWait(manifest: ResolvedManifest): boolean {
  const { id, path, object, options } = manifest
  if (path === undefined || !takesTime(id) || factsOf(id).isReadyAtOnce) return false
  // Any other Service is what it is once it is applied.
  const isPlain = formatGroupKind(id) === '/Service' && stringField(object, 'spec', 'type') !== 'LoadBalancer'
  // What is behind a hook that runs is to come once it has run, whatever else it asks for.
  return !isPlain && (runsToCompletion(manifest) || options.isAwaited)
}

/** A member of a set as an object to wait for, from now on; `isWritten` tells whether this run has written it. */
export function waitTarget(manifest: ResolvedManifest, isWritten: boolean, since = CLOCK.steady()): WaitTarget {
  const { id, path = '', object } = manifest
  return { id, path, object, since, isWritten, isMember: true, mustRun: runsToCompletion(manifest) }
}

import { CLOCK } from '../clock.ts'
import type { Diagnostic, Location } from '../diagnostics.ts'
import { type ApplyOrder, manifestOf } from '../graph/apply-order.ts'
import type { Json } from '../json.ts'
import type { WriteSession } from '../kube/client.ts'
import { parseCrd } from '../object/crd.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { isChange, type ObjectPlan } from '../plan/object-plan.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import { type UnreadyObject, unreadyDiagnostics, unreadyObjects, unreadyReason } from '../wait/unready-object.ts'
import type { WaitEvent } from '../wait/wait-event.ts'
import { type WaitTarget, waitTarget } from '../wait/wait-target.ts'
import type { Waiter } from '../wait/waiter.ts'
import type { ApplyEvent } from './apply-event.ts'
import type { ApplyResult } from './apply-result.ts'
import type { DependencyFailures } from './dependency-failures.ts'
import type { ExternalDependencies } from './external-dependencies.ts'
import type { ApplyStream } from './kubectl-stream.ts'
import type { Progress } from './progress.ts'
import type { ShouldRetry } from './retry-rejected.ts'

/** Options of an apply. */
export interface ApplyOptions {
  readonly signal: AbortSignal
  readonly emit: (event: ApplyEvent | WaitEvent) => void
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  readonly statusReader: StatusReader
  /** Sends the objects. */
  readonly stream: ApplyStream
  /** The maximum number of concurrent streams; chosen by the number of objects if undefined. */
  readonly parallelism?: number | undefined
}

/** The state of an apply. */
export interface ApplySession {
  readonly order: ApplyOrder
  readonly externalDependencies: ExternalDependencies
  readonly api: WriteSession
  readonly options: ApplyOptions
  readonly indices: ReadonlyMap<ResolvedManifest, number>
  readonly dependencyFailures: DependencyFailures
  /** Nodes that other nodes still wait for. */
  readonly pending: Set<number>
  /** When the wait for each node started, in milliseconds of the steady clock. */
  readonly waited: Map<number, number>
  /** Kinds whose CRD this run changed and that are now served. */
  readonly servedKinds: Set<string>
  /** The object that the server returned for each successful apply, by index. */
  readonly written: Map<number, Json>
  readonly waiter: Waiter
  readonly shouldRetry: ShouldRetry
  readonly progress: Progress
  readonly results: Map<ResolvedManifest, ApplyResult>
  readonly problems: Diagnostic[]
  /** Objects that others waited for and that did not become ready. */
  readonly unready: UnreadyObject[]
}

/** The index of an object in the graph; -1 if it is not there. */
export function indexOf(manifest: ResolvedManifest, { indices }: ApplySession): number {
  return indices.get(manifest) ?? -1
}

/** Records the result of an object; if it failed, the objects that explicitly depend on it are skipped. */
export function recordResult(applyResult: ApplyResult, session: ApplySession): void {
  const { manifest, result } = applyResult
  session.results.set(manifest, applyResult)
  if (result === 'failed') session.dependencyFailures.recordFailure(indexOf(manifest, session), 'was not applied')
  if (result === 'terminating') session.dependencyFailures.recordFailure(indexOf(manifest, session), 'is being deleted')
}

/** Records the objects that are skipped, and returns the others. */
export function skipDependents(objects: readonly ObjectPlan[], session: ApplySession): ObjectPlan[] {
  return objects.filter(({ manifest }) => {
    const skipMessage = session.dependencyFailures.skipMessage(indexOf(manifest, session))
    if (skipMessage !== undefined) recordResult({ manifest, result: 'skipped', message: skipMessage }, session)
    return skipMessage === undefined
  })
}

/** A node to wait for. */
interface AwaitedNode extends WaitTarget {
  readonly index: number
  readonly manifest?: ResolvedManifest
  readonly location?: Location
}

/**
 * Waits until all nodes are settled or, once `partialTimeoutMs` milliseconds have passed, until at least one is. Objects that
 * explicitly depend on one that is not ready are skipped, and the run fails (E-HEALTH).
 */
export async function waitFor(
  indices: readonly number[],
  session: ApplySession,
  partialTimeoutMs?: number,
): Promise<void> {
  const { options, waiter, dependencyFailures, pending, servedKinds, problems, unready } = session
  const objects = indices.flatMap((index) => awaitedNode(index, session) ?? [])
  const settled = await waiter.waitFor(objects, partialTimeoutMs)
  for (const [{ index, manifest }, result] of settled) {
    pending.delete(index)
    const kind = manifest === undefined ? undefined : parseCrd(manifest)?.groupKind
    if (!result.isReady) dependencyFailures.recordFailure(index, `is not ready: ${unreadyReason(result)}`)
    else if (kind !== undefined) servedKinds.add(kind)
  }
  unready.push(...unreadyObjects(settled))
  problems.push(...(await unreadyDiagnostics(settled, options.statusReader, 'objects that depend on it are skipped')))
}

/** A node as a wait target; undefined if it failed or has already been waited for. */
function awaitedNode(index: number, session: ApplySession): AwaitedNode | undefined {
  const { order, externalDependencies, dependencyFailures, pending, waited, results } = session
  const node = order.graph.nodes[index]
  const manifest = manifestOf(node)
  const result = manifest === undefined ? undefined : results.get(manifest)?.result
  const isFailed = result === 'failed' || result === 'skipped' || dependencyFailures.hasFailed(index)
  if (isFailed) pending.delete(index)
  if (isFailed || (waited.has(index) && !pending.has(index))) return undefined
  const since = waited.get(index) ?? CLOCK.steady()
  waited.set(index, since)
  if (node?.kind === 'external') return { index, since, id: node.id, path: externalDependencies.get(index) ?? '' }
  if (manifest?.path === undefined) return undefined
  const target = waitTarget(manifest, result !== undefined && isChange({ result }), since)
  return { ...target, index, manifest, location: manifest.location }
}

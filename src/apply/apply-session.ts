import { CLOCK } from '../clock.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { Location, Problem } from '../diagnostics.ts'
import type { Json } from '../json.ts'
import { definedBy } from '../object/crd.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { manifestOf, type Ordering } from '../graph/apply-order.ts'
import { type Action, isChange } from '../plan/object-plan.ts'
import { type Ailment, ailmentsIn, problemsIn, reasonOf } from '../wait/unready-object.ts'
import { type Awaited, awaitedFrom } from '../wait/wait-target.ts'
import type { Waiter } from '../wait/waiter.ts'
import type { Holds } from './dependency-failures.ts'
import type { Outcome } from './apply-result.ts'
import type { Outsiders } from './external-dependencies.ts'
import type { Patience } from './retry-rejected.ts'
import type { Progress } from './progress.ts'
import type { ApplyOptions } from './kubectl-stream.ts'

/** An apply under way. */
export interface Run {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
  readonly cluster: Cluster
  readonly options: ApplyOptions
  readonly indices: ReadonlyMap<PlacedManifest, number>
  readonly holds: Holds
  /** Nodes for which others still wait. */
  readonly pending: Set<number>
  /** Since when each node is waited for, in milliseconds by the steady clock. */
  readonly waited: Map<number, number>
  /** Kinds whose definition this run changed and that are served by now. */
  readonly established: Set<string>
  /** The server's answer to each apply that went well. */
  readonly written: Map<number, Json>
  readonly waiter: Waiter
  readonly patience: Patience
  readonly progress: Progress
  readonly outcomes: Map<PlacedManifest, Outcome>
  readonly problems: Problem[]
  /** What others waited for in vain. */
  readonly ailments: Ailment[]
}

/** The index of an object in the graph. */
export function indexOf(manifest: PlacedManifest, { indices }: Run): number {
  return indices.get(manifest) ?? -1
}

/** Notes what became of an object; if it failed, what depends on it explicitly is held back. */
export function record(outcome: Outcome, run: Run): void {
  const { manifest, result } = outcome
  run.outcomes.set(manifest, outcome)
  if (result === 'failed') run.holds.fail(indexOf(manifest, run), 'was not applied')
  if (result === 'terminating') run.holds.fail(indexOf(manifest, run), 'is being deleted')
}

/** Notes those that are held back; returns the others. */
export function holdBack(actions: readonly Action[], run: Run): Action[] {
  return actions.filter(({ manifest }) => {
    const reason = run.holds.reason(indexOf(manifest, run))
    if (reason !== undefined) record({ manifest, result: 'held back', reason }, run)
    return reason === undefined
  })
}

/** A node to wait for. */
interface AwaitedNode extends Awaited {
  readonly index: number
  readonly manifest?: PlacedManifest
  readonly location?: Location
}

/**
 * Waits until nodes are settled, or for `patience` until some are. What depends explicitly on one that is not ready is held
 * back, and the run fails (E-HEALTH).
 */
export async function settle(indices: readonly number[], run: Run, patience?: number): Promise<void> {
  const { options, waiter, holds, pending, established, problems, ailments } = run
  const objects = indices.flatMap((index) => awaitedNode(index, run) ?? [])
  const settled = await waiter.settle(objects, patience)
  for (const [{ index, manifest }, judgement] of settled) {
    pending.delete(index)
    const kind = manifest === undefined ? undefined : definedBy(manifest)?.kindKey
    if (!judgement.isReady) holds.fail(index, `is not ready: ${reasonOf(judgement)}`)
    else if (kind !== undefined) established.add(kind)
  }
  ailments.push(...ailmentsIn(settled))
  problems.push(...(await problemsIn(settled, options.lookout, 'what depends on it is held back')))
}

/** A node as something to wait for; undefined where nobody need wait for it (any more). */
function awaitedNode(index: number, run: Run): AwaitedNode | undefined {
  const { ordering, outsiders, holds, pending, waited, outcomes } = run
  const node = ordering.graph.nodes[index]
  const manifest = manifestOf(node)
  const result = manifest === undefined ? undefined : outcomes.get(manifest)?.result
  const isLost = result === 'failed' || result === 'held back' || holds.hasFailed(index)
  if (isLost) pending.delete(index)
  if (isLost || (waited.has(index) && !pending.has(index))) return undefined
  const since = waited.get(index) ?? CLOCK.steady()
  waited.set(index, since)
  if (node?.kind === 'outside') return { index, since, id: node.id, path: outsiders.get(index) ?? '' }
  if (manifest?.path === undefined) return undefined
  const awaited = awaitedFrom(manifest, result !== undefined && isChange({ result }), since)
  return { ...awaited, index, manifest, location: manifest.location }
}

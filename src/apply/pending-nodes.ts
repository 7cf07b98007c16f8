import { CLOCK } from '../clock.ts'
import { type ApplyOrder, manifestOf } from '../graph/apply-order.ts'
import { edgesBy } from '../graph/graph.ts'
import { nodesWaitedFor, requiresReady } from '../graph/stages.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { checkReadiness } from '../wait/readiness.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import { needsWait, type WaitTarget, waitTarget } from '../wait/wait-target.ts'
import type { ExternalDependencies } from './external-dependencies.ts'

/**
 * Returns the indices of the nodes that changing objects must wait for in this run: they change themselves or are not ready.
 * Kinds that are ready as soon as they are applied are left out. Raises if the API is unavailable.
 */
export async function findPendingNodes(
  order: ApplyOrder,
  changing: ReadonlySet<ResolvedManifest>,
  externalDependencies: ExternalDependencies,
  statusReader: StatusReader,
): Promise<Set<number>> {
  const pending = new Set<number>()
  if (changing.size === 0) return pending
  const unchanged = new Map<WaitTarget, number>()
  for (const index of dependenciesOf(order, changing)) {
    const node = order.graph.nodes[index]
    const manifest = manifestOf(node)
    const path = externalDependencies.get(index)
    if (manifest === undefined && node?.kind === 'external' && path !== undefined)
      unchanged.set({ id: node.id, path, since: CLOCK.steady() }, index)
    if (manifest === undefined || !needsWait(manifest)) continue
    if (changing.has(manifest)) pending.add(index)
    else unchanged.set(waitTarget(manifest, false), index)
  }
  const outcomes = await statusReader.readStatuses([...unchanged.keys()])
  for (const [object, index] of unchanged) {
    const outcome = outcomes.get(object)
    if (outcome?.kind === 'outage') throw outcome.failure
    if (outcome?.kind === 'found' && !(await checkReadiness(object, outcome, statusReader)).isReady) pending.add(index)
  }
  return pending
}

/** The indices of the nodes that must be ready before some changing object is applied. */
function dependenciesOf(order: ApplyOrder, changing: ReadonlySet<ResolvedManifest>): number[] {
  const { graph, nodes } = order
  const outgoing = edgesBy('from', graph.edges, graph.nodes.length)
  const beforeChange = new Set<number>()
  for (const index of nodes.toReversed()) {
    const manifest = manifestOf(graph.nodes[index])
    const isBeforeChange =
      manifest === undefined ? (outgoing[index] ?? []).some(({ to }) => beforeChange.has(to)) : changing.has(manifest)
    if (isBeforeChange) beforeChange.add(index)
  }
  return nodesWaitedFor(order).filter((index) =>
    (outgoing[index] ?? []).some((edge) => requiresReady(edge) && beforeChange.has(edge.to)),
  )
}

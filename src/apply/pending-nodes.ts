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
 * Those nodes for which others that change have to wait in this run: they change themselves, or are not ready as they are.
 * Nobody waits for kinds that are what they are once applied.
 */
export async function findPendingNodes(
  order: ApplyOrder,
  changing: ReadonlySet<ResolvedManifest>,
  externalDependencies: ExternalDependencies,
  statusReader: StatusReader,
): Promise<Set<number>> {
  const pending = new Set<number>()
  if (changing.size === 0) return pending
  const others = new Map<WaitTarget, number>()
  for (const index of waitedFor(order, changing)) {
    const node = order.graph.nodes[index]
    const manifest = manifestOf(node)
    const path = externalDependencies.get(index)
    if (manifest === undefined && node?.kind === 'external' && path !== undefined)
      others.set({ id: node.id, path, since: CLOCK.steady() }, index)
    if (manifest === undefined || !needsWait(manifest)) continue
    if (changing.has(manifest)) pending.add(index)
    else others.set(waitTarget(manifest, false), index)
  }
  const outcomes = await statusReader.look([...others.keys()])
  for (const [object, index] of others) {
    const outcome = outcomes.get(object)
    if (outcome?.kind === 'outage') throw outcome.failure
    if (outcome?.kind === 'found' && !(await checkReadiness(object, outcome, statusReader)).isReady) pending.add(index)
  }
  return pending
}

/** The nodes that some object which changes has to wait for, should they take time. */
function waitedFor(order: ApplyOrder, changing: ReadonlySet<ResolvedManifest>): number[] {
  const { graph, nodes } = order
  const leaving = edgesBy('from', graph.edges, graph.nodes.length)
  const leadsTo = new Set<number>()
  for (const index of nodes.toReversed()) {
    const manifest = manifestOf(graph.nodes[index])
    const leads =
      manifest === undefined ? (leaving[index] ?? []).some(({ to }) => leadsTo.has(to)) : changing.has(manifest)
    if (leads) leadsTo.add(index)
  }
  return nodesWaitedFor(order).filter((index) =>
    (leaving[index] ?? []).some((edge) => requiresReady(edge) && leadsTo.has(edge.to)),
  )
}

import { CLOCK } from '../clock.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { edgesBy } from '../graph/graph.ts'
import { manifestOf, type Ordering } from '../graph/apply-order.ts'
import { awaitedIn, isBarrier } from '../graph/stages.ts'
import { type Awaited, awaitedFrom, isWaitedFor } from '../wait/wait-target.ts'
import { judge } from '../wait/readiness.ts'
import type { Lookout } from '../wait/status-reader.ts'
import type { Outsiders } from './external-dependencies.ts'

/**
 * Those nodes for which others that change have to wait in this run: they change themselves, or are not ready as they are.
 * Nobody waits for kinds that are what they are once applied.
 */
export async function pendingIn(
  ordering: Ordering,
  changing: ReadonlySet<PlacedManifest>,
  outsiders: Outsiders,
  lookout: Lookout,
): Promise<Set<number>> {
  const pending = new Set<number>()
  if (changing.size === 0) return pending
  const others = new Map<Awaited, number>()
  for (const index of waitedFor(ordering, changing)) {
    const node = ordering.graph.nodes[index]
    const manifest = manifestOf(node)
    const path = outsiders.get(index)
    if (manifest === undefined && node?.kind === 'outside' && path !== undefined)
      others.set({ id: node.id, path, since: CLOCK.steady() }, index)
    if (manifest === undefined || !isWaitedFor(manifest)) continue
    if (changing.has(manifest)) pending.add(index)
    else others.set(awaitedFrom(manifest, false), index)
  }
  const looks = await lookout.look([...others.keys()])
  for (const [object, index] of others) {
    const look = looks.get(object)
    if (look === undefined) continue
    if ('outage' in look) throw look.outage
    if (look.status === 200 && !(await judge(object, look, lookout)).isReady) pending.add(index)
  }
  return pending
}

/** The nodes that some object which changes has to wait for, should they take time. */
function waitedFor(ordering: Ordering, changing: ReadonlySet<PlacedManifest>): number[] {
  const { graph, nodes } = ordering
  const leaving = edgesBy('before', graph.edges, graph.nodes.length)
  const leadsTo = new Set<number>()
  for (const index of nodes.toReversed()) {
    const manifest = manifestOf(graph.nodes[index])
    const leads =
      manifest === undefined ? (leaving[index] ?? []).some(({ after }) => leadsTo.has(after)) : changing.has(manifest)
    if (leads) leadsTo.add(index)
  }
  return awaitedIn(ordering).filter((index) =>
    (leaving[index] ?? []).some((edge) => isBarrier(edge) && leadsTo.has(edge.after)),
  )
}

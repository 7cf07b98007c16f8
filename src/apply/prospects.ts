import type { Api } from '../cluster/api.ts'
import { readinessOf, takesTime } from '../health/readiness.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { edgesBy } from '../order/graph.ts'
import { manifestOf, type Ordering } from '../order/sequence.ts'
import { awaitedIn, isBarrier } from '../order/stages.ts'
import type { Outsiders } from './outsiders.ts'

/**
 * Those nodes for which others that change have to wait in this run: they change themselves, or are not ready as they are.
 * Nobody waits for kinds that are what they are once applied.
 */
export async function pendingIn(
  ordering: Ordering,
  changing: ReadonlySet<PlacedManifest>,
  outsiders: Outsiders,
  api: Api,
): Promise<Set<number>> {
  if (changing.size === 0) return new Set()
  const { nodes } = ordering.graph
  const isPending = async (index: number): Promise<boolean> => {
    const node = nodes[index]
    const manifest = manifestOf(node)
    const id = manifest?.id ?? (node?.kind === 'outside' ? node.id : undefined)
    const path = manifest?.path ?? outsiders.get(index)
    if (id === undefined || path === undefined || (manifest !== undefined && !takesTime(id))) return false
    if (manifest !== undefined && changing.has(manifest)) return true
    const answer = await api.get(path)
    return answer.status === 200 && readinessOf(id, answer.body).state !== 'ready'
  }
  const looked = await Promise.all(
    waitedFor(ordering, changing).map(async (index) => ((await isPending(index)) ? [index] : [])),
  )
  return new Set(looked.flat())
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

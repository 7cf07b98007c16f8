import { messageOf } from '../object/api-status.ts'
import type { Cluster } from '../kube/cluster.ts'
import { findPath } from '../kube/discovery.ts'
import type { Problem } from '../diagnostics.ts'
import { describe } from '../object/manifest.ts'
import { manifestOf, type Ordering } from '../graph/apply-order.ts'

/** Objects outside of the set that some of it depend on explicitly: their paths, by their indices in the graph. */
export type Outsiders = ReadonlyMap<number, string>

const SPELLING = 'Check the spelling: `GROUP/namespaces/NAMESPACE/KIND/NAME`, or `GROUP/KIND/NAME` without a namespace.'

/** Looks for them in the cluster. One that is not there either is a problem (E-ORDER), because it would never be ready. */
export async function findOutsiders(
  { graph }: Ordering,
  { api, discovery }: Pick<Cluster, 'api' | 'discovery'>,
): Promise<{ outsiders: Outsiders; problems: Problem[] }> {
  const outsiders = new Map<number, string>()
  const problems: Problem[] = []
  await Promise.all(
    graph.nodes.map(async (node, index) => {
      if (node.kind !== 'outside') return
      const path = findPath(node.id, discovery)
      const answer = path === undefined ? undefined : await api.get(path)
      if (path !== undefined && answer?.status === 200) {
        outsiders.set(index, path)
        return
      }
      const isUnknown = answer === undefined || answer.status === 404
      const where = isUnknown ? 'neither in the set nor in the cluster' : `not in the set: ${messageOf(answer)}`
      const dependents = graph.edges.filter(({ before }) => before === index)
      for (const { after } of dependents) {
        const manifest = manifestOf(graph.nodes[after])
        if (manifest === undefined) continue
        problems.push({
          class: 'E-ORDER',
          message: `It depends on ${describe(node.id)}, which is ${where}.`,
          location: manifest.location,
          object: describe(manifest.id),
          next: isUnknown ? SPELLING : 'Let the identity of the run `get` it.',
        })
      }
    }),
  )
  return { outsiders, problems: problems.toSorted((a, b) => (a.message < b.message ? -1 : 1)) }
}

import type { Diagnostic } from '../diagnostics.ts'
import { type ApplyOrder, manifestOf } from '../graph/apply-order.ts'
import type { Cluster } from '../kube/cluster.ts'
import { findPath } from '../kube/discovery.ts'
import { statusMessage } from '../object/api-status.ts'
import { formatId } from '../object/object-id.ts'

/** Objects outside of the set that some of it depend on explicitly: their paths, by their indices in the graph. */
export type ExternalDependencies = ReadonlyMap<number, string>

const SPELLING = 'Check the spelling: `GROUP/namespaces/NAMESPACE/KIND/NAME`, or `GROUP/KIND/NAME` without a namespace.'

/** Looks for them in the cluster. One that is not there either is a problem (E-ORDER), because it would never be ready. */
export async function findExternalDependencies(
  { graph }: ApplyOrder,
  { api, discovery }: Pick<Cluster, 'api' | 'discovery'>,
): Promise<{ externalDependencies: ExternalDependencies; problems: Diagnostic[] }> {
  const externalDependencies = new Map<number, string>()
  const problems: Diagnostic[] = []
  await Promise.all(
    graph.nodes.map(async (node, index) => {
      if (node.kind !== 'outside') return
      const path = findPath(node.id, discovery)
      const answer = path === undefined ? undefined : await api.get(path)
      if (path !== undefined && answer?.status === 200) {
        externalDependencies.set(index, path)
        return
      }
      const isUnknown = answer === undefined || answer.status === 404
      const where = isUnknown ? 'neither in the set nor in the cluster' : `not in the set: ${statusMessage(answer)}`
      const dependents = graph.edges.filter(({ from }) => from === index)
      for (const { to } of dependents) {
        const manifest = manifestOf(graph.nodes[to])
        if (manifest === undefined) continue
        problems.push({
          code: 'E-ORDER',
          reason: isUnknown ? 'DependencyNotFound' : 'DependencyUnreadable',
          message: `It depends on ${formatId(node.id)}, which is ${where}.`,
          location: manifest.location,
          object: formatId(manifest.id),
          hint: isUnknown ? SPELLING : 'Allow the credentials to `get` it.',
        })
      }
    }),
  )
  return { externalDependencies, problems: problems.toSorted((a, b) => (a.message < b.message ? -1 : 1)) }
}

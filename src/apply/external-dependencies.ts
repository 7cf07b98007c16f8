import type { Diagnostic } from '../diagnostics.ts'
import { type ApplyOrder, manifestOf } from '../graph/apply-order.ts'
import type { Cluster } from '../kube/cluster.ts'
import { findPath } from '../kube/discovery.ts'
import { statusMessage } from '../object/api-status.ts'
import { formatId } from '../object/object-id.ts'

/** API paths of objects outside the set that objects of the set explicitly depend on, by index in the graph. */
export type ExternalDependencies = ReadonlyMap<number, string>

const SPELLING_HINT =
  'Check the spelling: `GROUP/namespaces/NAMESPACE/KIND/NAME`, or `GROUP/KIND/NAME` without a namespace.'

/** Finds the external dependencies in the cluster. One that does not exist or cannot be read is an error (E-ORDER). */
export async function findExternalDependencies(
  { graph }: ApplyOrder,
  { api, discovery }: Pick<Cluster, 'api' | 'discovery'>,
): Promise<{ externalDependencies: ExternalDependencies; problems: Diagnostic[] }> {
  const externalDependencies = new Map<number, string>()
  const problems: Diagnostic[] = []
  await Promise.all(
    graph.nodes.map(async (node, index) => {
      if (node.kind !== 'external') return
      const path = findPath(node.id, discovery)
      const response = path === undefined ? undefined : await api.get(path)
      if (path !== undefined && response?.status === 200) {
        externalDependencies.set(index, path)
        return
      }
      const isUnknown = response === undefined || response.status === 404
      const where = isUnknown ? 'neither in the set nor in the cluster' : `not in the set: ${statusMessage(response)}`
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
          hint: isUnknown ? SPELLING_HINT : 'Allow the credentials of the run to `get` it.',
        })
      }
    }),
  )
  return { externalDependencies, problems: problems.toSorted((a, b) => (a.message < b.message ? -1 : 1)) }
}

import type { Diagnostic } from '../diagnostics.ts'
import { hint, option } from '../hint.ts'
import type { Cluster } from '../kube/cluster.ts'

/** An error (E-GUARD) if the cluster is not the expected one; none if any cluster is. */
export function requireCluster({ identity }: Pick<Cluster, 'identity'>, expected: string | undefined): Diagnostic[] {
  if (expected === undefined || expected === identity) return []
  const found = identity === '' ? 'a cluster whose id cannot be read' : identity
  return [
    {
      code: 'E-GUARD',
      reason: 'WrongCluster',
      message: `Wrong cluster: expected the id ${expected}, but the kubeconfig leads to ${found}.`,
      hint: hint`Check ${option('kubeconfig')} and ${option('context')}. The id is the uid of the namespace kube-system; the credentials must be allowed to \`get\` it.`,
    },
  ]
}

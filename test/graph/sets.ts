import assert from 'node:assert/strict'
import { type ApplyOrder, sortForApply } from '../../src/graph/apply-order.ts'
import { edgeReason } from '../../src/graph/explanations.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { type ApiResource, gvkKey } from '../../src/object/api-path.ts'
import { apiVersionOf } from '../../src/object/manifest.ts'
import { formatId } from '../../src/object/object-id.ts'
import { type ResolvedManifest, resolveScope } from '../../src/object/resolved-manifest.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'

const CLUSTER_WIDE =
  /^(Namespace|Node|CustomResourceDefinition|ClusterRole|ClusterRoleBinding|APIService|PersistentVolume|\w+Class|\w+Configuration|\w+Policy(Binding)?|CSIDriver|ClusterIssuer|FlowSchema)$/

/** Reads manifests as a run reads them, and gives each its place as a server would that serves all kinds. */
export function setOf(yaml: string): ResolvedManifest[] {
  const { manifests, problems } = readManifests('set.yaml', Buffer.from(yaml), DEFAULT_LIMITS)
  assert.deepEqual(problems, [])
  const served = new Map(
    manifests.map((manifest): [string, ApiResource] => {
      const { kind } = manifest.id
      const namespaced = !CLUSTER_WIDE.test(kind) || kind === 'NetworkPolicy'
      const plural = kind.toLowerCase().replace(/y$/, 'ie').replace(/ss$/, 'sse')
      return [gvkKey(apiVersionOf(manifest), kind), { plural: `${plural}s`, namespaced }]
    }),
  )
  return resolveScope(manifests, served, 'default').manifests
}

/** The order of a set, as names of its objects. */
export function names(order: Pick<ApplyOrder, 'sequence'>): string[] {
  return order.sequence.map(({ id }) => formatId(id))
}

/** Why the objects of a set stand in their order: every reason of every edge, but those for Namespaces. */
export function reasons(yaml: string): string[] {
  const { graph } = sortForApply(setOf(yaml))
  return graph.edges.filter(({ rule }) => rule !== 'namespace').map((edge) => edgeReason(edge, graph))
}

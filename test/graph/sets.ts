import assert from 'node:assert/strict'
import { type Resource, servedKey } from '../../src/kube/discovery.ts'
import { DEFAULT_LIMITS } from '../../src/read-limits.ts'
import { readManifests } from '../../src/manifests/read-file.ts'
import { apiVersionOf, describe } from '../../src/object/manifest.ts'
import { type PlacedManifest, place } from '../../src/object/resolved-manifest.ts'
import { reasonOf } from '../../src/graph/explanations.ts'
import { type Ordering, order } from '../../src/graph/apply-order.ts'

const CLUSTER_WIDE =
  /^(Namespace|Node|CustomResourceDefinition|ClusterRole|ClusterRoleBinding|APIService|PersistentVolume|\w+Class|\w+Configuration|\w+Policy(Binding)?|CSIDriver|ClusterIssuer|FlowSchema)$/

/** Reads manifests as a run reads them, and gives each its place as a server would that serves all kinds. */
export function setOf(yaml: string): PlacedManifest[] {
  const { manifests, problems } = readManifests('set.yaml', Buffer.from(yaml), DEFAULT_LIMITS)
  assert.deepEqual(problems, [])
  const served = new Map(
    manifests.map((manifest): [string, Resource] => {
      const { kind } = manifest.id
      const namespaced = !CLUSTER_WIDE.test(kind) || kind === 'NetworkPolicy'
      const plural = kind.toLowerCase().replace(/y$/, 'ie').replace(/ss$/, 'sse')
      return [servedKey(apiVersionOf(manifest), kind), { plural: `${plural}s`, namespaced }]
    }),
  )
  return place(manifests, served, 'default').manifests
}

/** The order of a set, as names of its objects. */
export function names(ordering: Pick<Ordering, 'sequence'>): string[] {
  return ordering.sequence.map(({ id }) => describe(id))
}

/** Why the objects of a set stand in their order: every reason of every edge, but those for Namespaces. */
export function reasons(yaml: string): string[] {
  const { graph } = order(setOf(yaml))
  return graph.edges.filter(({ rule }) => rule !== 'namespace').map((edge) => reasonOf(edge, graph))
}

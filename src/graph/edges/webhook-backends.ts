import { field, isObject, stringField } from '../../json.ts'
import { parseCrd } from '../../object/crd.ts'
import { type GraphBuilder, linkAll } from '../graph-builder.ts'
import { type EdgeSource, indicesOf } from './edge-source.ts'
import type { LabelIndex } from './label-index.ts'

/**
 * Webhooks and aggregated APIs come after their backends: the Service, and the objects with the Pods behind it. So do custom
 * resources that a webhook converts; their CRD does not, since the backend may need its kinds.
 */
export function linkWebhookBackends(
  sources: readonly EdgeSource[],
  podMakers: LabelIndex<number>,
  graph: GraphBuilder,
): void {
  const behind = (namespace: string | undefined, name: string): number[] => {
    const service = graph.find({ group: '', kind: 'Service', namespace: namespace ?? '', name })
    const manifest = service === undefined ? undefined : graph.manifests[service]
    if (service === undefined || manifest === undefined) return []
    const matchLabels = field(manifest.object, 'spec', 'selector')
    // A Service without a selector has Endpoints from another source.
    const isSelecting = isObject(matchLabels) && Object.keys(matchLabels).length > 0
    return [service, ...(isSelecting ? podMakers.select(manifest.id.namespace, { matchLabels }) : [])]
  }
  for (const { index, references } of sources) {
    for (const { rule, namespace, name, path } of references) {
      if (rule !== 'answered by') continue
      for (const backend of behind(namespace, name)) graph.addEdge(backend, index, rule, path)
    }
  }
  const kinds = Map.groupBy(sources, ({ groupKind }) => groupKind)
  for (const { manifest } of kinds.get('apiextensions.k8s.io/CustomResourceDefinition') ?? []) {
    const service = field(manifest.object, 'spec', 'conversion', 'webhook', 'clientConfig', 'service')
    const name = stringField(service, 'name')
    if (name === undefined) continue
    const resources = kinds.get(parseCrd(manifest)?.groupKind ?? '') ?? []
    linkAll(graph, behind(stringField(service, 'namespace'), name), indicesOf(resources), 'converted by', {
      title: `conversion of ${manifest.id.name}`,
      why: 'a webhook converts these resources',
    })
  }
}

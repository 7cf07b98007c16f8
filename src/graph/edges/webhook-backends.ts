import { field, isObject, stringField } from '../../json.ts'
import { definedBy } from '../../object/crd.ts'
import { type Draft, linkAll } from '../graph-builder.ts'
import type { Selection } from './label-index.ts'
import { indicesOf, type Subject } from './edge-source.ts'

/**
 * Webhooks and aggregated APIs come after what answers them: the Service, and whatever makes the Pods behind it. So do
 * custom resources that a webhook converts; their definition does not, since what converts may need its kinds.
 */
export function linkAnswers(subjects: readonly Subject[], makers: Selection<number>, graph: Draft): void {
  const behind = (namespace: string | undefined, name: string): number[] => {
    const service = graph.find({ group: '', kind: 'Service', namespace: namespace ?? '', name })
    const manifest = service === undefined ? undefined : graph.manifests[service]
    if (service === undefined || manifest === undefined) return []
    const matchLabels = field(manifest.object, 'spec', 'selector')
    // A Service that selects nothing is answered by Endpoints that somebody else writes.
    const isSelecting = isObject(matchLabels) && Object.keys(matchLabels).length > 0
    return [service, ...(isSelecting ? makers.select(manifest.id.namespace, { matchLabels }) : [])]
  }
  for (const { index, references } of subjects) {
    for (const { rule, namespace, name, path } of references) {
      if (rule !== 'answered by') continue
      for (const backend of behind(namespace, name)) graph.link(backend, index, rule, path)
    }
  }
  const kinds = Map.groupBy(subjects, ({ kindKey }) => kindKey)
  for (const { manifest } of kinds.get('apiextensions.k8s.io/CustomResourceDefinition') ?? []) {
    const service = field(manifest.object, 'spec', 'conversion', 'webhook', 'clientConfig', 'service')
    const name = stringField(service, 'name')
    if (name === undefined) continue
    const resources = kinds.get(definedBy(manifest)?.kindKey ?? '') ?? []
    linkAll(graph, behind(stringField(service, 'namespace'), name), indicesOf(resources), 'converted by', {
      title: `conversion of ${manifest.id.name}`,
      why: 'a webhook converts these resources',
    })
  }
}

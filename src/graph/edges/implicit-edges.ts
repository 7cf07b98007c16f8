import { stringField } from '../../json.ts'
import { parseCrd } from '../../object/crd.ts'
import { apiVersionOf } from '../../object/manifest.ts'
import { formatGroupKind, type ObjectId } from '../../object/object-id.ts'
import type { GraphBuilder } from '../graph-builder.ts'
import { linkPolicies, parametersOf } from './admission-policies.ts'
import { linkDefaults } from './default-classes.ts'
import { type EdgeSource, edgeSource } from './edge-source.ts'
import { indexByLabels } from './label-index.ts'
import { linkDisruptionBudgets, linkLimits, linkRights } from './pod-edges.ts'
import type { Reference } from './references.ts'
import { linkWebhookBackends } from './webhook-backends.ts'

/** Adds the edges that follow from the kinds and references of objects. */
export function linkImplicitly(graph: GraphBuilder): void {
  const sources = graph.manifests.map(edgeSource)
  const podMakers = indexByLabels(
    sources.flatMap(({ index, manifest, pods }) =>
      pods.map(({ labels }) => ({ item: index, namespace: manifest.id.namespace, labels })),
    ),
  )
  linkNamespaces(graph)
  linkKinds(sources, graph)
  linkReferences(sources, graph)
  linkLimits(sources, graph)
  linkRights(sources, graph)
  linkDisruptionBudgets(sources, podMakers, graph)
  linkWebhookBackends(sources, podMakers, graph)
  linkPolicies(sources, graph)
  linkDefaults(sources, graph)
}

/** Adds an edge from each Namespace to the objects in it. */
function linkNamespaces(graph: GraphBuilder): void {
  graph.manifests.forEach(({ id }, index) => {
    if (id.namespace === '') return
    const namespaceNode = graph.find({ group: '', kind: 'Namespace', namespace: '', name: id.namespace })
    if (namespaceNode !== undefined) graph.addEdge(namespaceNode, index, 'namespace')
  })
}

/** Adds edges from CRDs and APIServices to the objects of their kinds, and to policies that use these as parameters. */
function linkKinds(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  const definitions = new Map<string, number>()
  const servers = new Map<string, number>()
  for (const { index, manifest, groupKind } of sources) {
    const definition = parseCrd(manifest)
    if (definition !== undefined) definitions.set(definition.groupKind, index)
    if (groupKind !== 'apiregistration.k8s.io/APIService') continue
    const [group = '', version = ''] = ['group', 'version'].map((name) => stringField(manifest.object, 'spec', name))
    servers.set(`${group}/${version}`, index)
  }
  for (const { index, manifest, groupKind } of sources) {
    const definition = definitions.get(groupKind)
    const server = servers.get(apiVersionOf(manifest))
    if (definition !== undefined) graph.addEdge(definition, index, 'definition')
    else if (server !== undefined) graph.addEdge(server, index, 'serves')
    const kind = parametersOf(manifest.object)
    const parameters = kind === undefined ? undefined : definitions.get(formatGroupKind(kind))
    if (parameters !== undefined) graph.addEdge(parameters, index, 'parameter', ['spec', 'paramKind'])
  }
}

/** Adds an edge for each reference to an object in the set; references to others are recorded. */
function linkReferences(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  const groups = new Map<string, Set<string>>()
  for (const { id } of graph.manifests) groups.set(id.kind, (groups.get(id.kind) ?? new Set()).add(id.group))
  for (const { index, manifest, references } of sources) {
    for (const reference of references) {
      const id = resolveReference(reference, manifest.id, groups.get(reference.kind) ?? new Set())
      if (id === undefined) continue
      const target = graph.find(id)
      if (target === undefined)
        graph.addExternalReference({ from: manifest, id, rule: reference.rule, path: reference.path })
      else if (target !== index) graph.addEdge(target, index, reference.rule, reference.path)
    }
  }
}

/**
 * Resolves a reference to an object, given the groups that the set has for each kind; undefined for a user or a group of users,
 * and for a kind without a group that exists in several groups.
 */
function resolveReference(
  { rule, group, kind, namespace, name }: Reference,
  from: ObjectId,
  groups: ReadonlySet<string>,
): ObjectId | undefined {
  if (rule === 'subject' && kind !== 'ServiceAccount') return undefined
  const [only] = groups
  const guess = groups.has(from.group) || only === undefined ? from.group : groups.size === 1 ? only : undefined
  const settled = group ?? guess
  return settled === undefined ? undefined : { group: settled, kind, namespace: namespace ?? from.namespace, name }
}

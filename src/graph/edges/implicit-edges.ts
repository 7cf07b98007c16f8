import { stringField } from '../../json.ts'
import { definedBy } from '../../object/crd.ts'
import { apiVersionOf, kindKeyOf, type ObjectId } from '../../object/manifest.ts'
import type { Draft } from '../graph-builder.ts'
import { linkAnswers } from './webhook-backends.ts'
import { linkDefaults } from './default-classes.ts'
import { linkGuards, linkLimits, linkRights } from './pod-edges.ts'
import { linkPolicies, parametersOf } from './admission-policies.ts'
import type { Reference } from './references.ts'
import { selectionOf } from './label-index.ts'
import { type Subject, subjectOf } from './edge-source.ts'

/** Adds every edge that follows from what the objects are and what they name. */
export function linkImplicitly(graph: Draft): void {
  const subjects = graph.manifests.map(subjectOf)
  const makers = selectionOf(
    subjects.flatMap(({ index, manifest, pods }) =>
      pods.map(({ labels }) => ({ item: index, namespace: manifest.id.namespace, labels })),
    ),
  )
  linkHomes(graph)
  linkKinds(subjects, graph)
  linkReferences(subjects, graph)
  linkLimits(subjects, graph)
  linkRights(subjects, graph)
  linkGuards(subjects, makers, graph)
  linkAnswers(subjects, makers, graph)
  linkPolicies(subjects, graph)
  linkDefaults(subjects, graph)
}

/** Every namespaced object lives in its Namespace. */
function linkHomes(graph: Draft): void {
  graph.manifests.forEach(({ id }, index) => {
    if (id.namespace === '') return
    const home = graph.find({ group: '', kind: 'Namespace', namespace: '', name: id.namespace })
    if (home !== undefined) graph.link(home, index, 'namespace')
  })
}

/** What defines or serves a kind comes before the objects of that kind, and before policies that take them as parameters. */
function linkKinds(subjects: readonly Subject[], graph: Draft): void {
  const definitions = new Map<string, number>()
  const servers = new Map<string, number>()
  for (const { index, manifest, kindKey } of subjects) {
    const definition = definedBy(manifest)
    if (definition !== undefined) definitions.set(definition.kindKey, index)
    if (kindKey !== 'apiregistration.k8s.io/APIService') continue
    const [group = '', version = ''] = ['group', 'version'].map((name) => stringField(manifest.object, 'spec', name))
    servers.set(`${group}/${version}`, index)
  }
  for (const { index, manifest, kindKey } of subjects) {
    const definition = definitions.get(kindKey)
    const server = servers.get(apiVersionOf(manifest))
    if (definition !== undefined) graph.link(definition, index, 'definition')
    else if (server !== undefined) graph.link(server, index, 'serves')
    const kind = parametersOf(manifest.object)
    const parameters = kind === undefined ? undefined : definitions.get(kindKeyOf(kind))
    if (parameters !== undefined) graph.link(parameters, index, 'parameter', ['spec', 'paramKind'])
  }
}

/** What an object names, and is in the set, comes before it; what is not in the set is noted. */
function linkReferences(subjects: readonly Subject[], graph: Draft): void {
  const groups = new Map<string, Set<string>>()
  for (const { id } of graph.manifests) groups.set(id.kind, (groups.get(id.kind) ?? new Set()).add(id.group))
  for (const { index, manifest, references } of subjects) {
    for (const reference of references) {
      const id = idOf(reference, manifest.id, groups.get(reference.kind) ?? new Set())
      if (id === undefined) continue
      const target = graph.find(id)
      if (target === undefined) graph.lead({ from: manifest, id, rule: reference.rule, path: reference.path })
      else if (target !== index) graph.link(target, index, reference.rule, reference.path)
    }
  }
}

/**
 * What a reference in an object means, where the set has the kind in the given groups; undefined for a user or a group of
 * users, and for a kind without a group that could be of several.
 */
function idOf(
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

import { field, type Json, stringField } from '../../json.ts'
import { pluralInPath } from '../../object/api-path.ts'
import { type ObjectId, parseApiVersion } from '../../object/object-id.ts'
import type { ResolvedManifest } from '../../object/resolved-manifest.ts'
import { type GraphBuilder, linkAll } from '../graph-builder.ts'
import { type EdgeSource, indicesOf } from './edge-source.ts'

const GROUP = 'admissionregistration.k8s.io'
const DEFINITIONS = 'apiextensions.k8s.io'
const POLICIES = ['ValidatingAdmissionPolicy', 'MutatingAdmissionPolicy']

/**
 * Admission policies and their bindings come before the objects that they match, except other policies, which the server never
 * checks, and CRDs: policies may use their resources as parameters, and policies about CRDs protect existing ones, as that of the
 * Gateway API does.
 */
export function linkPolicies(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  const policies = sources.filter(({ manifest: { id } }) => id.group === GROUP && POLICIES.includes(id.kind))
  if (policies.length === 0) return
  const bindings = Map.groupBy(sources, ({ manifest: { id }, references: [policy] }) =>
    id.group === GROUP && policy !== undefined ? `${policy.kind}/${policy.name}` : '',
  )
  for (const { manifest } of policies)
    linkParameters(manifest, bindings.get(`${manifest.id.kind}/${manifest.id.name}`) ?? [], graph)
  const resources = Map.groupBy(
    sources.filter(({ manifest: { id, path } }) => ![GROUP, DEFINITIONS].includes(id.group) && path !== undefined),
    ({ manifest: { id, path = '' } }) => `${id.group}/${pluralInPath(path)}`,
  )
  for (const [resource, objects] of resources) {
    const matching = policies.filter(({ manifest }) => isMatchedBy(resource, manifest.object))
    const bound = matching.flatMap(({ manifest: { id } }) => bindings.get(`${id.kind}/${id.name}`) ?? [])
    linkAll(graph, indicesOf([...matching, ...bound]), indicesOf(objects), 'policy', {
      title: `admission of ${resource}`,
      why: 'admission policies only validate objects applied after them',
    })
  }
}

/** The parameter of a binding comes before the binding; its kind is in the policy. */
function linkParameters({ object }: ResolvedManifest, bindings: readonly EdgeSource[], graph: GraphBuilder): void {
  const parameters = parametersOf(object)
  if (parameters === undefined) return
  for (const { index, manifest } of bindings) {
    const [name, namespace = ''] = ['name', 'namespace'].map((part) => stringField(manifest.object, ...PARAMETER, part))
    const parameter = name === undefined ? undefined : graph.find({ ...parameters, namespace, name })
    if (parameter !== undefined) graph.addEdge(parameter, index, 'parameter', PARAMETER)
  }
}

/** Returns the group and kind of a policy's parameters; undefined if there are none, and for any other object. */
export function parametersOf(policy: Json): Pick<ObjectId, 'group' | 'kind'> | undefined {
  const kind = stringField(policy, 'spec', 'paramKind', 'kind')
  const apiVersion = stringField(policy, 'spec', 'paramKind', 'apiVersion') ?? ''
  return kind === undefined || apiVersion === '' ? undefined : { group: parseApiVersion(apiVersion).group, kind }
}

const PARAMETER = ['spec', 'paramRef']

/** Whether a policy matches the resources GROUP/PLURAL. */
function isMatchedBy(resource: string, policy: Json): boolean {
  const rules = field(policy, 'spec', 'matchConstraints', 'resourceRules')
  const [group = '', plural = ''] = resource.split('/')
  const has = (rule: Json, name: string, wanted: string) => {
    const list = field(rule, name)
    return Array.isArray(list) && ['*', '*/*', wanted].some((word) => list.includes(word))
  }
  return (
    Array.isArray(rules) && rules.some((rule: Json) => has(rule, 'apiGroups', group) && has(rule, 'resources', plural))
  )
}

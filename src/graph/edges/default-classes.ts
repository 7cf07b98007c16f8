import { field, type Json, stringField } from '../../json.ts'
import { type GraphBuilder, linkAll } from '../graph-builder.ts'
import { type EdgeSource, indicesOf } from './edge-source.ts'

/** A class that is taken where nobody names one. */
interface Default {
  readonly groupKind: string
  readonly isDefault: (object: Json) => boolean
  /** Whether an object is given the default. */
  readonly isGiven: (source: EdgeSource) => boolean
}

const marked = (annotation: string) => (object: Json) =>
  stringField(object, 'metadata', 'annotations', annotation) === 'true'

const DEFAULTS: readonly Default[] = [
  {
    groupKind: 'storage.k8s.io/StorageClass',
    isDefault: marked('storageclass.kubernetes.io/is-default-class'),
    isGiven: ({ groupKind, manifest: { object } }) =>
      claimsOf(groupKind, object).some((spec) => lacks(spec, 'storageClassName')),
  },
  {
    groupKind: 'networking.k8s.io/IngressClass',
    isDefault: marked('ingressclass.kubernetes.io/is-default-class'),
    isGiven: ({ groupKind, manifest: { object } }) =>
      groupKind === 'networking.k8s.io/Ingress' &&
      lacks(field(object, 'spec'), 'ingressClassName') &&
      lacks(field(object, 'metadata', 'annotations'), 'kubernetes.io/ingress.class'),
  },
  {
    groupKind: 'scheduling.k8s.io/PriorityClass',
    isDefault: (object) => field(object, 'globalDefault') === true,
    isGiven: ({ pods }) => pods.some(({ spec }) => lacks(spec, 'priorityClassName')),
  },
]

/** A default class comes before what is given it: the server looks for it when that is made. */
export function linkDefaults(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  for (const { groupKind, isDefault, isGiven } of DEFAULTS) {
    const classes = sources.filter((source) => source.groupKind === groupKind && isDefault(source.manifest.object))
    if (classes.length === 0) continue
    const given = sources.filter(isGiven)
    const [title, why] = [`default ${groupKind}`, 'the default class is given to what comes after it']
    linkAll(graph, indicesOf(classes), indicesOf(given), 'default', { title, why })
  }
}

/** The specifications of the claims that an object is, or makes. */
function claimsOf(groupKind: string, object: Json): (Json | undefined)[] {
  if (groupKind === '/PersistentVolumeClaim') return [field(object, 'spec')]
  const templates = groupKind === 'apps/StatefulSet' ? field(object, 'spec', 'volumeClaimTemplates') : undefined
  return Array.isArray(templates) ? templates.map((template: Json) => field(template, 'spec')) : []
}

function lacks(spec: Json | undefined, name: string): boolean {
  return field(spec, name) === undefined
}

import { field, type Json, stringField } from '../../json.ts'
import { type Draft, linkAll } from '../graph-builder.ts'
import { indicesOf, type Subject } from './edge-source.ts'

/** A class that is taken where nobody names one. */
interface Default {
  readonly kindKey: string
  readonly isDefault: (object: Json) => boolean
  /** Whether an object is given the default. */
  readonly isGiven: (subject: Subject) => boolean
}

const marked = (annotation: string) => (object: Json) =>
  stringField(object, 'metadata', 'annotations', annotation) === 'true'

const DEFAULTS: readonly Default[] = [
  {
    kindKey: 'storage.k8s.io/StorageClass',
    isDefault: marked('storageclass.kubernetes.io/is-default-class'),
    isGiven: ({ kindKey, manifest: { object } }) =>
      claimsOf(kindKey, object).some((spec) => lacks(spec, 'storageClassName')),
  },
  {
    kindKey: 'networking.k8s.io/IngressClass',
    isDefault: marked('ingressclass.kubernetes.io/is-default-class'),
    isGiven: ({ kindKey, manifest: { object } }) =>
      kindKey === 'networking.k8s.io/Ingress' &&
      lacks(field(object, 'spec'), 'ingressClassName') &&
      lacks(field(object, 'metadata', 'annotations'), 'kubernetes.io/ingress.class'),
  },
  {
    kindKey: 'scheduling.k8s.io/PriorityClass',
    isDefault: (object) => field(object, 'globalDefault') === true,
    isGiven: ({ pods }) => pods.some(({ spec }) => lacks(spec, 'priorityClassName')),
  },
]

/** A default class comes before what is given it: the server looks for it when that is made. */
export function linkDefaults(subjects: readonly Subject[], graph: Draft): void {
  for (const { kindKey, isDefault, isGiven } of DEFAULTS) {
    const classes = subjects.filter((subject) => subject.kindKey === kindKey && isDefault(subject.manifest.object))
    if (classes.length === 0) continue
    const given = subjects.filter(isGiven)
    const [title, why] = [`default ${kindKey}`, 'the default class is given to what comes after it']
    linkAll(graph, indicesOf(classes), indicesOf(given), 'default', { title, why })
  }
}

/** The specifications of the claims that an object is, or makes. */
function claimsOf(kindKey: string, object: Json): (Json | undefined)[] {
  if (kindKey === '/PersistentVolumeClaim') return [field(object, 'spec')]
  const templates = kindKey === 'apps/StatefulSet' ? field(object, 'spec', 'volumeClaimTemplates') : undefined
  return Array.isArray(templates) ? templates.map((template: Json) => field(template, 'spec')) : []
}

function lacks(spec: Json | undefined, name: string): boolean {
  return field(spec, name) === undefined
}

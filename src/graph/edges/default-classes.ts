import { field, type Json } from '../../json.ts'
import type { Manifest } from '../../object/manifest.ts'
import { type GraphBuilder, linkAll } from '../graph-builder.ts'
import { type EdgeSource, indicesOf } from './edge-source.ts'

/** A class that is used by default. */
interface Default {
  readonly groupKind: string
  readonly isDefault: (manifest: Manifest) => boolean
  /** Whether an object gets the default. */
  readonly isGiven: (source: EdgeSource) => boolean
}

const DEFAULTS: readonly Default[] = [
  {
    groupKind: 'storage.k8s.io/StorageClass',
    isDefault: ({ options }) => options.classes.isDefaultStorageClass,
    isGiven: ({ groupKind, manifest: { object } }) =>
      volumeClaimSpecs(groupKind, object).some((spec) => lacks(spec, 'storageClassName')),
  },
  {
    groupKind: 'networking.k8s.io/IngressClass',
    isDefault: ({ options }) => options.classes.isDefaultIngressClass,
    isGiven: ({ groupKind, manifest: { object, options } }) =>
      groupKind === 'networking.k8s.io/Ingress' &&
      lacks(field(object, 'spec'), 'ingressClassName') &&
      !options.classes.hasIngressClass,
  },
  {
    groupKind: 'scheduling.k8s.io/PriorityClass',
    isDefault: ({ object }) => field(object, 'globalDefault') === true,
    isGiven: ({ pods }) => pods.some(({ spec }) => lacks(spec, 'priorityClassName')),
  },
]

/** A default class comes before the objects that get it, because the server assigns it when they are created. */
export function linkDefaults(sources: readonly EdgeSource[], graph: GraphBuilder): void {
  for (const { groupKind, isDefault, isGiven } of DEFAULTS) {
    const classes = sources.filter((source) => source.groupKind === groupKind && isDefault(source.manifest))
    if (classes.length === 0) continue
    const given = sources.filter(isGiven)
    const [title, why] = [`default ${groupKind}`, 'the default class is assigned to objects applied after it']
    linkAll(graph, indicesOf(classes), indicesOf(given), 'default', { title, why })
  }
}

/** Returns the specifications of the PVCs of an object, or of the PVC itself. */
function volumeClaimSpecs(groupKind: string, object: Json): (Json | undefined)[] {
  if (groupKind === '/PersistentVolumeClaim') return [field(object, 'spec')]
  const templates = groupKind === 'apps/StatefulSet' ? field(object, 'spec', 'volumeClaimTemplates') : undefined
  return Array.isArray(templates) ? templates.map((template: Json) => field(template, 'spec')) : []
}

function lacks(spec: Json | undefined, name: string): boolean {
  return field(spec, name) === undefined
}

import { field, type Json, stringField } from '../json.ts'
import type { ApiResource } from './api-path.ts'
import type { Manifest } from './manifest.ts'
import { formatGroupKind } from './object-id.ts'

/** The resources that a CustomResourceDefinition defines. */
export interface Crd extends ApiResource {
  /** Group and kind of its resources, as `formatGroupKind` writes them. */
  readonly groupKind: string
  /** The API versions in which its resources are served, for instance `example.com/v1`. */
  readonly apiVersions: readonly string[]
}

/** Reads a CustomResourceDefinition; undefined for any other object, and for one that the server will reject. */
export function parseCrd({ id, object }: Manifest): Crd | undefined {
  if (id.group !== 'apiextensions.k8s.io' || id.kind !== 'CustomResourceDefinition') return undefined
  const group = stringField(object, 'spec', 'group')
  const kind = stringField(object, 'spec', 'names', 'kind')
  const plural = stringField(object, 'spec', 'names', 'plural')
  const versions = field(object, 'spec', 'versions')
  if (group === undefined || kind === undefined || plural === undefined || !Array.isArray(versions)) return undefined
  const served = versions.filter((version: Json) => field(version, 'served') === true)
  return {
    groupKind: formatGroupKind({ group, kind }),
    apiVersions: served.map((version: Json) => `${group}/${stringField(version, 'name')}`),
    plural,
    namespaced: field(object, 'spec', 'scope') === 'Namespaced',
  }
}

import { field, stringField } from '../json.ts'
import type { Manifest } from './manifest.ts'

/** What a CustomResourceDefinition defines. */
export interface Definition {
  /** Group and kind of its resources as one word, `GROUP/KIND`. */
  readonly kindKey: string
  /** The name of the collection in the API's paths. */
  readonly plural: string
  readonly namespaced: boolean
}

/** Reads a CustomResourceDefinition; undefined for any other object, and for one that the server will refuse anyway. */
export function definedBy({ id, object }: Manifest): Definition | undefined {
  if (id.group !== 'apiextensions.k8s.io' || id.kind !== 'CustomResourceDefinition') return undefined
  const group = stringField(object, 'spec', 'group')
  const kind = stringField(object, 'spec', 'names', 'kind')
  const plural = stringField(object, 'spec', 'names', 'plural')
  if (group === undefined || kind === undefined || plural === undefined) return undefined
  return { kindKey: `${group}/${kind}`, plural, namespaced: field(object, 'spec', 'scope') === 'Namespaced' }
}

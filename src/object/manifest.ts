import type { Location } from '../diagnostics.ts'
import { field, isObject, type JsonObject, withField } from '../json.ts'
import type { ManifestOptions } from './annotations/manifest-options.ts'
import type { ObjectId } from './object-id.ts'

/** An object in the repository, and its location. */
export interface Manifest {
  readonly id: ObjectId
  readonly version: string
  readonly object: JsonObject
  /** How it is treated, by the annotations of the manifest. */
  readonly options: ManifestOptions
  readonly location: Location
}

/** The manifest's `apiVersion`, for instance `v1` or `apps/v1`. */
export function apiVersionOf({ id, version }: Manifest): string {
  return id.group === '' ? version : `${id.group}/${version}`
}

/** Returns a copy of the manifest in the given namespace, or without a namespace if it is empty. */
export function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const metadata = field(manifest.object, 'metadata')
  if (!isObject(metadata)) return manifest
  const { namespace: _, ...rest } = metadata
  const settled = namespace === '' ? rest : withField(metadata, 'namespace', namespace)
  return { ...manifest, id: { ...manifest.id, namespace }, object: withField(manifest.object, 'metadata', settled) }
}

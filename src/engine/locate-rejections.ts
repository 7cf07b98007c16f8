import type { ApplyResult } from '../apply/apply-result.ts'
import type { Location } from '../diagnostics.ts'
import { locateFields } from '../manifests/locate-fields.ts'
import type { ApiRejection } from '../object/api-rejection.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ReadLimits } from '../read-limits.ts'

/** So many rejected fields are looked up in their files. */
const MAX_LOCATED_FIELDS = 200

/** Where the fields are written that the server rejected, for manifests that were read from a file. */
export function locateRejections(
  rejections: ReadonlyMap<ResolvedManifest, Pick<ApiRejection, 'field'>>,
  files: ReadonlyMap<string, Buffer>,
  limits: ReadLimits,
): Map<ResolvedManifest, Location> {
  const fields = [...rejections].flatMap(([manifest, { field }]) =>
    field === undefined ? [] : [{ manifest, object: manifest.location, path: field }],
  )
  const locations = new Map<ResolvedManifest, Location>()
  for (const [file, inFile] of Map.groupBy(fields.slice(0, MAX_LOCATED_FIELDS), ({ object }) => object.file)) {
    const bytes = files.get(file)
    if (bytes === undefined) continue // rendered, without lines
    for (const [{ manifest }, location] of locateFields(bytes, inFile, limits)) locations.set(manifest, location)
  }
  return locations
}

/** Results with the location of the field that the server rejected, where it is known. */
export function withLocations(
  results: readonly ApplyResult[],
  files: ReadonlyMap<string, Buffer>,
  limits: ReadLimits,
): readonly ApplyResult[] {
  const failed = results.flatMap((each) => (each.result === 'failed' ? [[each.manifest, each] as const] : []))
  const locations = locateRejections(new Map(failed), files, limits)
  return results.map((each) => {
    const location = locations.get(each.manifest)
    return each.result === 'failed' && location !== undefined ? { ...each, location } : each
  })
}

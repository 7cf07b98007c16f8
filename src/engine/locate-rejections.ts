import type { ApplyResult } from '../apply/apply-result.ts'
import type { Location } from '../diagnostics.ts'
import { locateFields } from '../manifests/locate-fields.ts'
import type { ApiRejection } from '../object/api-rejection.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { ReadLimits } from '../read-limits.ts'

/** The maximum number of rejected fields that are located in their files. */
const MAX_LOCATED_FIELDS = 200

/** The locations of the fields that the server rejected, for manifests that were read from a file. */
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
    if (bytes === undefined) continue // rendered, so it has no lines
    for (const [{ manifest }, location] of locateFields(bytes, inFile, limits)) locations.set(manifest, location)
  }
  return locations
}

/** Results with the location of the field that the server rejected, if it is known. */
export function withLocations(
  results: readonly ApplyResult[],
  files: ReadonlyMap<string, Buffer>,
  limits: ReadLimits,
): readonly ApplyResult[] {
  const failed = results.flatMap((result) => (result.result === 'failed' ? [[result.manifest, result] as const] : []))
  const locations = locateRejections(new Map(failed), files, limits)
  return results.map((result) => {
    const location = locations.get(result.manifest)
    return result.result === 'failed' && location !== undefined ? { ...result, location } : result
  })
}

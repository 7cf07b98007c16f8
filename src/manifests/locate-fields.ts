import { formatLocation, type Location } from '../diagnostics.ts'
import type { ReadLimits } from '../read-limits.ts'
import { isDocument, readDocuments } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { objectsIn } from './document-objects.ts'

/** A field of the object at the location `object`. */
export interface FieldQuery {
  readonly object: Location
  readonly path: readonly Step[]
}

/**
 * Returns the locations of fields of a file's objects, by parsing the file again. Queries whose object is not found at its
 * location are left out.
 */
export function locateFields<T extends FieldQuery>(
  bytes: Buffer,
  queries: readonly T[],
  limits: ReadLimits,
): Map<T, Location> {
  const locations = new Map<T, Location>()
  const queryByObject = new Map(queries.map((query) => [formatLocation(query.object), query]))
  for (const read of readDocuments(bytes.toString('utf8'), limits)) {
    for (const { locate } of isDocument(read) ? objectsIn(read, queries[0]?.object.file ?? '') : []) {
      const query = queryByObject.get(formatLocation(locate([])))
      if (query !== undefined) locations.set(query, locate(query.path))
    }
  }
  return locations
}

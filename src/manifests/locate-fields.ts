import { type Location, placeOf } from '../diagnostics.ts'
import type { ReadLimits } from '../read-limits.ts'
import { isDocument, readDocuments } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { objectsIn } from './document-objects.ts'

/** A field of the object that is at `object` in its file. */
export interface FieldQuery {
  readonly object: Location
  readonly path: readonly Step[]
}

/**
 * Returns where fields of a file's objects are written, for questions that come up after the file was read: it is parsed once
 * more. Queries for objects that are not found at their location are left out.
 */
export function locateFields<T extends FieldQuery>(
  bytes: Buffer,
  queries: readonly T[],
  limits: ReadLimits,
): Map<T, Location> {
  const found = new Map<T, Location>()
  const objects = new Map(queries.map((each) => [placeOf(each.object), each]))
  for (const read of readDocuments(bytes.toString('utf8'), limits)) {
    for (const { locate } of isDocument(read) ? objectsIn(read, queries[0]?.object.file ?? '') : []) {
      const each = objects.get(placeOf(locate([])))
      if (each !== undefined) found.set(each, locate(each.path))
    }
  }
  return found
}

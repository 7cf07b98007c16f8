import type { Diagnostic } from '../../diagnostics.ts'
import { formatId, type ObjectId } from '../../object/object-id.ts'
import type { ValidationError } from '../../object/validation-error.ts'
import type { LocateField } from '../document-objects.ts'

/** Returns what is wrong with an object as a diagnostic; `id` is undefined where the object has no identity. */
export function validationDiagnostic(
  { code, message, hint, path, earlier }: ValidationError,
  id: ObjectId | undefined,
  locate: LocateField,
): Diagnostic {
  const relatedLocation = earlier === undefined ? {} : { relatedLocation: locate(earlier) }
  const object = id === undefined ? {} : { object: formatId(id) }
  return { code, message, location: locate(path), ...relatedLocation, ...object, hint }
}

import type { Diagnostic } from '../../diagnostics.ts'
import { formatId, type ObjectId } from '../../object/object-id.ts'
import type { ValidationError } from '../../object/validation-error.ts'
import type { LocateField } from '../document-objects.ts'

/** Returns a validation error as a diagnostic; `id` is undefined if the object has no name. */
export function validationDiagnostic(
  { code, reason, message, hint, path, earlier }: ValidationError,
  id: ObjectId | undefined,
  locate: LocateField,
): Diagnostic {
  const relatedLocation = earlier === undefined ? {} : { relatedLocation: locate(earlier) }
  const object = id === undefined ? {} : { object: formatId(id) }
  const location = locate(path)
  return { code, ...(reason === undefined ? {} : { reason }), message, location, ...relatedLocation, ...object, hint }
}

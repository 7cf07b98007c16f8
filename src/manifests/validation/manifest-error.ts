import type { Hint } from '../../hint.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'
import type { Step } from '../../yaml/field.ts'

/** A validation error with its reason, a CamelCase word for programs. */
export type ManifestError = ValidationError & { readonly reason?: string }

/** Returns an error of the code E-OBJECT in the field at `path`. */
export function manifestError(reason: string, message: string, hint: Hint, ...path: Step[]): ManifestError {
  return { reason, ...validationError(message, hint, ...path) }
}

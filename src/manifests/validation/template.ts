import { hint, option } from '../../hint.ts'
import type { Json } from '../../json.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'
import type { Step } from '../../yaml/field.ts'

/** Whether a value is a string with the markup of a template engine. */
export function isTemplate(value: Json | undefined): boolean {
  return typeof value === 'string' && /\{\{|\{%|\$\{/.test(value)
}

/** Returns the error of a field with the markup of a template engine. */
export function unrenderedTemplate(...path: Step[]): ValidationError {
  return validationError(TEMPLATE_REASON, TEMPLATE_MESSAGE, TEMPLATE_HINT, ...path)
}

/** The reason of errors about unrendered templates. */
export const TEMPLATE_REASON = 'UnrenderedTemplate'
/** The message of errors about unrendered templates, as a sentence. */
export const TEMPLATE_MESSAGE = 'This looks like an unrendered template.'
/** The hint of errors about unrendered templates. */
export const TEMPLATE_HINT = hint`Render it in an earlier step, or exclude the file with ${option('exclude')}.`

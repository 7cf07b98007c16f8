import { hint, option } from '../../hint.ts'
import type { Json } from '../../json.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'
import type { Step } from '../../yaml/field.ts'

/** Whether a text, or a value that should be a word, holds what a template engine would replace. */
export function isTemplate(value: Json | undefined): boolean {
  return typeof value === 'string' && /\{\{|\{%|\$\{/.test(value)
}

/** An error in a field that a template engine should have filled in. */
export function unrenderedTemplate(...path: Step[]): ValidationError {
  return validationError(TEMPLATE_MESSAGE, TEMPLATE_HINT, ...path)
}

/** What is said of a template, as a sentence. */
export const TEMPLATE_MESSAGE = 'This looks like a template that nobody has rendered.'
/** What to do about one. */
export const TEMPLATE_HINT = hint`Render it in an earlier step, or leave the file out with ${option('exclude')}.`

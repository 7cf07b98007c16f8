import type { ErrorCode } from '../../diagnostics.ts'
import { type Hint, hint, option } from '../../hint.ts'
import type { Json } from '../../json.ts'
import type { Step } from '../../yaml/field.ts'

/** What is wrong with an object, and the field it is about. */
export interface ValidationError {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: Hint
  readonly path: readonly Step[]
  /** The field that it clashes with. */
  readonly earlier?: readonly Step[]
}

/** A flaw of class E-OBJECT in the field at `path`. */
export function validationError(message: string, hint: Hint, ...path: Step[]): ValidationError {
  return { code: 'E-OBJECT', message, hint, path }
}

/** A field's path as people write it, for instance `spec.containers[0].env`. */
export function pathText(path: readonly Step[]): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
}

/** Whether a text, or a value that should be a word, holds what a template engine would replace. */
export function isTemplate(value: Json | undefined): boolean {
  return typeof value === 'string' && /\{\{|\{%|\$\{/.test(value)
}

/** A flaw in a field that a template engine should have filled in. */
export function unrenderedTemplate(...path: Step[]): ValidationError {
  return validationError(TEMPLATE, RENDER, ...path)
}

export const TEMPLATE = 'This looks like a template that nobody has rendered.'
export const RENDER = hint`Render it in an earlier step, or leave the file out with ${option('exclude')}.`

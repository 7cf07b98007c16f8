import type { ErrorCode } from '../diagnostics.ts'
import type { Hint } from '../hint.ts'
import type { Step } from '../yaml/field.ts'

/** What is wrong with an object, and the field it is about. */
export interface ValidationError {
  readonly code: ErrorCode
  /** Why, in one CamelCase word for programs. */
  readonly reason: string
  readonly message: string
  readonly hint: Hint
  readonly path: readonly Step[]
  /** The earlier field that conflicts with it. */
  readonly earlier?: readonly Step[]
}

/** An error of the code E-OBJECT in the field at `path`. */
export function validationError(reason: string, message: string, hint: Hint, ...path: Step[]): ValidationError {
  return { code: 'E-OBJECT', reason, message, hint, path }
}

import type { JsonObject } from '../../json.ts'
import type { ValidationError } from '../validation-error.ts'
import { annotationError, annotationText } from './read-annotation.ts'
import { ANNOTATIONS } from './table.ts'

/** Whether dependents, and the end of a run, wait until an object with these annotations is ready. */
export function readIsAwaited(annotations: JsonObject): boolean {
  return (
    annotationText(annotations, ANNOTATIONS.wait) !== 'false' &&
    annotationText(annotations, ANNOTATIONS.ignoreHealthcheck) !== 'true'
  )
}

/** Errors in our annotation about waiting; those of other tools are not validated. */
export function validateWait(annotations: JsonObject): ValidationError[] {
  const text = annotationText(annotations, ANNOTATIONS.wait)
  if (text === undefined || text === 'true' || text === 'false') return []
  const message = `\`${ANNOTATIONS.wait.name}\` must be "true" or "false".`
  const hint = 'Write "false", in quotes, to not wait for it.'
  return [annotationError(ANNOTATIONS.wait, message, hint)]
}

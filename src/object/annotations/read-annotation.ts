import type { Hint } from '../../hint.ts'
import { field, isObject, type Json, type JsonObject, stringField } from '../../json.ts'
import { type ValidationError, validationError } from '../validation-error.ts'
import type { Annotation } from './table.ts'

const NO_ANNOTATIONS: JsonObject = Object.freeze({})

/** The annotations of an object; empty if it has none. */
export function annotationsOf(object: Json): JsonObject {
  const found = field(object, 'metadata', 'annotations')
  return isObject(found) ? found : NO_ANNOTATIONS
}

/** The text of an annotation; undefined if it is missing or not a string. */
export function annotationText(annotations: JsonObject, { name }: Annotation): string | undefined {
  return stringField(annotations, name)
}

/** The entries of an annotation that is a list separated by commas; empty if it is missing. */
export function annotationList(annotations: JsonObject, annotation: Annotation): string[] {
  const text = annotationText(annotations, annotation)
  return text === undefined ? [] : text.split(',').map((entry) => entry.trim())
}

/** The path to an annotation in its object. */
export function annotationPath({ name }: Annotation): readonly string[] {
  return ['metadata', 'annotations', name]
}

/** An error (E-OBJECT) in an annotation. */
export function annotationError(annotation: Annotation, message: string, hint: Hint): ValidationError {
  return validationError('InvalidAnnotation', message, hint, ...annotationPath(annotation))
}

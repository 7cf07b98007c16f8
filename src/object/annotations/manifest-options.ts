import { type Json, type JsonObject, stringField } from '../../json.ts'
import type { ValidationError } from '../validation-error.ts'
import { type ApplyAnnotations, readApply, validateApply } from './apply.ts'
import { type ClassAnnotations, readClasses } from './classes.ts'
import { type HookAnnotations, readHook, validateHook } from './hook-annotations.ts'
import { type OrderingAnnotations, readOrdering, validateOrdering } from './ordering.ts'
import { annotationsOf } from './read-annotation.ts'
import { ANNOTATIONS } from './table.ts'
import { readIsAwaited, validateWait } from './wait.ts'

/** How a manifest is treated, by its annotations. */
export interface ManifestOptions {
  readonly ordering: OrderingAnnotations
  readonly hook: HookAnnotations
  readonly apply: ApplyAnnotations
  /** Whether dependents, and the end of a run, wait until the object is ready. */
  readonly isAwaited: boolean
  readonly classes: ClassAnnotations
}

/** The options of a manifest without known annotations. */
export const DEFAULT_OPTIONS: ManifestOptions = Object.freeze(optionsIn('', {}))

const NAMES: ReadonlySet<string> = new Set(Object.values(ANNOTATIONS).map(({ name }) => name))

/** Reads the annotations of an object once; `validateAnnotations` has found no error in them. */
export function readManifestOptions(object: Json): ManifestOptions {
  const annotations = annotationsOf(object)
  for (const name of Object.keys(annotations))
    if (NAMES.has(name)) return optionsIn(stringField(object, 'kind') ?? '', annotations)
  return DEFAULT_OPTIONS
}

/** Errors in the annotations of an object, each with the annotation that it is about. */
export function validateAnnotations(object: Json): ValidationError[] {
  const annotations = annotationsOf(object)
  return [validateOrdering, validateWait, validateHook, validateApply].flatMap((validate) => validate(annotations))
}

function optionsIn(kind: string, annotations: JsonObject): ManifestOptions {
  return {
    ordering: readOrdering(annotations),
    hook: readHook(annotations),
    apply: readApply(kind, annotations),
    isAwaited: readIsAwaited(annotations),
    classes: readClasses(annotations),
  }
}

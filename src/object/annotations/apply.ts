import type { JsonObject } from '../../json.ts'
import { isNeverRecreated } from '../kinds.ts'
import type { ValidationError } from '../validation-error.ts'
import { annotationError, annotationList, annotationText } from './read-annotation.ts'
import { ANNOTATIONS, type Annotation } from './table.ts'

/** How a manifest is applied, by its annotations. */
export interface ApplyAnnotations {
  /** Whether it is applied always, only if the object does not exist, or never. */
  readonly apply: 'always' | 'if absent' | 'never'
  /** The annotation that decides this, if it is not `always`. */
  readonly by: string
  /** Whether fields of another deployer stay although the manifest does not have them. */
  readonly isMerged: boolean
  /** Whether the object may be recreated if an immutable field changes. */
  readonly mayRecreate: boolean
  /** Fields that are left to other field managers, as paths. */
  readonly unmanaged: readonly (readonly string[])[]
}

/** Reads the annotations about applying an object of that kind; `validateApply` has found no error in them. */
export function readApply(kind: string, annotations: JsonObject): ApplyAnnotations {
  const ssa = word(annotations, ANNOTATIONS.fluxSsa)
  const isOff = word(annotations, ANNOTATIONS.fluxReconcile) === 'disabled'
  const isForced =
    word(annotations, ANNOTATIONS.fluxForce) === 'enabled' ||
    annotationList(annotations, ANNOTATIONS.syncOptions).includes('Force=true')
  return {
    apply: isOff || ssa === 'ignore' ? 'never' : ssa === 'ifnotpresent' ? 'if absent' : 'always',
    by: (isOff ? ANNOTATIONS.fluxReconcile : ANNOTATIONS.fluxSsa).name,
    isMerged: ssa === 'merge',
    mayRecreate: isForced && !isNeverRecreated(kind),
    // The entries of `stringData` are sent in `data`.
    unmanaged: pointersIn(annotations).map((pointer) => parsePointer(pointer.replace(/^\/stringData\//, '/data/'))),
  }
}

/** Errors in our annotations about applying; those of other tools are not validated. */
export function validateApply(annotations: JsonObject): ValidationError[] {
  return pointersIn(annotations)
    .filter((pointer) => !/^(\/[^/]+)+$/.test(pointer))
    .map((pointer) =>
      annotationError(
        ANNOTATIONS.unmanaged,
        `\`${pointer}\` in \`${ANNOTATIONS.unmanaged.name}\` is no pointer to a field.`,
        'Write JSON pointers (RFC 6901) with commas between them, for instance `/spec/replicas`.',
      ),
    )
}

function word(annotations: JsonObject, annotation: Annotation): string {
  return (annotationText(annotations, annotation) ?? '').trim().toLowerCase()
}

function pointersIn(annotations: JsonObject): string[] {
  return annotationList(annotations, ANNOTATIONS.unmanaged).filter((pointer) => pointer !== '')
}

function parsePointer(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

import type { JsonObject } from '../../json.ts'
import type { ObjectId } from '../object-id.ts'
import type { ValidationError } from '../validation-error.ts'
import { annotationError, annotationList, annotationText } from './read-annotation.ts'
import { ANNOTATIONS, type Annotation } from './table.ts'

/** The place of a manifest in the order, by its annotations. */
export interface OrderingAnnotations {
  /** The objects that must exist and be ready before it, each with the annotation that names it. */
  readonly dependsOn: readonly { readonly id: ObjectId; readonly annotation: string }[]
  /** Its sync wave; undefined if it has none, which means 0. */
  readonly wave: number | undefined
}

/** The annotations that name what an object depends on, all with the same grammar. */
const DEPENDS_ON: readonly Annotation[] = [ANNOTATIONS.kptDependsOn, ANNOTATIONS.dependsOn]

/** Reads the annotations about order; `validateOrdering` has found no error in them. */
export function readOrdering(annotations: JsonObject): OrderingAnnotations {
  const wave = annotationText(annotations, ANNOTATIONS.syncWave)
  return {
    dependsOn: DEPENDS_ON.flatMap((annotation) =>
      annotationList(annotations, annotation).flatMap((text) => {
        const id = parseReference(text)
        return id === undefined ? [] : [{ id, annotation: annotation.name }]
      }),
    ),
    wave: wave === undefined ? undefined : Number(wave),
  }
}

/** Errors in the annotations about order. */
export function validateOrdering(annotations: JsonObject): ValidationError[] {
  return [
    ...DEPENDS_ON.flatMap((annotation) => validateDependencies(annotations, annotation)),
    ...validateWave(annotations),
  ]
}

const GRAMMAR =
  'Write `GROUP/namespaces/NAMESPACE/KIND/NAME` for a namespaced object and `GROUP/KIND/NAME` for any other, with commas between several; the core group is empty: `/namespaces/shop/Secret/db`.'

/** Parses an object reference of `depends-on`; undefined if the text is not one. */
function parseReference(text: string): ObjectId | undefined {
  const parts = text.split('/')
  const [group = '', namespaces, namespace = ''] = parts
  const [kind = '', name = ''] = parts.slice(-2)
  const isNamespaced = parts.length === 5 && namespaces === 'namespaces' && namespace !== ''
  if ((!isNamespaced && parts.length !== 3) || kind === '' || name === '') return undefined
  return { group, kind, namespace: isNamespaced ? namespace : '', name }
}

function validateDependencies(annotations: JsonObject, annotation: Annotation): ValidationError[] {
  const { name } = annotation
  const texts = annotationList(annotations, annotation)
  const broken = texts.filter((text) => parseReference(text) === undefined)
  const twice = texts.find((text, index) => !broken.includes(text) && texts.indexOf(text) < index)
  return [
    ...broken.map((text) => {
      const message =
        text === '' ? `\`${name}\` has an empty entry.` : `\`${text}\` in \`${name}\` is not a reference to an object.`
      return annotationError(annotation, message, GRAMMAR)
    }),
    ...(twice === undefined
      ? []
      : [annotationError(annotation, `\`${name}\` names \`${twice}\` twice.`, 'Remove one of them.')]),
  ]
}

function validateWave(annotations: JsonObject): ValidationError[] {
  const text = annotationText(annotations, ANNOTATIONS.syncWave)
  if (text === undefined || (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)))) return []
  const message = `\`${ANNOTATIONS.syncWave.name}\` must be an integer.`
  const hint = 'Write one in quotes, for instance "-1" or "2".'
  return [annotationError(ANNOTATIONS.syncWave, message, hint)]
}

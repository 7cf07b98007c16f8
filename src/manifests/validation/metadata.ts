import { field, isObject, type Json, type JsonObject } from '../../json.ts'
import { SET_LABEL } from '../../object/inventory.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'

/** What is wrong with an object's metadata beside its name and namespace: kubectl and the server refuse it as a whole. */
export function validateMetadata(object: JsonObject): ValidationError[] {
  const metadata = field(object, 'metadata')
  return [
    ...validateTexts(metadata, 'labels'),
    ...validateTexts(metadata, 'annotations'),
    ...validateKeyedLists(metadata, 'finalizers', (entry) => typeof entry === 'string', 'strings'),
    ...validateKeyedLists(metadata, 'ownerReferences', isObject, 'mappings'),
    ...validateSetLabel(metadata),
  ]
}

function validateTexts(metadata: Json | undefined, name: 'labels' | 'annotations'): ValidationError[] {
  const texts = field(metadata, name) ?? null
  if (texts === null) return []
  if (!isObject(texts))
    return [validationError(`\`metadata.${name}\` must be a mapping.`, 'Write `key: value`.', 'metadata', name)]
  return Object.entries(texts)
    .filter(([, text]) => typeof text !== 'string' && text !== null)
    .map(([key]) =>
      validationError(`\`metadata.${name}.${key}\` must be a string.`, 'Put it into quotes.', 'metadata', name, key),
    )
}

function validateKeyedLists(
  metadata: Json | undefined,
  name: string,
  isFit: (entry: Json) => boolean,
  what: string,
): ValidationError[] {
  const list = field(metadata, name) ?? null
  if (list === null || (Array.isArray(list) && list.every(isFit))) return []
  return [validationError(`\`metadata.${name}\` must be a list of ${what}.`, 'Correct it.', 'metadata', name)]
}

/** The label of a set's members says who may delete an object, so no manifest may carry it. */
function validateSetLabel(metadata: Json | undefined): ValidationError[] {
  if (field(metadata, 'labels', SET_LABEL) === undefined) return []
  const message = `The label \`${SET_LABEL}\` says which inventory owns an object, and is not for manifests.`
  return [validationError(message, 'Remove it.', 'metadata', 'labels', SET_LABEL)]
}

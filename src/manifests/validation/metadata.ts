import { field, isObject, type Json, type JsonObject } from '../../json.ts'
import { SET_LABEL } from '../../object/inventory.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'

/** Returns the errors in an object's metadata except its name and namespace. */
export function validateMetadata(object: JsonObject): ValidationError[] {
  const metadata = field(object, 'metadata')
  return [
    ...validateStrings(metadata, 'labels'),
    ...validateStrings(metadata, 'annotations'),
    ...validateList(metadata, 'finalizers', (entry) => typeof entry === 'string', 'strings'),
    ...validateList(metadata, 'ownerReferences', isObject, 'mappings'),
    ...validateSetLabel(metadata),
  ]
}

function validateStrings(metadata: Json | undefined, name: 'labels' | 'annotations'): ValidationError[] {
  const texts = field(metadata, name) ?? null
  if (texts === null) return []
  if (!isObject(texts))
    return [
      validationError(
        'InvalidMetadata',
        `\`metadata.${name}\` must be a mapping.`,
        'Write `key: value`.',
        'metadata',
        name,
      ),
    ]
  return Object.entries(texts)
    .filter(([, text]) => typeof text !== 'string' && text !== null)
    .map(([key]) =>
      validationError(
        'InvalidMetadata',
        `\`metadata.${name}.${key}\` must be a string.`,
        'Quote it.',
        'metadata',
        name,
        key,
      ),
    )
}

function validateList(
  metadata: Json | undefined,
  name: string,
  isValid: (entry: Json) => boolean,
  entries: string,
): ValidationError[] {
  const list = field(metadata, name) ?? null
  if (list === null || (Array.isArray(list) && list.every(isValid))) return []
  const message = `\`metadata.${name}\` must be a list of ${entries}.`
  return [validationError('InvalidMetadata', message, 'Fix it.', 'metadata', name)]
}

/** No manifest may have the label of a set's members, since it decides who may delete an object. */
function validateSetLabel(metadata: Json | undefined): ValidationError[] {
  if (field(metadata, 'labels', SET_LABEL) === undefined) return []
  const message = `The label \`${SET_LABEL}\` is not allowed in manifests: it records which inventory owns an object.`
  return [validationError('SetLabelNotAllowed', message, 'Remove it.', 'metadata', 'labels', SET_LABEL)]
}

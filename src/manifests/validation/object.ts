import { hint, option } from '../../hint.ts'
import { field, isObject, type Json, type JsonObject } from '../../json.ts'
import { validateAnnotations } from '../../object/annotations/manifest-options.ts'
import { isLabel } from '../../object/dns-label.ts'
import { formatFieldPath } from '../../object/field-path.ts'
import { formatGroupKind, type ObjectId, parseApiVersion } from '../../object/object-id.ts'
import { type ValidationError, validationError } from '../../object/validation-error.ts'
import type { Step } from '../../yaml/field.ts'
import { isList } from '../lists.ts'
import { encryptedField } from '../skip-reason.ts'
import { duplicateEntries, KEYED_LISTS } from './keyed-lists.ts'
import { validateMetadata } from './metadata.ts'
import { invalidNameReason } from './names.ts'
import { isTemplate, unrenderedTemplate } from './template.ts'

/** The id of an object and the version of its API, or all its errors, with the id if the object has a name. */
export type ValidatedObject =
  | { readonly id: ObjectId; readonly version: string }
  | { readonly errors: readonly ValidationError[]; readonly id?: ObjectId }

/** Validates a candidate for an object: its type, its name, its metadata, and the requirements of server-side apply. */
export function validateObject(value: Json): ValidatedObject {
  if (!isObject(value)) {
    const next = hint`Fix it, or exclude the file with ${option('exclude')}.`
    return { errors: [validationError('NotAnObject', 'This document is not an object: it is not a mapping.', next)] }
  }
  const encrypted = encryptedField(value)
  if (encrypted !== undefined) {
    const message = 'This document is encrypted with SOPS.'
    const next = hint`Decrypt it in an earlier step into a folder and set ${option('repository')} to that folder, or exclude it with ${option('exclude')}.`
    return { errors: [{ code: 'E-SOURCE', reason: 'SopsEncrypted', message, hint: next, path: encrypted }] }
  }
  if (isList(value)) {
    const message = 'kubectl rejects this list: it is inside another list, or its `items` are not a list.'
    return { errors: [validationError('InvalidList', message, 'Write its objects as separate documents.')] }
  }
  const type = typeOf(value)
  if ('errors' in type) return type
  const { group, version, kind } = type
  const id = { group, kind, namespace: textAt(value, 'namespace'), name: textAt(value, 'name') }
  const errors = [
    ...validateName(id, value),
    ...validateNamespace(id, value),
    ...validateMetadata(value),
    ...validateAnnotations(value),
    ...validateKeyedLists(id, value),
    ...validateImages(id, value, []),
    ...validateSecret(id, value),
  ]
  if (errors.length === 0) return { id, version }
  return id.name === '' ? { errors } : { errors, id }
}

function textAt(value: JsonObject, name: 'name' | 'namespace'): string {
  const text = field(value, 'metadata', name)
  return typeof text === 'string' ? text : ''
}

const VERSION = /^([\w.-]+\/)?[\w.-]+$/
const KIND = /^[A-Za-z][A-Za-z0-9]*$/

function typeOf(value: JsonObject): { group: string; version: string; kind: string } | { errors: ValidationError[] } {
  const apiVersion = field(value, 'apiVersion')
  const kind = field(value, 'kind')
  const isVersion = typeof apiVersion === 'string' && VERSION.test(apiVersion)
  const isKind = typeof kind === 'string' && KIND.test(kind)
  if (!isVersion || !isKind) {
    return {
      errors: [
        ...(isVersion ? [] : [typeError(value, 'apiVersion', 'a version such as `v1` or `apps/v1`')]),
        ...(isKind ? [] : [typeError(value, 'kind', 'the name of a kind such as `Deployment`')]),
      ],
    }
  }
  return { ...parseApiVersion(apiVersion), kind }
}

function typeError(value: JsonObject, name: 'apiVersion' | 'kind', expected: string): ValidationError {
  const given = field(value, name)
  if (isTemplate(given)) return unrenderedTemplate(name)
  if (given !== undefined) return validationError('InvalidType', `\`${name}\` must be ${expected}.`, 'Fix it.', name)
  const next = hint`Add ${expected}. If this is not a Kubernetes object, exclude the file with ${option('exclude')}.`
  return validationError('TypeMissing', `\`${name}\` is missing.`, next, name)
}

function validateName(id: ObjectId, value: JsonObject): ValidationError[] {
  const { kind, name } = id
  const given = field(value, 'metadata', 'name')
  if (isTemplate(given)) return [unrenderedTemplate('metadata', 'name')]
  if (name !== '') {
    const rule = invalidNameReason(id, value)
    const message = `The server rejects the name of this ${kind}: ${rule}.`
    return rule === undefined ? [] : [validationError('InvalidName', message, 'Rename it.', 'metadata', 'name')]
  }
  if (given === undefined && field(value, 'metadata', 'generateName') !== undefined) {
    const message = `This ${kind} has \`generateName\`: every run would create another one.`
    return [validationError('GenerateName', message, 'Set `name` instead.', 'metadata', 'generateName')]
  }
  if (given === undefined)
    return [validationError('NameMissing', `This ${kind} has no \`metadata.name\`.`, 'Add one.', 'metadata', 'name')]
  const message = `The \`metadata.name\` of this ${kind} must be a non-empty string.`
  return [
    validationError(
      'InvalidName',
      message,
      'Set a name, and quote it if YAML would read a number, a boolean or null.',
      'metadata',
      'name',
    ),
  ]
}

function validateNamespace({ kind, namespace }: ObjectId, value: JsonObject): ValidationError[] {
  const given = field(value, 'metadata', 'namespace') ?? ''
  if (isTemplate(given)) return [unrenderedTemplate('metadata', 'namespace')]
  if (given === '' || isLabel(namespace)) return []
  const message = `The \`metadata.namespace\` of this ${kind} is not a valid namespace name.`
  const rule =
    'Use at most 63 lower-case letters, digits and `-`, and quote it if YAML would read a number or a boolean.'
  return [validationError('InvalidNamespace', message, rule, 'metadata', 'namespace')]
}

function validateKeyedLists(id: ObjectId, value: JsonObject): ValidationError[] {
  return duplicateEntries(id, value).map(({ path, earlier, keys }) => {
    const keyNames = keys.map((key) => `\`${key}\``).join(' and ')
    const list = formatFieldPath(path.slice(0, -1))
    const message = `Two entries of \`${list}\` have the same ${keyNames}, which server-side apply rejects (unlike client-side \`kubectl apply\`).`
    return { ...validationError('DuplicateEntry', message, 'Keep one of them.', ...path), earlier }
  })
}

/** Errors of images that are templates: the server would accept them, since it does not validate images. */
function validateImages(id: ObjectId, value: Json | undefined, path: readonly Step[]): ValidationError[] {
  if (path.length === 0 && !Object.hasOwn(KEYED_LISTS, formatGroupKind(id))) return []
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const below = [...path, name]
    if (!/^(init|ephemeral)?containers$/i.test(name) || !Array.isArray(member)) return validateImages(id, member, below)
    return member.flatMap((container: Json, index) =>
      isTemplate(field(container, 'image')) ? [unrenderedTemplate(...below, index, 'image')] : [],
    )
  })
}

/**
 * Errors of values that are not strings. The server would quote such a value in its error, even if it is a password.
 */
function validateSecret(id: ObjectId, value: JsonObject): ValidationError[] {
  if (formatGroupKind(id) !== '/Secret') return []
  return ['data', 'stringData'].flatMap((name) => {
    const values = field(value, name)
    return Object.entries(isObject(values) ? values : {})
      .filter(([, text]) => typeof text !== 'string' && text !== null)
      .map(([key]) =>
        validationError('InvalidSecret', `\`${name}.${key}\` of a Secret must be a string.`, 'Quote it.', name, key),
      )
  })
}

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

/** An object's identity, or everything that is wrong with it; the identity as far as there is one. */
export type ValidatedObject =
  | { readonly id: ObjectId; readonly version: string }
  | { readonly errors: readonly ValidationError[]; readonly id?: ObjectId }

/** Examines what claims to be an object: its identity, its name, and what server-side apply asks of it. */
export function validateObject(value: Json): ValidatedObject {
  if (!isObject(value)) {
    const next = hint`Correct it, or leave the file out with ${option('exclude')}.`
    return { errors: [validationError('This document is not a mapping, so it is no object.', next)] }
  }
  const encrypted = encryptedField(value)
  if (encrypted !== undefined) {
    const message = 'This is encrypted with SOPS, and is not applied as it stands.'
    const next = hint`Decrypt it in an earlier step into a folder that is given as ${option('repository')}, or leave it out with ${option('exclude')}.`
    return { errors: [{ code: 'E-SOURCE', message, hint: next, path: encrypted }] }
  }
  if (isList(value)) {
    const message = 'This is a list that kubectl refuses: it stands inside another list, or its `items` are not a list.'
    return { errors: [validationError(message, 'Take the list apart.')] }
  }
  const typed = typeOf(value)
  if ('errors' in typed) return typed
  const { group, version, kind } = typed
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
        ...(isVersion ? [] : [wordError(value, 'apiVersion', 'a version, such as `v1` or `apps/v1`')]),
        ...(isKind ? [] : [wordError(value, 'kind', 'the name of a kind, such as `Deployment`')]),
      ],
    }
  }
  return { ...parseApiVersion(apiVersion), kind }
}

function wordError(value: JsonObject, name: 'apiVersion' | 'kind', wanted: string): ValidationError {
  const word = field(value, name)
  if (isTemplate(word)) return unrenderedTemplate(name)
  if (word !== undefined) return validationError(`\`${name}\` must be ${wanted}.`, 'Correct it.', name)
  const next = hint`Add ${wanted}; if this is no Kubernetes object, leave the file out with ${option('exclude')}.`
  return validationError(`\`${name}\` must be there, and is not.`, next, name)
}

function validateName(id: ObjectId, value: JsonObject): ValidationError[] {
  const { kind, name } = id
  const given = field(value, 'metadata', 'name')
  if (isTemplate(given)) return [unrenderedTemplate('metadata', 'name')]
  if (name !== '') {
    const problem = invalidNameReason(id, value)
    const message = `The name of this ${kind} is one that the server refuses: ${problem}.`
    return problem === undefined ? [] : [validationError(message, 'Rename it.', 'metadata', 'name')]
  }
  if (given === undefined && field(value, 'metadata', 'generateName') !== undefined) {
    const message = `This ${kind} has \`generateName\`: every run would create one more of it.`
    return [validationError(message, 'Give it a `name`.', 'metadata', 'generateName')]
  }
  if (given === undefined)
    return [validationError(`This ${kind} has no \`metadata.name\`.`, 'Add one.', 'metadata', 'name')]
  const message = `This ${kind} has no \`metadata.name\` that is a string: YAML reads something else.`
  return [
    validationError(
      message,
      'Write a name; quote it where it looks like a number, a boolean or null.',
      'metadata',
      'name',
    ),
  ]
}

function validateNamespace({ kind, namespace }: ObjectId, value: JsonObject): ValidationError[] {
  const given = field(value, 'metadata', 'namespace') ?? ''
  if (isTemplate(given)) return [unrenderedTemplate('metadata', 'namespace')]
  if (given === '' || isLabel(namespace)) return []
  const rule = 'Lower-case letters, digits and `-`, at most 63; quote it where it looks like a number or a boolean.'
  return [
    validationError(`\`metadata.namespace\` of this ${kind} is no name of a namespace.`, rule, 'metadata', 'namespace'),
  ]
}

function validateKeyedLists(id: ObjectId, value: JsonObject): ValidationError[] {
  return duplicateEntries(id, value).map(({ path, earlier, keys }) => {
    const which = keys.map((key) => `\`${key}\``).join(' and ')
    const list = formatFieldPath(path.slice(0, -1))
    const message = `Two entries of \`${list}\` have the same ${which}, which server-side apply refuses (plain \`kubectl apply\` lets it pass).`
    return { ...validationError(message, 'Keep one of them.', ...path), earlier }
  })
}

/** Images that are templates: the server would take them, since no image may hold braces and it does not look. */
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

/** Values that the server refuses and quotes, in a spelling that nobody else uses: a number may be a password. */
function validateSecret(id: ObjectId, value: JsonObject): ValidationError[] {
  if (formatGroupKind(id) !== '/Secret') return []
  return ['data', 'stringData'].flatMap((name) => {
    const values = field(value, name)
    return Object.entries(isObject(values) ? values : {})
      .filter(([, text]) => typeof text !== 'string' && text !== null)
      .map(([key]) =>
        validationError(`\`${name}.${key}\` of a Secret must be a string.`, 'Put it into quotes.', name, key),
      )
  })
}

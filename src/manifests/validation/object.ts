import { isLabel } from '../../object/dns-label.ts'
import { field, isObject, type Json, type JsonObject } from '../../json.ts'
import type { Step } from '../../yaml/field.ts'
import { directiveFlaws } from '../../object/annotations/ordering.ts'
import { type Flaw, flaw, isTemplate, pathText, unrendered } from './validation-error.ts'
import { isList } from '../lists.ts'
import { clashes, KEYED_LISTS } from './keyed-lists.ts'
import { kindKeyOf, type ObjectId, partsOf } from '../../object/manifest.ts'
import { metadataFlaws } from './metadata.ts'
import { nameProblem } from './names.ts'
import { encryptedField } from '../skip-reason.ts'
import { switchFlaws } from '../../object/annotations/apply.ts'

/** An object's identity, or everything that is wrong with it; the identity as far as there is one. */
export type Examined =
  | { readonly id: ObjectId; readonly version: string }
  | { readonly flaws: readonly Flaw[]; readonly id?: ObjectId }

/** Examines what claims to be an object: its identity, its name, and what server-side apply asks of it. */
export function examine(value: Json): Examined {
  if (!isObject(value)) {
    const next = 'Correct it, or leave the file out with `exclude`.'
    return { flaws: [flaw('This document is not a mapping, so it is no object.', next)] }
  }
  const encrypted = encryptedField(value)
  if (encrypted !== undefined) {
    const message = 'This is encrypted with SOPS, and is not applied as it stands.'
    const next =
      'Decrypt it in an earlier step into a folder that is given as `repository`, or leave it out with `exclude`.'
    return { flaws: [{ class: 'E-SOURCE', message, next, path: encrypted }] }
  }
  if (isList(value)) {
    const message = 'This is a list that kubectl refuses: it stands inside another list, or its `items` are not a list.'
    return { flaws: [flaw(message, 'Take the list apart.')] }
  }
  const typed = typeOf(value)
  if ('flaws' in typed) return typed
  const { group, version, kind } = typed
  const id = { group, kind, namespace: textAt(value, 'namespace'), name: textAt(value, 'name') }
  const flaws = [
    ...nameFlaws(id, value),
    ...namespaceFlaws(id, value),
    ...metadataFlaws(value),
    ...directiveFlaws(value),
    ...switchFlaws(value),
    ...listFlaws(id, value),
    ...imageFlaws(id, value, []),
    ...secretFlaws(id, value),
  ]
  if (flaws.length === 0) return { id, version }
  return id.name === '' ? { flaws } : { flaws, id }
}

function textAt(value: JsonObject, name: 'name' | 'namespace'): string {
  const text = field(value, 'metadata', name)
  return typeof text === 'string' ? text : ''
}

const VERSION = /^([\w.-]+\/)?[\w.-]+$/
const KIND = /^[A-Za-z][A-Za-z0-9]*$/

function typeOf(value: JsonObject): { group: string; version: string; kind: string } | { flaws: Flaw[] } {
  const apiVersion = field(value, 'apiVersion')
  const kind = field(value, 'kind')
  const isVersion = typeof apiVersion === 'string' && VERSION.test(apiVersion)
  const isKind = typeof kind === 'string' && KIND.test(kind)
  if (!isVersion || !isKind) {
    return {
      flaws: [
        ...(isVersion ? [] : [wordFlaw(value, 'apiVersion', 'a version, such as `v1` or `apps/v1`')]),
        ...(isKind ? [] : [wordFlaw(value, 'kind', 'the name of a kind, such as `Deployment`')]),
      ],
    }
  }
  return { ...partsOf(apiVersion), kind }
}

function wordFlaw(value: JsonObject, name: 'apiVersion' | 'kind', wanted: string): Flaw {
  const word = field(value, name)
  if (isTemplate(word)) return unrendered(name)
  if (word !== undefined) return flaw(`\`${name}\` must be ${wanted}.`, 'Correct it.', name)
  const next = `Add ${wanted}; if this is no Kubernetes object, leave the file out with \`exclude\`.`
  return flaw(`\`${name}\` must be there, and is not.`, next, name)
}

function nameFlaws(id: ObjectId, value: JsonObject): Flaw[] {
  const { kind, name } = id
  const given = field(value, 'metadata', 'name')
  if (isTemplate(given)) return [unrendered('metadata', 'name')]
  if (name !== '') {
    const problem = nameProblem(id, value)
    const message = `The name of this ${kind} is one that the server refuses: ${problem}.`
    return problem === undefined ? [] : [flaw(message, 'Rename it.', 'metadata', 'name')]
  }
  if (given === undefined && field(value, 'metadata', 'generateName') !== undefined) {
    const message = `This ${kind} has \`generateName\`: every run would create one more of it.`
    return [flaw(message, 'Give it a `name`.', 'metadata', 'generateName')]
  }
  if (given === undefined) return [flaw(`This ${kind} has no \`metadata.name\`.`, 'Add one.', 'metadata', 'name')]
  const message = `This ${kind} has no \`metadata.name\` that is a string: YAML reads something else.`
  return [flaw(message, 'Write a name; quote it where it looks like a number, a boolean or null.', 'metadata', 'name')]
}

function namespaceFlaws({ kind, namespace }: ObjectId, value: JsonObject): Flaw[] {
  const given = field(value, 'metadata', 'namespace') ?? ''
  if (isTemplate(given)) return [unrendered('metadata', 'namespace')]
  if (given === '' || isLabel(namespace)) return []
  const next = 'Lower-case letters, digits and `-`, at most 63; quote it where it looks like a number or a boolean.'
  return [flaw(`\`metadata.namespace\` of this ${kind} is no name of a namespace.`, next, 'metadata', 'namespace')]
}

function listFlaws(id: ObjectId, value: JsonObject): Flaw[] {
  return clashes(id, value).map(({ path, earlier, keys }) => {
    const which = keys.map((key) => `\`${key}\``).join(' and ')
    const list = pathText(path.slice(0, -1))
    const message = `Two entries of \`${list}\` have the same ${which}, which server-side apply refuses (plain \`kubectl apply\` lets it pass).`
    return { ...flaw(message, 'Keep one of them.', ...path), earlier }
  })
}

/** Images that are templates: the server would take them, since no image may hold braces and it does not look. */
function imageFlaws(id: ObjectId, value: Json | undefined, path: readonly Step[]): Flaw[] {
  if (path.length === 0 && !Object.hasOwn(KEYED_LISTS, kindKeyOf(id))) return []
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const below = [...path, name]
    if (!/^(init|ephemeral)?containers$/i.test(name) || !Array.isArray(member)) return imageFlaws(id, member, below)
    return member.flatMap((container: Json, index) =>
      isTemplate(field(container, 'image')) ? [unrendered(...below, index, 'image')] : [],
    )
  })
}

/** Values that the server refuses and quotes, in a spelling that nobody else uses: a number may be a password. */
function secretFlaws(id: ObjectId, value: JsonObject): Flaw[] {
  if (kindKeyOf(id) !== '/Secret') return []
  return ['data', 'stringData'].flatMap((name) => {
    const values = field(value, name)
    return Object.entries(isObject(values) ? values : {})
      .filter(([, text]) => typeof text !== 'string' && text !== null)
      .map(([key]) => flaw(`\`${name}.${key}\` of a Secret must be a string.`, 'Put it into quotes.', name, key))
  })
}

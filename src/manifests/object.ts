import { isNamespaceName } from '../config/config.ts'
import type { ErrorClass } from '../errors.ts'
import { field, isObject, type Json, type JsonObject } from '../json.ts'
import type { Step } from '../yaml/field.ts'
import { isList } from './list.ts'
import { clashes } from './listkeys.ts'
import type { ObjectId } from './manifest.ts'
import { nameProblem } from './names.ts'
import { isEncrypted } from './needless.ts'

/** What is wrong with an object, and the field it is about. */
export interface Flaw {
  readonly class: ErrorClass
  readonly message: string
  readonly next: string
  readonly path: readonly Step[]
  /** The field that it clashes with. */
  readonly earlier?: readonly Step[]
}

/** An object's identity, or everything that is wrong with it; the identity as far as there is one. */
export type Examined =
  | { readonly id: ObjectId; readonly version: string }
  | { readonly flaws: readonly Flaw[]; readonly id?: ObjectId }

/** Examines what claims to be an object, with its identity, its name, and what server-side apply asks of it. */
export function examine(value: Json): Examined {
  if (!isObject(value)) {
    return flawed('This document is no mapping, and so no object.', 'Correct it, or leave the file out with `exclude`.')
  }
  if (isEncrypted(value)) {
    const message = 'This is encrypted with SOPS, and is not applied as it stands.'
    const next =
      'Decrypt it in an earlier step into a folder that is given as `repository`, or leave it out with `exclude`.'
    return { flaws: [{ class: 'E-SOURCE', message, next, path: [] }] }
  }
  if (isList(value)) {
    const message = 'This is a list that kubectl refuses: it stands inside another list, or its `items` are none.'
    return flawed(message, 'Take the list apart.')
  }
  const typed = typeOf(value)
  if ('flaws' in typed) return typed
  const { group, version, kind } = typed
  const id = { group, kind, namespace: namespaceOf(value), name: nameOf(value) }
  const flaws = [...nameFlaws(id, value), ...metadataFlaws(value), ...listFlaws(id, value)]
  if (flaws.length === 0) return { id, version }
  return id.name === '' ? { flaws } : { flaws, id }
}

function flaw(message: string, next: string, ...path: Step[]): Flaw {
  return { class: 'E-OBJECT', message, next, path }
}

function flawed(message: string, next: string, ...path: Step[]): { flaws: Flaw[] } {
  return { flaws: [flaw(message, next, ...path)] }
}

const UNQUOTED = 'Correct it; quote it where YAML reads a number, a boolean or null.'

function typeOf(value: JsonObject): { group: string; version: string; kind: string } | { flaws: Flaw[] } {
  const apiVersion = field(value, 'apiVersion')
  const kind = field(value, 'kind')
  const flaws: Flaw[] = []
  if (typeof apiVersion !== 'string' || !/^([\w.-]+\/)?[\w.-]+$/.test(apiVersion)) {
    const wrong = isTemplate(apiVersion) ? TEMPLATE : '`apiVersion` must be a version, such as `v1` or `apps/v1`.'
    flaws.push(flaw(wrong, isTemplate(apiVersion) ? RENDER : UNQUOTED, 'apiVersion'))
  }
  if (typeof kind !== 'string' || !/^[A-Za-z][A-Za-z0-9]*$/.test(kind)) {
    const wrong = isTemplate(kind) ? TEMPLATE : '`kind` must be the name of a kind, such as `Deployment`.'
    flaws.push(flaw(wrong, isTemplate(kind) ? RENDER : UNQUOTED, 'kind'))
  }
  if (flaws.length > 0 || typeof apiVersion !== 'string' || typeof kind !== 'string') return { flaws }
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version, kind }
}

function nameOf(value: JsonObject): string {
  const name = field(value, 'metadata', 'name')
  return typeof name === 'string' ? name : ''
}

function namespaceOf(value: JsonObject): string {
  const namespace = field(value, 'metadata', 'namespace')
  return typeof namespace === 'string' ? namespace : ''
}

function nameFlaws(id: ObjectId, value: JsonObject): Flaw[] {
  const { kind, name, namespace } = id
  const given = field(value, 'metadata', 'name')
  const place = field(value, 'metadata', 'namespace') ?? ''
  const flaws: Flaw[] = []
  const refuse = (path: string, message: string, next: string) => {
    const isUnrendered = isTemplate(field(value, 'metadata', path))
    flaws.push(flaw(isUnrendered ? TEMPLATE : message, isUnrendered ? RENDER : next, 'metadata', path))
  }
  if (given === undefined && field(value, 'metadata', 'generateName') !== undefined) {
    refuse(
      'generateName',
      `This ${kind} has \`generateName\`: every run would create one more of it.`,
      'Give it a `name`.',
    )
  } else if (name === '') {
    refuse('name', `This ${kind} has no \`metadata.name\` that is a string.`, `Add a name. ${UNQUOTED}`)
  } else {
    const problem = nameProblem(id, value)
    if (problem !== undefined)
      refuse('name', `The name of this ${kind} is one that the server refuses: ${problem}.`, 'Rename it.')
  }
  if (typeof place !== 'string' || (namespace !== '' && !isNamespaceName(namespace))) {
    const next = `Lower-case letters, digits and \`-\`, at most 63. ${UNQUOTED}`
    refuse('namespace', `\`metadata.namespace\` of this ${kind} is no name of a namespace.`, next)
  }
  return flaws
}

/** The label by which an ApplySet counts its members: it says who may delete an object, so no manifest may carry it. */
const MEMBERSHIP = 'applyset.kubernetes.io/part-of'

function metadataFlaws(value: JsonObject): Flaw[] {
  const texts = ['labels', 'annotations'].flatMap((name) => {
    const map = field(value, 'metadata', name)
    const entries = isObject(map) ? Object.entries(map) : []
    return entries
      .filter(([, text]) => typeof text !== 'string' && text !== null)
      .map(([key]) =>
        flaw(`Every value of \`metadata.${name}\` must be a string.`, 'Put it into quotes.', 'metadata', name, key),
      )
  })
  if (field(value, 'metadata', 'labels', MEMBERSHIP) === undefined) return texts
  const message = `The label \`${MEMBERSHIP}\` says which inventory owns an object, and is not for manifests.`
  return [...texts, flaw(message, 'Remove it.', 'metadata', 'labels', MEMBERSHIP)]
}

function listFlaws(id: ObjectId, value: JsonObject): Flaw[] {
  return clashes(id, value).map(({ path, earlier, keys }) => {
    const which = keys.map((key) => `\`${key}\``).join(' and ')
    const message = `Two entries of this list have the same ${which}, which server-side apply refuses (plain \`kubectl apply\` lets it pass).`
    return { ...flaw(message, 'Keep one of them.', ...path), earlier }
  })
}

const TEMPLATE = 'This looks like a template that nobody has rendered.'
const RENDER = 'Render it in an earlier step, or leave the file out with `exclude`.'

function isTemplate(value: Json | undefined): boolean {
  return typeof value === 'string' && /\{\{|\{%|\$\{/.test(value)
}

import { field, isObject, type Json, type JsonObject, parseJson, serialise } from '../../json.ts'

/**
 * A set of fields as `fieldsV1` writes it: `f:NAME` is a field of an object, `k:{...}` the entry of a list with these keys,
 * `v:VALUE` an entry of a set. `.`, or the absence of parts, means that the field itself is in the set. (https://kubernetes.io/docs/reference/using-api/server-side-apply)
 */
export type FieldSet = JsonObject

const SELF = '.'

/** The union of two sets. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA || inB)
}

/** The fields of the first set that are not in the second one. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB)
}

function combine(a: FieldSet, b: FieldSet, isIn: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => name !== SELF)
  const members = names.flatMap((name): [string, FieldSet][] => {
    const [partsOfA, partsOfB] = [partOf(a, name), partOf(b, name)]
    const parts = combine(partsOfA ?? {}, partsOfB ?? {}, isIn)
    const isMember = isIn(isSelf(partsOfA), isSelf(partsOfB))
    if (Object.keys(parts).length === 0) return isMember ? [[name, {}]] : []
    return [[name, isMember ? { [SELF]: {}, ...parts } : parts]]
  })
  return Object.fromEntries(members)
}

function partOf(set: FieldSet, name: string): FieldSet | undefined {
  const part = field(set, name)
  return isObject(part) ? part : undefined
}

/** Whether an element of a set stands for the field itself. */
function isSelf(part: FieldSet | undefined): boolean {
  return part !== undefined && (Object.keys(part).length === 0 || Object.hasOwn(part, SELF))
}

/**
 * Returns a value without the fields of a set, each removed with all its parts. A value that contains fields in `kept` stays, and
 * loses only those parts that are in the set.
 */
export function strip(value: Json, set: FieldSet, kept: FieldSet = {}): Json {
  if (Array.isArray(value)) return value.flatMap((entry) => stripped(entry, entryOf(set, entry), entryOf(kept, entry)))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      stripped(member, partOf(set, `f:${name}`), partOf(kept, `f:${name}`)).map((rest) => [name, rest] as const),
    ),
  )
}

/** Returns what remains of a value without its part of a set: one value or none. */
function stripped(value: Json, part: FieldSet | undefined, kept: FieldSet | undefined): Json[] {
  if (part === undefined) return [value]
  return kept === undefined && isSelf(part) ? [] : [strip(value, part, kept)]
}

/** The part of a set for an entry of a list: by its value, or by its keys. */
function entryOf(set: FieldSet, entry: Json): FieldSet | undefined {
  const name = Object.keys(set).find((element) => isEntry(element, entry))
  return name === undefined ? undefined : partOf(set, name)
}

/** Whether an element of a set, `k:{...}` or `v:VALUE`, stands for an entry of a list. */
function isEntry(element: string, entry: Json): boolean {
  const selector = parseJson(element.slice(2))
  if (element.startsWith('v:')) return serialise(selector) === serialise(entry)
  if (!element.startsWith('k:') || !isObject(selector)) return false
  return Object.entries(selector).every(([key, wanted]) => same(field(entry, key), wanted))
}

/** Returns the part of a value that an element of a set stands for; undefined if the value does not have it. */
export function memberOf(value: Json | undefined, element: string): Json | undefined {
  if (element.startsWith('f:')) return field(value, element.slice(2))
  return Array.isArray(value) ? value.find((entry) => isEntry(element, entry)) : undefined
}

/** Whether two values are defined and equal. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && serialise(a) === serialise(b)
}

/** Whether an element stands for everything below it too, because no smaller part of it is owned. */
function isLeaf(part: FieldSet): boolean {
  return Object.keys(part).length === 0
}

/** A step on the way to a field: the name of a member, or an entry of a list. */
export type FieldStep = string | { readonly entry: Json }

/** Whether a field, or a field that contains it, is in a set. */
export function contains(set: FieldSet, path: readonly FieldStep[]): boolean {
  let current = set
  for (const step of path) {
    const part = typeof step === 'string' ? partOf(current, `f:${step}`) : entryOf(current, step.entry)
    if (part === undefined) return false
    if (isLeaf(part)) return true
    current = part
  }
  return true
}

/** Returns the fields of a set as field paths, for instance `spec.containers[name="c"].image`, in order. */
export function formatFieldSet(set: FieldSet): string[] {
  const found: string[] = []
  const walk = (part: FieldSet, text: string) => {
    if (text !== '' && isLeaf(part)) found.push(text)
    for (const name of Object.keys(part))
      if (name !== SELF) walk(partOf(part, name) ?? {}, text + formatElement(name, text === ''))
  }
  walk(set, '')
  return found
}

function formatElement(element: string, isFirst: boolean): string {
  const rest = element.slice(2)
  if (element.startsWith('f:'))
    return /^[\w-]+$/.test(rest) ? `${isFirst ? '' : '.'}${rest}` : `[${JSON.stringify(rest)}]`
  const keys = parseJson(rest)
  const selectors = isObject(keys) ? Object.entries(keys).map(([key, value]) => `${key}=${serialise(value)}`) : [rest]
  return `[${selectors.join(',')}]`
}

import { field, isObject, type Json, serialise } from '../json.ts'
import { keyOfEntries } from '../object/list-keys.ts'
import type { FieldStep } from '../object/managed-fields/field-set.ts'

/** One field that an apply changes. */
export interface FieldDiff {
  /** Its path, for instance `spec.template.spec.containers[main].image`. */
  readonly field: string
  /** Its live value; absent if the field is added, or its values are secret. */
  readonly before?: Json
  /** Its value after the apply; absent if the field is removed, or its values are secret. */
  readonly after?: Json
  readonly change: 'added' | 'removed' | 'changed'
  /** Whether the values are secret, and therefore left out. */
  readonly isSecret: boolean
}

/** A diff with the steps to its field. */
export interface LocatedDiff extends FieldDiff {
  readonly path: readonly FieldStep[]
}

/** Metadata that the server sets in every object. */
const SERVER_METADATA = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink']

/**
 * The fields in which an object differs before and after an apply, in their order in the object, without its status. The values
 * of a Secret (`isSecret`) are left out.
 */
export function diffObjects(before: Json, after: Json, isSecret: boolean): LocatedDiff[] {
  const found: LocatedDiff[] = []
  const walk = (old: Json | undefined, next: Json | undefined, path: readonly FieldStep[], text: string): void => {
    if (old === undefined && next === undefined) return
    if (isMap(old, next, path)) {
      for (const name of new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})]))
        walk(field(old, name), field(next, name), [...path, name], childPath(text, name))
    } else if (Array.isArray(old) && Array.isArray(next)) {
      for (const pair of pairEntries(old, next))
        walk(pair.old, pair.next, [...path, pair.step], `${text}[${pair.name}]`)
    } else if (old === undefined || next === undefined || serialise(old) !== serialise(next)) {
      const change = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed'
      const isHidden = isSecret && SECRET_PATHS.some((secretPath) => `${path.join('/')}/`.startsWith(`${secretPath}/`))
      found.push({
        ...{ field: text, change, isSecret: isHidden, path },
        ...(old === undefined || isHidden ? {} : { before: old }),
        ...(next === undefined || isHidden ? {} : { after: next }),
      })
    }
  }
  walk(withoutServerFields(before), withoutServerFields(after), [], '')
  return found
}

/** Where a Secret has values: also in annotations, in which deployers keep copies of what they applied. */
const SECRET_PATHS = ['data', 'stringData', 'metadata/annotations']

/** Maps that are compared key by key even if only one of the objects has them. */
const MAP_PATHS = ['metadata/labels', 'metadata/annotations', 'data', 'stringData']

/** Whether two values are compared field by field. */
function isMap(old: Json | undefined, next: Json | undefined, path: readonly FieldStep[]): boolean {
  if (isObject(old) && isObject(next)) return true
  const [one] = old === undefined ? [next] : next === undefined ? [old] : []
  return isObject(one) && Object.keys(one).length > 0 && MAP_PATHS.includes(path.join('/'))
}

function withoutServerFields(object: Json): Json {
  if (!isObject(object)) return object
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      if (name === 'status') return []
      if (name !== 'metadata' || !isObject(value)) return [[name, value]]
      return [[name, Object.fromEntries(Object.entries(value).filter(([key]) => !SERVER_METADATA.includes(key)))]]
    }),
  )
}

function childPath(text: string, name: string): string {
  const isWord = /^[A-Za-z_][\w-]*$/.test(name)
  return isWord ? `${text}${text === '' ? '' : '.'}${name}` : `${text}[${JSON.stringify(name)}]`
}

interface Pair {
  readonly name: string
  readonly step: FieldStep
  readonly old: Json | undefined
  readonly next: Json | undefined
}

/** Pairs the entries of two lists: by the field that identifies them, by their values, or else by index. */
function pairEntries(old: readonly Json[], next: readonly Json[]): Pair[] {
  const key = keyOfEntries(old, next)
  const isSet = [...old, ...next].every((entry) => !isObject(entry) && !Array.isArray(entry))
  const nameOf = (entry: Json, index: number): string => {
    if (key !== undefined) return String(field(entry, key))
    return isSet ? serialise(entry) : String(index)
  }
  const [before, after] = [old, next].map((list) => new Map(list.map((entry, index) => [nameOf(entry, index), entry])))
  const names = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])]
  const pairs = names.map((name) => {
    const [was, is] = [before?.get(name), after?.get(name)]
    return { name, step: { entry: was ?? is ?? null }, old: was, next: is }
  })
  const haveSameEntries = pairs.every(
    (pair) => pair.old !== undefined && pair.next !== undefined && serialise(pair.old) === serialise(pair.next),
  )
  // The lists have the same entries in another order or number, so they are compared by index.
  if (!haveSameEntries || serialise(old) === serialise(next)) return pairs
  const length = Math.max(old.length, next.length)
  return Array.from({ length }, (_, index) => ({
    ...{ name: String(index), step: { entry: old[index] ?? next[index] ?? null } },
    ...{ old: old[index], next: next[index] },
  }))
}

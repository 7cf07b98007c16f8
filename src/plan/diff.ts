import { field, isObject, type Json, serialise } from '../json.ts'
import type { FieldStep } from '../object/managed-fields/field-set.ts'

/** One field that an apply changes. */
export interface FieldDiff {
  /** As people write it, for instance `spec.template.spec.containers[main].image`. */
  readonly field: string
  /** Its value as it is; absent where the object does not have it, and for what must not be told. */
  readonly before?: Json
  /** Its value as it will be; absent where it goes, and for what must not be told. */
  readonly after?: Json
  readonly change: 'added' | 'removed' | 'changed'
  /** Whether the values must not be told. */
  readonly isSecret: boolean
}

/** A difference with the way to its field. */
export interface LocatedDiff extends FieldDiff {
  readonly path: readonly FieldStep[]
}

/** What the server writes into every object by itself. */
const BOOKKEEPING = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink']

/** The fields in which an object differs from what it will be, in their order in the object; its status is nobody's wish. */
export function diffObjects(before: Json, after: Json, isSecret: boolean): LocatedDiff[] {
  const found: LocatedDiff[] = []
  const walk = (old: Json | undefined, young: Json | undefined, path: readonly FieldStep[], text: string): void => {
    if (old === undefined && young === undefined) return
    if (isMap(old, young, path)) {
      for (const name of new Set([...Object.keys(old ?? {}), ...Object.keys(young ?? {})]))
        walk(field(old, name), field(young, name), [...path, name], below(text, name))
    } else if (Array.isArray(old) && Array.isArray(young)) {
      for (const pair of paired(old, young)) walk(pair.old, pair.young, [...path, pair.step], `${text}[${pair.name}]`)
    } else if (old === undefined || young === undefined || serialise(old) !== serialise(young)) {
      const change = old === undefined ? 'added' : young === undefined ? 'removed' : 'changed'
      const isHidden = isSecret && HIDDEN.some((hiddenFiles) => `${path.join('/')}/`.startsWith(`${hiddenFiles}/`))
      found.push({
        ...{ field: text, change, isSecret: isHidden, path },
        ...(old === undefined || isHidden ? {} : { before: old }),
        ...(young === undefined || isHidden ? {} : { after: young }),
      })
    }
  }
  walk(withoutBookkeeping(before), withoutBookkeeping(after), [], '')
  return found
}

/** Where a Secret has its values: also in annotations, in which deployers keep copies of what they applied. */
const HIDDEN = ['data', 'stringData', 'metadata/annotations']

/** Labels, annotations and data are told key by key, also where there were none. */
const MAPS = ['metadata/labels', 'metadata/annotations', 'data', 'stringData']

/** Whether two values are told member by member. */
function isMap(old: Json | undefined, young: Json | undefined, path: readonly FieldStep[]): boolean {
  if (isObject(old) && isObject(young)) return true
  const [one] = old === undefined ? [young] : young === undefined ? [old] : []
  return isObject(one) && Object.keys(one).length > 0 && MAPS.includes(path.join('/'))
}

function withoutBookkeeping(object: Json): Json {
  if (!isObject(object)) return object
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      if (name === 'status') return []
      if (name !== 'metadata' || !isObject(value)) return [[name, value]]
      return [[name, Object.fromEntries(Object.entries(value).filter(([key]) => !BOOKKEEPING.includes(key)))]]
    }),
  )
}

function below(text: string, name: string): string {
  const isWord = /^[A-Za-z_][\w-]*$/.test(name)
  return isWord ? `${text}${text === '' ? '' : '.'}${name}` : `${text}[${JSON.stringify(name)}]`
}

interface Pair {
  readonly name: string
  readonly step: FieldStep
  readonly old: Json | undefined
  readonly young: Json | undefined
}

/** Fields that name the entries of a list, the first that all of them have, each with another value. */
const KEYS = ['name', 'key', 'mountPath', 'devicePath', 'containerPort', 'port', 'ip', 'topologyKey', 'type', 'uid']

/** The entries of two lists that belong together: by a key that names them, by their values, else by their places. */
function paired(old: readonly Json[], young: readonly Json[]): Pair[] {
  const key = keyOfEntries(old, young)
  const isSet = [...old, ...young].every((entry) => !isObject(entry) && !Array.isArray(entry))
  const nameOf = (entry: Json, index: number): string => {
    if (key !== undefined) return String(field(entry, key))
    return isSet ? serialise(entry) : String(index)
  }
  const [before, after] = [old, young].map((list) => new Map(list.map((entry, index) => [nameOf(entry, index), entry])))
  const names = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])]
  const pairs = names.map((name) => {
    const [was, is] = [before?.get(name), after?.get(name)]
    return { name, step: { entry: was ?? is ?? null }, old: was, young: is }
  })
  const moved = pairs.every(
    (pair) => pair.old !== undefined && pair.young !== undefined && serialise(pair.old) === serialise(pair.young),
  )
  // Equal entries in another order, or some of them more often: place by place the lists differ all the same.
  if (!moved || serialise(old) === serialise(young)) return pairs
  const length = Math.max(old.length, young.length)
  return Array.from({ length }, (_, index) => ({
    ...{ name: String(index), step: { entry: old[index] ?? young[index] ?? null } },
    ...{ old: old[index], young: young[index] },
  }))
}

/** The field by which the entries of two lists can be told apart and found again; undefined where there is none. */
export function keyOfEntries(a: readonly Json[], b: readonly Json[]): string | undefined {
  return KEYS.find((key) => isKey(key, a) && isKey(key, b))
}

function isKey(name: string, list: readonly Json[]): boolean {
  const values = list.map((entry) => field(entry, name))
  const isPlain = values.every((value) => typeof value === 'string' || typeof value === 'number')
  return isPlain && new Set(values).size === values.length
}

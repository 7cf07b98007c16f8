import {
  field,
  isObject,
  type Json,
  type JsonObject,
  listField,
  parseJson,
  serialise,
  stringField,
  withField,
} from '../src/json.ts'
import {
  difference,
  type FieldSet,
  formatFieldSet,
  memberOf,
  same,
  strip,
  union,
} from '../src/object/managed-fields/field-set.ts'

/** A field manager, its operation, and the time of the write in RFC 3339. */
export interface Writer {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly time: string
  /** The subresource, if it writes only that. */
  readonly subresource?: string
}

/** A field that another manager owns, and that manager. */
export interface Conflict {
  /** In the notation of the server, for instance `.spec.replicas`. */
  readonly field: string
  readonly manager: string
}

/** The result of server-side apply: the new object, or the conflicts. */
export type ApplyOutcome = { readonly object: JsonObject } | { readonly conflicts: readonly Conflict[] }

/**
 * Applies an object to a live one like the API server, as far as tests need it: lists are merged by the names of their
 * entries, or else replaced; a field that a manager no longer applies is removed unless another manager owns it.
 */
export function serverSideApply(
  live: JsonObject | undefined,
  applied: JsonObject,
  writer: Writer,
  force: boolean,
): ApplyOutcome {
  const set = fieldsOf(applied)
  const entries = managersOf(live)
  const own = entries.find((entry) => isBy(entry, writer))
  const others = entries.filter((entry) => entry !== own)
  const taken = others.map((entry) => ({ entry, fields: contested(fieldsIn(entry), set, live, applied) }))
  const conflicts = taken.flatMap(({ entry, fields }) => conflictsOf(fields, stringField(entry, 'manager') ?? ''))
  if (conflicts.length > 0 && !force) return { conflicts }
  const rest = taken.map(({ entry, fields }) => withFields(entry, difference(fieldsIn(entry), fields)))
  const kept = rest.map(fieldsIn).reduce(union, set)
  const stripped = strip(live ?? {}, difference(fieldsIn(own), set), kept)
  return { object: withManagers(merge(stripped, applied), [...rest, entryFor(applied, writer, set, own)]) }
}

/** Replaces an object as a whole: the writer owns the fields that it changed. */
export function update(live: JsonObject | undefined, young: JsonObject, writer: Writer): JsonObject {
  const [before, after] = [fieldsOf(live ?? {}), fieldsOf(young)]
  const changed = union(difference(after, before), differing(after, live ?? {}, young))
  const gone = difference(before, after)
  const entries = managersOf(live)
  const own = entries.find((entry) => isBy(entry, writer))
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => withFields(entry, difference(difference(fieldsIn(entry), changed), gone)))
  const mine = union(difference(fieldsIn(own), gone), changed)
  return withManagers(young, [...others, entryFor(young, writer, mine, own)])
}

/** Fields that no manager owns. */
const UNMANAGED = [
  ...['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp'],
  'managedFields',
]

/** The fields that an object has. */
function fieldsOf(object: JsonObject): FieldSet {
  const { apiVersion: _, kind: __, metadata, ...rest } = object
  const named = isObject(metadata) ? Object.entries(metadata).filter(([name]) => !UNMANAGED.includes(name)) : []
  const shown = named.length === 0 ? rest : { metadata: Object.fromEntries(named), ...rest }
  return members(shown)
}

function members(value: Json): FieldSet {
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [`f:${name}`, members(member)]))
  if (!Array.isArray(value) || !isNamed(value)) return {}
  return Object.fromEntries(
    value.map((entry: Json) => [
      `k:${serialise({ name: field(entry, 'name') ?? null })}`,
      { '.': {}, ...members(entry) },
    ]),
  )
}

/** Whether a list is merged by the names of its entries. */
function isNamed(list: readonly Json[]): boolean {
  return list.length > 0 && list.every((entry) => stringField(entry, 'name') !== undefined)
}

/** The fields of a set whose values differ between two objects. */
function differing(set: FieldSet, a: Json | undefined, b: Json | undefined): FieldSet {
  const parts = Object.entries(set).flatMap(([element, part]): [string, FieldSet][] => {
    if (element === '.' || !isObject(part)) return []
    const [inA, inB] = [memberOf(a, element), memberOf(b, element)]
    if (Object.keys(part).length === 0) return same(inA, inB) ? [] : [[element, {}]]
    const below = differing(part, inA, inB)
    return Object.keys(below).length === 0 ? [] : [[element, below]]
  })
  return Object.fromEntries(parts)
}

/** The fields of a set whose applied values differ from the live ones. */
function contested(owned: FieldSet, applied: FieldSet, live: Json | undefined, object: Json): FieldSet {
  const both = difference(owned, difference(owned, applied))
  return differing(both, live, object)
}

function conflictsOf(fields: FieldSet, manager: string): Conflict[] {
  return formatFieldSet(fields).map((name) => ({ field: `.${name}`, manager }))
}

function merge(live: Json | undefined, applied: Json): Json {
  if (isObject(live) && isObject(applied)) {
    const names = new Set([...Object.keys(live), ...Object.keys(applied)])
    const entries = [...names].flatMap((name): [string, Json][] => {
      const [old, young] = [field(live, name), field(applied, name)]
      if (young === null) return []
      return [[name, young === undefined ? (old ?? null) : merge(old, young)]]
    })
    return Object.fromEntries(entries)
  }
  if (!Array.isArray(live) || !Array.isArray(applied) || !isNamed(applied)) return applied
  const nameOf = (entry: Json) => stringField(entry, 'name')
  const rest = live.filter((entry) => !applied.some((each) => nameOf(each) === nameOf(entry)))
  const entries = applied.map((entry) =>
    merge(
      live.find((each) => nameOf(each) === nameOf(entry)),
      entry,
    ),
  )
  return [...entries, ...rest]
}

function managersOf(object: Json | undefined): readonly Json[] {
  return listField(object, 'metadata', 'managedFields')
}

function isBy(entry: Json, { manager, operation, subresource }: Writer): boolean {
  return (
    stringField(entry, 'manager') === manager &&
    stringField(entry, 'operation') === operation &&
    stringField(entry, 'subresource') === subresource
  )
}

function fieldsIn(entry: Json | undefined): FieldSet {
  const set = field(entry, 'fieldsV1')
  return isObject(set) ? set : {}
}

function withFields(entry: Json, fieldsV1: FieldSet): JsonObject {
  return isObject(entry) ? withField(entry, 'fieldsV1', fieldsV1) : {}
}

/** The `managedFields` entry of a writer, with the time of the last change of its fields. */
function entryFor(object: Json, { time, ...writer }: Writer, fieldsV1: FieldSet, old: Json | undefined): JsonObject {
  const isSame = serialise(fieldsIn(old)) === serialise(fieldsV1) && old !== undefined
  const apiVersion = stringField(object, 'apiVersion') ?? ''
  const since = isSame ? (stringField(old, 'time') ?? time) : time
  return { ...writer, apiVersion, time: since, fieldsType: 'FieldsV1', fieldsV1 }
}

/** An object with the `managedFields` entries that own at least one field. */
function withManagers(object: Json, entries: readonly JsonObject[]): JsonObject {
  const metadata = field(object, 'metadata')
  if (!isObject(object)) return {}
  // The server sorts the fields.
  const managedFields = entries
    .filter((entry) => Object.keys(fieldsIn(entry)).length > 0)
    .map((entry) => withField(entry, 'fieldsV1', parseJson(serialise(fieldsIn(entry)))))
  return withField(object, 'metadata', withField(isObject(metadata) ? metadata : {}, 'managedFields', managedFields))
}

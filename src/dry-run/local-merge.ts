import { field, isObject, type Json, type JsonObject } from '../json.ts'
import { type FieldSet, memberOf, same, strip } from '../object/managed-fields/field-set.ts'
import { managedFieldSet, ownManagerEntry } from '../object/managed-fields/own-entry.ts'
import { keyOfEntries } from '../plan/diff.ts'

/**
 * What applying would make of an object, worked out here because nobody may ask the server: what is sent on top of what lives,
 * without what we own and no longer send. It knows no defaults and no webhooks.
 */
export function mergeLocally(live: Json, payload: JsonObject): Json {
  return merge(strip(live, missing(managedFieldSet(ownManagerEntry(live)), payload)), payload)
}

function merge(old: Json | undefined, young: Json): Json {
  if (isObject(old) && isObject(young)) {
    const names = new Set([...Object.keys(old), ...Object.keys(young)])
    const members = [...names].flatMap((name): [string, Json][] => {
      const [was, is] = [field(old, name), field(young, name)]
      if (is === undefined) return was === undefined ? [] : [[name, was]]
      return is === null ? [] : [[name, merge(was, is)]]
    })
    return Object.fromEntries(members)
  }
  if (Array.isArray(old) && Array.isArray(young)) {
    const key = keyOfEntries(old, young)
    if (key === undefined) return young
    const rest = old.filter((entry) => !young.some((each) => same(field(each, key), field(entry, key))))
    return [
      ...young.map((entry) =>
        merge(
          old.find((each) => same(field(each, key), field(entry, key))),
          entry,
        ),
      ),
      ...rest,
    ]
  }
  return young
}

/** The fields of a set that a value does not have. */
function missing(set: FieldSet, value: Json | undefined): FieldSet {
  return Object.fromEntries(
    Object.entries(set).flatMap(([element, part]): [string, FieldSet][] => {
      if (element === '.' || !isObject(part)) return []
      const member = memberOf(value, element)
      if (member === undefined) return [[element, {}]]
      const below = missing(part, member)
      return Object.keys(below).length === 0 ? [] : [[element, below]]
    }),
  )
}

import { field, isObject, type Json, type JsonObject } from '../json.ts'
import { keyOfEntries } from '../object/list-keys.ts'
import { type FieldSet, memberOf, same, strip } from '../object/managed-fields/field-set.ts'
import { managedFieldSet, ownManagerEntry } from '../object/managed-fields/own-entry.ts'

/**
 * The live object after an apply, computed locally because the credentials may not dry-run: the payload is merged into it, and
 * fields that Fairlead owns and no longer sends are removed. The server's defaults and webhooks are not applied.
 */
export function mergeLocally(live: Json, payload: JsonObject): Json {
  return merge(strip(live, missing(managedFieldSet(ownManagerEntry(live)), payload)), payload)
}

function merge(old: Json | undefined, next: Json): Json {
  if (isObject(old) && isObject(next)) {
    const names = new Set([...Object.keys(old), ...Object.keys(next)])
    const members = [...names].flatMap((name): [string, Json][] => {
      const [was, is] = [field(old, name), field(next, name)]
      if (is === undefined) return was === undefined ? [] : [[name, was]]
      return is === null ? [] : [[name, merge(was, is)]]
    })
    return Object.fromEntries(members)
  }
  if (Array.isArray(old) && Array.isArray(next)) {
    const key = keyOfEntries(old, next)
    if (key === undefined) return next
    const rest = old.filter((entry) => !next.some((other) => same(field(other, key), field(entry, key))))
    return [
      ...next.map((entry) =>
        merge(
          old.find((other) => same(field(other, key), field(entry, key))),
          entry,
        ),
      ),
      ...rest,
    ]
  }
  return next
}

/** The fields of a field set that a value does not have. */
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

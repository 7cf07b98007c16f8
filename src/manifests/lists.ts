import { field, isObject, type Json, stringField } from '../json.ts'

/** Whether kubectl treats a value as a list and applies its members: anything with `items`, of any kind (tested). */
export function isList(value: Json): boolean {
  return field(value, 'items') !== undefined || stringField(value, 'kind') === 'List'
}

/** Returns the members of a list; undefined for any other document. Members of a typed list may omit their type. */
export function flattenList(value: Json): Json[] | undefined {
  const kind = stringField(value, 'kind')
  const apiVersion = stringField(value, 'apiVersion')
  const items = field(value, 'items')
  const isTyped = kind !== undefined && apiVersion !== undefined
  if (!isTyped || !isList(value) || !Array.isArray(items) || items.length === 0) return undefined
  return items.map((item: Json) => {
    const isUntyped = isObject(item) && field(item, 'kind') === undefined && field(item, 'apiVersion') === undefined
    return isUntyped && kind.endsWith('List') && kind !== 'List'
      ? { apiVersion, kind: kind.slice(0, -'List'.length), ...item }
      : item
  })
}

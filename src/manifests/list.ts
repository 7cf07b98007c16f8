import { field, isObject, type Json, stringField } from '../json.ts'

/** Whether kubectl takes a value for a list: whatever has `items`, of any kind (tested), and applies these instead. */
export function isList(value: Json): boolean {
  return field(value, 'items') !== undefined || stringField(value, 'kind') === 'List'
}

/** A list's members, each with its line; any other document as it is. Members of a typed list may leave out their type. */
export function flatten(value: Json, line: number, itemLines: readonly number[]): { value: Json; line: number }[] {
  const kind = stringField(value, 'kind') ?? ''
  const apiVersion = stringField(value, 'apiVersion')
  const items = field(value, 'items')
  const isTakenApart = isList(value) && apiVersion !== undefined && Array.isArray(items) && items.length > 0
  if (!isTakenApart) return [{ value, line }]
  return items.map((item: Json, index) => {
    const isUntyped = isObject(item) && field(item, 'kind') === undefined && field(item, 'apiVersion') === undefined
    const typed =
      isUntyped && kind.endsWith('List') && kind !== 'List'
        ? { apiVersion, kind: kind.slice(0, -'List'.length), ...item }
        : item
    return { value: typed, line: itemLines[index] ?? line }
  })
}

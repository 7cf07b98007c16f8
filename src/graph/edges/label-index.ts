import { field, isObject, type Json, stringField } from '../../json.ts'

/** An item with labels in a namespace. */
interface Labelled<T> {
  readonly item: T
  readonly labels: Json
}

/** Finds the items that selectors select, in a time that does not depend on the number of others. */
export interface LabelIndex<T> {
  /** The items of a namespace that a label selector (`matchLabels`, `matchExpressions`) selects. */
  select(namespace: string, selector: Json | undefined): T[]
}

/** Indexes items by namespace and by each of their labels. */
export function indexByLabels<T>(
  items: Iterable<{ item: T; namespace: string; labels: Json | undefined }>,
): LabelIndex<T> {
  const all = new Map<string, Labelled<T>[]>()
  const add = (key: string, item: Labelled<T>) => {
    const others = all.get(key)
    if (others === undefined) all.set(key, [item])
    else others.push(item)
  }
  for (const { item, namespace, labels } of items) {
    const labelled = { item, labels: labels ?? null }
    add(namespace, labelled)
    for (const [key, value] of Object.entries(isObject(labels) ? labels : {}))
      add(labelKey(namespace, key, value), labelled)
  }
  return {
    select: (namespace, selector) => {
      if (!isObject(selector)) return []
      const candidates = [
        ...Object.entries(labelsOf(selector)).map(([key, value]) => [labelKey(namespace, key, value)]),
        ...listsOf(selector).map(({ key, values }) => values.map((value) => labelKey(namespace, key, value))),
      ].map((keys) => keys.flatMap((key) => all.get(key) ?? []))
      const [fewest = all.get(namespace) ?? []] = candidates.toSorted((a, b) => a.length - b.length)
      return fewest.filter(({ labels }) => isSelected(labels, selector)).map(({ item }) => item)
    },
  }
}

function labelKey(namespace: string, key: string, value: Json): string {
  return `${namespace}/${key}=${String(value)}`
}

function labelsOf(selector: Json): { readonly [key: string]: Json } {
  const labels = field(selector, 'matchLabels')
  return isObject(labels) ? labels : {}
}

/** The requirements of a selector on the values of a label. */
function listsOf(selector: Json): { key: string; values: readonly Json[] }[] {
  const expressions = field(selector, 'matchExpressions')
  return (Array.isArray(expressions) ? expressions : []).flatMap((expression: Json) => {
    const key = stringField(expression, 'key')
    const values = field(expression, 'values')
    const isList = stringField(expression, 'operator') === 'In' && key !== undefined && Array.isArray(values)
    return isList ? [{ key, values: [...new Set<Json>(values)] }] : []
  })
}

function isSelected(labels: Json, selector: Json): boolean {
  const expressions = field(selector, 'matchExpressions') ?? []
  return (
    Object.entries(labelsOf(selector)).every(([key, value]) => field(labels, key) === value) &&
    Array.isArray(expressions) &&
    expressions.every((expression: Json) => isMet(labels, expression))
  )
}

/** Whether labels meet a requirement of the four operators of label selectors. */
function isMet(labels: Json, expression: Json): boolean {
  const own = field(labels, stringField(expression, 'key') ?? '')
  const values = field(expression, 'values')
  const isOneOf = Array.isArray(values) && own !== undefined && values.includes(own)
  switch (stringField(expression, 'operator')) {
    case 'In':
      return isOneOf
    case 'NotIn':
      return !isOneOf
    case 'Exists':
      return own !== undefined
    case 'DoesNotExist':
      return own === undefined
    default:
      return false
  }
}

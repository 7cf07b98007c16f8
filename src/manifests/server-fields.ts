import { field, isObject, type Json, type JsonObject, withField } from '../json.ts'
import type { Step } from '../yaml/field.ts'

/** What the server writes into an object, and nobody else should. */
const IN_METADATA = [
  ...['creationTimestamp', 'deletionGracePeriodSeconds', 'deletionTimestamp', 'generation'],
  ...['managedFields', 'resourceVersion', 'selfLink', 'uid'],
]

/**
 * An object without the fields that are the server's: `status` and what it keeps in the metadata. Also says which of them
 * held anything; those that tools write as mere placeholders, such as `creationTimestamp: null`, go without a word.
 */
export function withoutServerFields(object: JsonObject): { object: JsonObject; dropped: (readonly Step[])[] } {
  const metadata = field(object, 'metadata')
  const found = [
    ...(field(object, 'status') === undefined ? [] : [['status']]),
    ...IN_METADATA.filter((name) => field(metadata, name) !== undefined).map((name) => ['metadata', name]),
  ]
  if (found.length === 0) return { object, dropped: [] }
  const { status: _, ...rest } = object
  const kept = isObject(metadata)
    ? withField(
        rest,
        'metadata',
        Object.fromEntries(Object.entries(metadata).filter(([name]) => !IN_METADATA.includes(name))),
      )
    : rest
  return { object: kept, dropped: found.filter((path) => !isHollow(field(object, ...path))) }
}

function isHollow(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every((member: Json) => isHollow(member))
  if (isObject(value)) return Object.values(value).every(isHollow)
  return value === undefined || value === null || value === ''
}

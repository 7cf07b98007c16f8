import { field, isObject, type Json, type JsonObject, withField } from '../json.ts'
import type { Step } from '../yaml/field.ts'

/** The fields of the metadata that only the server writes. */
const SERVER_METADATA = [
  ...['creationTimestamp', 'deletionGracePeriodSeconds', 'deletionTimestamp', 'generation'],
  ...['managedFields', 'resourceVersion', 'selfLink', 'uid'],
]

/**
 * Returns an object without the fields that only the server writes: `status`, and some of the metadata. `dropped` has the
 * paths of those that were not mere placeholders of tools, such as `creationTimestamp: null`.
 */
export function withoutServerFields(object: JsonObject): { object: JsonObject; dropped: (readonly Step[])[] } {
  const metadata = field(object, 'metadata')
  const found = [
    ...(field(object, 'status') === undefined ? [] : [['status']]),
    ...SERVER_METADATA.filter((name) => field(metadata, name) !== undefined).map((name) => ['metadata', name]),
  ]
  if (found.length === 0) return { object, dropped: [] }
  const { status: _, ...rest } = object
  const kept = isObject(metadata)
    ? withField(
        rest,
        'metadata',
        Object.fromEntries(Object.entries(metadata).filter(([name]) => !SERVER_METADATA.includes(name))),
      )
    : rest
  return { object: kept, dropped: found.filter((path) => !isPlaceholder(field(object, ...path))) }
}

function isPlaceholder(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every((member: Json) => isPlaceholder(member))
  if (isObject(value)) return Object.values(value).every(isPlaceholder)
  return value === undefined || value === null || value === ''
}

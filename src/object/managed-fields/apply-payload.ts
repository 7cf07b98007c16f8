import { field, isObject, type Json, type JsonObject, listField, stringField, withField } from '../../json.ts'
import { contains, type FieldSet, type FieldStep } from './field-set.ts'
import { managedFieldSet, ownManagerEntry } from './own-entry.ts'

/** The payload of an apply, and the fields of the manifest that are left to other field managers. */
export interface ApplyPayload {
  readonly object: JsonObject
  /** As field paths, for instance `spec.replicas`. */
  readonly unmanagedFields: readonly string[]
  /** The payload if the object is recreated: unmanaged fields have the values that other field managers set. */
  readonly fullObject: JsonObject
}

const REPLICAS = ['spec', 'replicas']

/**
 * Builds the payload of a manifest, given the live object: without the fields that are `unmanaged` according to the manifest, and
 * without the number of replicas if an HPA sets it. A field that no other field manager owns would be removed if it were not sent, so
 * it is sent with its live value. If there is no live object, the manifest is sent as it is.
 */
export function buildPayload(
  object: JsonObject,
  unmanaged: readonly (readonly string[])[],
  live: Json | undefined,
  isScaled: boolean,
): ApplyPayload {
  if (live === undefined) return { object, unmanagedFields: [], fullObject: object }
  const paths = [...unmanaged, ...(isScaled ? [REPLICAS] : [])].filter((path) => valueAt(object, path) !== undefined)
  const others = foreignSets(live)
  const payload = paths.reduce((current, path) => {
    const value = valueAt(live, path)
    const isForeign = value === undefined || others.some((set) => contains(set, fieldSteps(path, live)))
    const next = withValue(current, path, isForeign ? undefined : value)
    return isObject(next) ? next : current
  }, object)
  const fullObject = paths.reduce((current, path) => {
    const value = valueAt(live, path)
    const filled = value === undefined ? current : withValue(current, path, value)
    return isObject(filled) ? filled : current
  }, object)
  return { object: payload, unmanagedFields: paths.map((path) => path.join('.')), fullObject }
}

/** Whether the number of replicas was set through the scale subresource, as HPAs and `kubectl scale` do. */
export function isScaledByOthers(live: Json): boolean {
  return listField(live, 'metadata', 'managedFields').some(
    (entry) => stringField(entry, 'subresource') === 'scale' && contains(managedFieldSet(entry), REPLICAS),
  )
}

function foreignSets(object: Json): FieldSet[] {
  const own = ownManagerEntry(object)
  return listField(object, 'metadata', 'managedFields').flatMap((entry) =>
    entry === own ? [] : [managedFieldSet(entry)],
  )
}

function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (current, step) => (Array.isArray(current) ? current[Number(step)] : field(current, step)),
    value,
  )
}

/** Returns the path to a field as elements of a field set, with list entries by key or value. */
function fieldSteps(path: readonly string[], object: Json): FieldStep[] {
  let current: Json | undefined = object
  return path.map((step) => {
    const isEntry = Array.isArray(current)
    current = valueAt(current, [step])
    return isEntry ? { entry: current ?? null } : step
  })
}

/** Returns a copy with the value at a path replaced or removed. */
function withValue(value: Json, [step, ...rest]: readonly string[], replacement: Json | undefined): Json {
  if (step === undefined) return value
  if (Array.isArray(value)) {
    const index = Number(step)
    return value.flatMap((entry, position): Json[] => {
      if (position !== index) return [entry]
      if (rest.length > 0) return [withValue(entry, rest, replacement)]
      return replacement === undefined ? [] : [replacement]
    })
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value
  if (rest.length > 0) return withField(value, step, withValue(value[step] ?? null, rest, replacement))
  if (replacement !== undefined) return withField(value, step, replacement)
  const { [step]: _, ...others } = value
  return others
}

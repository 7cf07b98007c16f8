import { field, isObject, type Json, type JsonObject, listField, stringField, withField } from '../../json.ts'
import { contains, type FieldSet, type FieldStep } from './field-set.ts'
import { managedFieldSet, ownManagerEntry } from './own-entry.ts'

/** What is sent for an object, and which of its fields are left to others. */
export interface ApplyPayload {
  readonly object: JsonObject
  /** As people write them, for instance `spec.replicas`. */
  readonly unmanagedFields: readonly string[]
  /** What is sent where the object is made anew: what is left to others has the value that they gave it. */
  readonly fullObject: JsonObject
}

const REPLICAS = ['spec', 'replicas']

/**
 * What is sent for a manifest's object, given the one that lives: without the fields that are somebody else's, `unmanaged`
 * by what the manifest says, and the number of replicas where an autoscaler sets it. What nobody else owns would vanish
 * if it were not sent: then it is sent as it is. An object that does not live yet is sent as it stands.
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
    const unmanagedFields = withValue(current, path, isForeign ? undefined : value)
    return isObject(unmanagedFields) ? unmanagedFields : current
  }, object)
  const fullObject = paths.reduce((current, path) => {
    const value = valueAt(live, path)
    const filled = value === undefined ? current : withValue(current, path, value)
    return isObject(filled) ? filled : current
  }, object)
  return { object: payload, unmanagedFields: paths.map((path) => path.join('.')), fullObject }
}

/** Whether the scale subresource set the number of replicas of an object, as autoscalers do it, and people. */
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

/** The steps to a field; where they lead through a list, by the entry that stands at that place. */
function fieldSteps(path: readonly string[], object: Json): FieldStep[] {
  let current: Json | undefined = object
  return path.map((step) => {
    const isEntry = Array.isArray(current)
    current = valueAt(current, [step])
    return isEntry ? { entry: current ?? null } : step
  })
}

/** A copy with the value at a path replaced, or without it. */
function withValue(value: Json, [step, ...rest]: readonly string[], young: Json | undefined): Json {
  if (step === undefined) return value
  if (Array.isArray(value)) {
    const index = Number(step)
    return value.flatMap((entry, resolveScope): Json[] => {
      if (resolveScope !== index) return [entry]
      if (rest.length > 0) return [withValue(entry, rest, young)]
      return young === undefined ? [] : [young]
    })
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value
  if (rest.length > 0) return withField(value, step, withValue(value[step] ?? null, rest, young))
  if (young !== undefined) return withField(value, step, young)
  const { [step]: _, ...others } = value
  return others
}

import { field, isObject, type Json, type JsonObject, listField, stringField, withField } from '../../json.ts'
import { contains, type FieldSet, type FieldStep } from './field-set.ts'
import { fieldsOf, ownEntry } from '../live-object.ts'

/** What is sent for an object, and which of its fields are left to others. */
export interface Sent {
  readonly object: JsonObject
  /** As people write them, for instance `spec.replicas`. */
  readonly left: readonly string[]
  /** What is sent where the object is made anew: what is left to others has the value that they gave it. */
  readonly whole: JsonObject
}

const REPLICAS = ['spec', 'replicas']

/**
 * What is sent for a manifest's object, given the one that lives: without the fields that are somebody else's, `unmanaged`
 * by what the manifest says, and the number of replicas where an autoscaler sets it. What nobody else owns would vanish
 * if it were not sent: then it is sent as it is. An object that does not live yet is sent as it stands.
 */
export function sentFor(
  object: JsonObject,
  unmanaged: readonly (readonly string[])[],
  before: Json | undefined,
  isScaled: boolean,
): Sent {
  if (before === undefined) return { object, left: [], whole: object }
  const paths = [...unmanaged, ...(isScaled ? [REPLICAS] : [])].filter((path) => at(object, path) !== undefined)
  const others = foreignSets(before)
  const sent = paths.reduce((current, path) => {
    const value = at(before, path)
    const isForeign = value === undefined || others.some((set) => contains(set, fieldSteps(path, before)))
    const left = replaced(current, path, isForeign ? undefined : value)
    return isObject(left) ? left : current
  }, object)
  const whole = paths.reduce((current, path) => {
    const value = at(before, path)
    const filled = value === undefined ? current : replaced(current, path, value)
    return isObject(filled) ? filled : current
  }, object)
  return { object: sent, left: paths.map((path) => path.join('.')), whole }
}

/** Whether the scale subresource set the number of replicas of an object, as autoscalers do it, and people. */
export function isScaledByOthers(before: Json): boolean {
  return listField(before, 'metadata', 'managedFields').some(
    (entry) => stringField(entry, 'subresource') === 'scale' && contains(fieldsOf(entry), REPLICAS),
  )
}

function foreignSets(object: Json): FieldSet[] {
  const own = ownEntry(object)
  return listField(object, 'metadata', 'managedFields').flatMap((entry) => (entry === own ? [] : [fieldsOf(entry)]))
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
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
    current = at(current, [step])
    return isEntry ? { entry: current ?? null } : step
  })
}

/** A copy with the value at a path replaced, or without it. */
function replaced(value: Json, [step, ...rest]: readonly string[], young: Json | undefined): Json {
  if (step === undefined) return value
  if (Array.isArray(value)) {
    const index = Number(step)
    return value.flatMap((entry, place): Json[] => {
      if (place !== index) return [entry]
      if (rest.length > 0) return [replaced(entry, rest, young)]
      return young === undefined ? [] : [young]
    })
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value
  if (rest.length > 0) return withField(value, step, replaced(value[step] ?? null, rest, young))
  if (young !== undefined) return withField(value, step, young)
  const { [step]: _, ...others } = value
  return others
}

import { type Schema, Validator } from '@cfworker/json-schema'
import { field, isObject, type Json, type JsonObject, listField, stringField } from '../json.ts'
import type { Step } from '../yaml/field.ts'
import type { Manifest } from './manifest.ts'

/** How a resource violates the schema of its CRD, and the field at fault. */
export interface SchemaViolation {
  readonly message: string
  readonly field: readonly Step[]
}

/**
 * Validates a resource against the schema of its CustomResourceDefinition, as far as possible without a server: types, required and
 * unknown fields, enumerations, patterns and bounds, but no CEL rules. Returns undefined for a valid resource, and if the CRD has no
 * schema for its version.
 */
export function validateAgainstCrd(crd: Manifest, { object, version }: Manifest): SchemaViolation | undefined {
  const versions = listField(crd.object, 'spec', 'versions')
  const served = versions.find((each) => stringField(each, 'name') === version)
  const schema = field(served, 'schema', 'openAPIV3Schema')
  if (!isObject(schema)) return undefined
  const { errors } = new Validator(resourceSchema(schema), '4', false).validate(toPlainNumbers(object))
  const deepest = errors.toSorted((a, b) => depth(b.instanceLocation) - depth(a.instanceLocation))
  const [worst] = deepest
  if (worst === undefined) return undefined
  const path = stepsIn(worst.instanceLocation, object)
  const message = worst.error
    .replace(/^False boolean schema\.$/, 'this field is not declared in the schema')
    .replaceAll(/, "null"|,null/g, '')
  return { message: `${message} (by the schema of its CRD)`, field: path }
}

function depth(pointer: string): number {
  return pointer.split('/').length
}

function stepsIn(pointer: string, object: Json): Step[] {
  let current: Json | undefined = object
  return pointer
    .split('/')
    .slice(1)
    .map((part): Step => {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
      const step: Step = Array.isArray(current) ? Number(name) : name
      current = Array.isArray(current) ? current[Number(name)] : field(current, name)
      return step
    })
}

/** The schema of a whole resource, in which the fields of every object are allowed. */
function resourceSchema(schema: JsonObject): Schema {
  const translated = translate(schema)
  return { ...translated, properties: { ...translated.properties, ...ENVELOPE } }
}

const ENVELOPE = { apiVersion: true, kind: true, metadata: true }

/**
 * A structural schema (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/) as
 * JSON Schema of draft 4, in which unknown fields are rejected as in server-side apply.
 */
function translate(schema: Json | undefined): Schema {
  if (!isObject(schema)) return {}
  const is = (name: string) => field(schema, name) === true
  const type = stringField(schema, 'type')
  const words = listField(schema, 'enum')
  const isFree = is('x-kubernetes-preserve-unknown-fields')
  const properties = Object.entries(objectAt(schema, 'properties')).map(
    ([name, part]) => [name, translate(part)] as const,
  )
  const required = listField(schema, 'required').filter((name) => !hasDefault(schema, String(name)))
  const rest = field(schema, 'additionalProperties')
  return {
    ...bounds(schema),
    // Whether null is allowed is left to the server.
    ...(words.length === 0 ? {} : { enum: [...words, null] }),
    ...(type === undefined || is('x-kubernetes-int-or-string') ? {} : { type: [type, 'null'] }),
    ...(is('x-kubernetes-int-or-string') ? { type: ['integer', 'string', 'null'] } : {}),
    ...(properties.length === 0 && !is('x-kubernetes-embedded-resource')
      ? {}
      : {
          properties: { ...Object.fromEntries(properties), ...(is('x-kubernetes-embedded-resource') ? ENVELOPE : {}) },
        }),
    ...(required.length === 0 ? {} : { required: required.map(String) }),
    ...(isObject(rest) ? { additionalProperties: translate(rest) } : {}),
    ...(rest === undefined && !isFree && type === 'object' && properties.length > 0
      ? { additionalProperties: false }
      : {}),
    ...(field(schema, 'items') === undefined ? {} : { items: translate(field(schema, 'items')) }),
  } as Schema
}

/** The keywords that constrain a value. Those that combine schemas are left to the server. */
function bounds(schema: JsonObject): JsonObject {
  const pattern = stringField(schema, 'pattern')
  return Object.fromEntries(
    Object.entries(schema).filter(([name, value]) => {
      if (name === 'pattern') return pattern !== undefined && isCommonPattern(pattern)
      return BOUNDS.has(name) && value !== null
    }),
  )
}

const BOUNDS = new Set([
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties'],
])

/** Whether a pattern means the same in Go and in JavaScript. */
function isCommonPattern(pattern: string): boolean {
  if (/\[\[:|\\[zAQEC]|\(\?[a-zA-Z]/.test(pattern)) return false
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function hasDefault(schema: JsonObject, name: string): boolean {
  return field(schema, 'properties', name, 'default') !== undefined
}

function objectAt(value: Json | undefined, name: string): JsonObject {
  const found = field(value, name)
  return isObject(found) ? found : {}
}

/** Returns a value whose numbers are plain JavaScript numbers. */
function toPlainNumbers(value: Json): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(toPlainNumbers)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toPlainNumbers(member)]))
}

import { parse } from 'lossless-json'

/** A JSON value as Kubernetes understands it: integers beyond 2^53 are kept exactly, as bigint. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject

/** A JSON object. Its keys come from users: read them with `field`, never with a plain property access. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Whether a value is a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of own keys; undefined where any step is missing. */
export function field(value: Json | undefined, ...path: string[]): Json | undefined {
  let current = value
  for (const key of path) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined
    current = current[key]
  }
  return current
}

/** The string at a path of own keys; undefined where it is missing or no string. */
export function stringField(value: Json | undefined, ...path: string[]): string | undefined {
  const found = field(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The list at a path of own keys; an empty one where it is missing or no list. */
export function listField(value: Json | undefined, ...path: string[]): readonly Json[] {
  const found = field(value, ...path)
  return Array.isArray(found) ? found : []
}

/** A copy of an object with one key set; the key's place among the others is kept. */
export function withField(object: JsonObject, key: string, value: Json): JsonObject {
  const entries = Object.entries(object).map(([name, old]) => [name, name === key ? value : old] as const)
  return Object.fromEntries(Object.hasOwn(object, key) ? entries : [...entries, [key, value] as const])
}

/** Parses JSON, integers beyond 2^53 exactly; null for text that is none. */
export function parseJson(text: string): Json {
  try {
    return NEEDS_CARE.test(text) ? (parse(text, undefined, exactNumber) as Json) : (JSON.parse(text) as Json)
  } catch {
    return null
  }
}

/**
 * What the platform's parser, which is ten times as fast, gets wrong: numbers of many digits, and keys that end in a
 * backslash, after which it takes other escaped keys for that one (nodejs/node#63785).
 */
const NEEDS_CARE = /[:[,]\s*-?\d{16}|\\\\"\s*:/

function exactNumber(text: string): number | bigint {
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text)
}

/**
 * The canonical JSON of a value: on one line, keys in the order of their UTF-16 code units, numbers as ECMAScript writes
 * them (RFC 8785), but integers exact to the last digit. Equal values give equal texts.
 */
export function serialise(value: Json): string {
  if (typeof value !== 'object') return typeof value === 'bigint' ? value.toString() : JSON.stringify(value)
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(serialise).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${serialise(member)}`).join(',')}}`
}

import { field, isObject, type Json, type JsonObject, parseJson, stringField, withField } from '../json.ts'
import type { Manifest } from './manifest.ts'
import { formatGroupKind } from './object-id.ts'

/**
 * Returns a Secret with its `stringData` moved to `data`, as the server stores it, so that it can be compared with the live object.
 * Other objects are returned unchanged.
 */
export function foldStringData<T extends Manifest>(manifest: T): T {
  const { id, object } = manifest
  const texts = field(object, 'stringData')
  if (formatGroupKind(id) !== '/Secret' || !isObject(texts)) return manifest
  const data = field(object, 'data')
  const encoded = Object.entries(texts).map(
    ([name, text]) => [name, Buffer.from(String(text)).toString('base64')] as const,
  )
  const { stringData: _, ...rest } = object
  const young: JsonObject = { ...(isObject(data) ? data : {}), ...Object.fromEntries(encoded) }
  return { ...manifest, object: withField(rest, 'data', young) }
}

/** A key whose value is a secret. */
const SECRET_NAME =
  /pass|pwd|secret|token|cred|auth(?!or)|(api|access|account|encryption|private|shared|signing)[-_ ]?key/i
/** The longest value that is also redacted in its URL-encoded form, in characters. */
const MAX_URL_VALUE_LENGTH = 200

/**
 * Returns the parts of a Secret's value that programs may print on their own: values of secret keys in JSON and in settings,
 * passwords in URLs, and the URL-encoded value.
 */
export function secretParts(value: string): string[] {
  const settings = [...value.matchAll(/^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*[=:][^\S\n]*(.+)$/gm)]
  const named = settings
    .filter(([, name = '']) => SECRET_NAME.test(name))
    .map(([, , text = '']) => unquoted(text.trim()))
  const inUrls = [...value.matchAll(/:\/\/[^\s:/@]{0,100}:([^\s@]{1,200})@/g)].map(([, password = '']) => password)
  const inUrl = value.length <= MAX_URL_VALUE_LENGTH ? [encodeURIComponent(value.trim().toWellFormed())] : []
  return [
    ...named,
    ...inUrls,
    ...inUrls.map(decoded),
    ...inUrl,
    ...leavesOf(/^\s*[{[]/.test(value) ? parseJson(value) : null, ''),
  ]
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1[,;]?$/, '$2')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The texts in a JSON value whose key names a secret. */
function leavesOf(value: Json, name: string): string[] {
  if (typeof value === 'string') return SECRET_NAME.test(name) ? [value] : []
  if (Array.isArray(value)) return value.flatMap((member: Json) => leavesOf(member, name))
  return isObject(value) ? Object.entries(value).flatMap(([key, member]) => leavesOf(member, key)) : []
}

/**
 * Returns the texts to redact, from the Secrets among manifests and live objects: every line of their values, decoded and encoded,
 * and the secret parts of each value. A line that is also a word in a name, a kind or a path of the manifests is left out, because
 * redacting it would make every message unreadable.
 */
export function secretValues(manifests: readonly Manifest[], live: readonly Json[] = []): string[] {
  const values = [...manifests.map(({ object }) => object), ...live].flatMap(valuesOf)
  if (values.length === 0) return []
  const words = wordsOf(manifests)
  const lines = values.flatMap((value) => [...value.split('\n'), ...secretParts(value)]).map((line) => line.trim())
  return lines.filter((line) => !words.has(line))
}

/** The values of a Secret, encoded and decoded; none for any other object. */
function valuesOf(object: Json): string[] {
  if (stringField(object, 'kind') !== 'Secret') return []
  const encoded = textsIn(field(object, 'data'))
  const decoded = encoded.map((value) => Buffer.from(value, 'base64').toString('utf8'))
  return [...textsIn(field(object, 'stringData')), ...encoded, ...decoded]
}

function textsIn(values: Json | undefined): string[] {
  return Object.values(isObject(values) ? values : {}).filter((value) => typeof value === 'string')
}

/** The words in names, kinds and paths of manifests. */
function wordsOf(manifests: readonly Manifest[]): Set<string> {
  const names = manifests.flatMap(({ id, location }) => [...Object.values(id), location.file])
  return new Set(['default', ...names, ...names.flatMap((name) => name.split(/[^A-Za-z0-9]+/))])
}

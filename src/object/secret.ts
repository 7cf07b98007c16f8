import { field, isObject, type Json, type JsonObject, parseJson, stringField, withField } from '../json.ts'
import { formatGroupKind, type Manifest } from './manifest.ts'

/**
 * A Secret with its `stringData` in `data`, where the server puts it: what is sent is then what is kept, and what lives can be
 * compared with it. Other objects stay as they are.
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

/** A name under which a secret is kept. */
const SECRET_NAME =
  /pass|pwd|secret|token|cred|auth(?!or)|(api|access|account|encryption|private|shared|signing)[-_ ]?key/i
/** The longest value that is also looked for as a URL would write it, in characters. */
const MAX_URL_VALUE_LENGTH = 200

/**
 * What in a value of a Secret is secret by itself, as programs repeat it, beside the lines that it has: in JSON and in settings
 * what stands under a name that says so, passwords in URLs, and all of it as a URL writes it.
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

/** The texts in a JSON value that stand under a name of a secret. */
function leavesOf(value: Json, name: string): string[] {
  if (typeof value === 'string') return SECRET_NAME.test(name) ? [value] : []
  if (Array.isArray(value)) return value.flatMap((member: Json) => leavesOf(member, name))
  return isObject(value) ? Object.entries(value).flatMap(([key, member]) => leavesOf(member, key)) : []
}

/**
 * Returns what no output may show of the Secrets among manifests and live objects: every line of their values, decoded and
 * encoded, and what is secret by itself in a value. A line that is also a word in a name, a kind or a path of the manifests,
 * such as a user called like its database, is left out: without it every message would be unreadable.
 */
export function secretValues(manifests: readonly Manifest[], live: readonly Json[] = []): string[] {
  const values = [...manifests.map(({ object }) => object), ...live].flatMap(valuesOf)
  if (values.length === 0) return []
  const words = wordsOf(manifests)
  const lines = values.flatMap((value) => [...value.split('\n'), ...secretParts(value)]).map((line) => line.trim())
  return lines.filter((line) => !words.has(line))
}

/** The values of a Secret, as it holds them and decoded; none for any other object. */
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

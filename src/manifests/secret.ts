import { field, isObject, type JsonObject, withField } from '../json.ts'
import { kindKeyOf, type Manifest } from './manifest.ts'

/**
 * A Secret with its `stringData` in `data`, where the server puts it: what is sent is then what is kept, and what lives can be
 * compared with it. Other objects stay as they are.
 */
export function folded<T extends Manifest>(manifest: T): T {
  const { id, object } = manifest
  const texts = field(object, 'stringData')
  if (kindKeyOf(id) !== '/Secret' || !isObject(texts)) return manifest
  const data = field(object, 'data')
  const encoded = Object.entries(texts).map(
    ([name, text]) => [name, Buffer.from(String(text)).toString('base64')] as const,
  )
  const { stringData: _, ...rest } = object
  const young: JsonObject = { ...(isObject(data) ? data : {}), ...Object.fromEntries(encoded) }
  return { ...manifest, object: withField(rest, 'data', young) }
}

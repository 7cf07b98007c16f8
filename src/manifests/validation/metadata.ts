import { field, isObject, type Json, type JsonObject } from '../../json.ts'
import { type Flaw, flaw } from './validation-error.ts'

/** What is wrong with an object's metadata beside its name and namespace: kubectl and the server refuse it as a whole. */
export function metadataFlaws(object: JsonObject): Flaw[] {
  const metadata = field(object, 'metadata')
  return [
    ...textFlaws(metadata, 'labels'),
    ...textFlaws(metadata, 'annotations'),
    ...listFlaws(metadata, 'finalizers', (entry) => typeof entry === 'string', 'strings'),
    ...listFlaws(metadata, 'ownerReferences', isObject, 'mappings'),
    ...membershipFlaws(metadata),
  ]
}

function textFlaws(metadata: Json | undefined, name: 'labels' | 'annotations'): Flaw[] {
  const texts = field(metadata, name) ?? null
  if (texts === null) return []
  if (!isObject(texts))
    return [flaw(`\`metadata.${name}\` must be a mapping.`, 'Write `key: value`.', 'metadata', name)]
  return Object.entries(texts)
    .filter(([, text]) => typeof text !== 'string' && text !== null)
    .map(([key]) => flaw(`\`metadata.${name}.${key}\` must be a string.`, 'Put it into quotes.', 'metadata', name, key))
}

function listFlaws(metadata: Json | undefined, name: string, isFit: (entry: Json) => boolean, what: string): Flaw[] {
  const list = field(metadata, name) ?? null
  if (list === null || (Array.isArray(list) && list.every(isFit))) return []
  return [flaw(`\`metadata.${name}\` must be a list of ${what}.`, 'Correct it.', 'metadata', name)]
}

/** The label by which an ApplySet counts its members: it says who may delete an object, so no manifest may carry it. */
const MEMBERSHIP = 'applyset.kubernetes.io/part-of'

function membershipFlaws(metadata: Json | undefined): Flaw[] {
  if (field(metadata, 'labels', MEMBERSHIP) === undefined) return []
  const message = `The label \`${MEMBERSHIP}\` says which inventory owns an object, and is not for manifests.`
  return [flaw(message, 'Remove it.', 'metadata', 'labels', MEMBERSHIP)]
}

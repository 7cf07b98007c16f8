import { createHash } from 'node:crypto'
import { field, isObject, type JsonObject, serialise, withField } from '../../json.ts'
import type { Manifest } from '../manifest.ts'
import { formatGroupKind, objectKey } from '../object-id.ts'
import { ANNOTATIONS } from './table.ts'

/** Whether a manifest is a hook of a phase. */
export function isHook({ options }: Manifest): boolean {
  return options.hook.phase !== undefined
}

/** Whether a manifest is a hook that runs to completion: a Job or a Pod. */
export function runsToCompletion(manifest: Manifest): boolean {
  return isHook(manifest) && ['batch/Job', '/Pod'].includes(formatGroupKind(manifest.id))
}

/**
 * Annotates the hooks that run to completion with a digest of the whole set, so that a hook runs again whenever anything in the set
 * changes. Values of Secrets are left out, because they could be guessed from a digest that others can read.
 */
export function stampHooks<T extends Manifest>(manifests: readonly T[]): T[] {
  if (!manifests.some(runsToCompletion)) return [...manifests]
  const hash = createHash('sha256')
  for (const text of manifests.map(digestInput).sort()) hash.update(`${text}\n`)
  const mark = hash.digest('hex').slice(0, 32)
  return manifests.map((manifest) =>
    runsToCompletion(manifest) ? { ...manifest, object: stamped(manifest.object, mark) } : manifest,
  )
}

function digestInput(manifest: Manifest): string {
  const { id, object } = manifest
  const isSecret = formatGroupKind(id) === '/Secret'
  const shown = Object.entries(object).map(([name, value]) => {
    const isHidden = isSecret && ['data', 'stringData'].includes(name) && isObject(value)
    return [name, isHidden ? Object.keys(value).sort() : value] as const
  })
  return `${objectKey(id)} ${serialise(Object.fromEntries(shown))}`
}

function stamped(object: JsonObject, mark: string): JsonObject {
  const metadata = field(object, 'metadata')
  const annotations = field(metadata, 'annotations')
  if (!isObject(metadata) || !isObject(annotations)) return object
  const marked = withField(annotations, ANNOTATIONS.ranFor.name, mark)
  return withField(object, 'metadata', withField(metadata, 'annotations', marked))
}

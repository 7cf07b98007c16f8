import { field, isObject, type Json, type JsonObject } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import type { RecordEntry } from '../object/inventory-record.ts'
import type { LiveObject } from '../object/live-object.ts'
import type { Manifest } from '../object/manifest.ts'
import { formatGroupKind } from '../object/object-id.ts'

/**
 * Whether the server has to be asked about a manifest: it is not proven to be unchanged, and nothing else settles it either,
 * such as that it is never applied. A hook is always looked at: it may have failed.
 */
export function needsDryRun(
  manifest: Manifest,
  hash: string,
  entry: RecordEntry | undefined,
  live: LiveObject | undefined,
  isSameServer: boolean,
): boolean {
  const { object, options } = manifest
  if (options.apply.apply === 'never' || live?.isTerminating) return false
  return runsToCompletion(manifest) || !isSameServer || !isUnchanged(object, hash, entry, live)
}

/** Whether an object that is not among the members may have run, and be gone since; whether it is gone somebody has to look. */
export function mayHaveCompleted(
  manifest: Manifest,
  hash: string,
  entry: RecordEntry | undefined,
  live: LiveObject | undefined,
): boolean {
  return live === undefined && entry?.hash === hash && deletesItself(manifest)
}

/** Whether a manifest is of something that is gone once it has run: by its lifetime, or as a hook by its policy. */
function deletesItself(manifest: Manifest): boolean {
  const { id, object, options } = manifest
  const isMortal = formatGroupKind(id) === 'batch/Job' && field(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
  return isMortal || (runsToCompletion(manifest) && options.hook.deletePolicies.includes('HookSucceeded'))
}

/**
 * Whether a live object is proven to be as its manifest says, without asking the server: the same manifest was applied to it,
 * and nothing that matters has changed since. Another resourceVersion may be a controller's status write: then the generation
 * has to be the same, what we own, and our labels and annotations. A kind that counts no generation proves nothing then, nor
 * does an object of whose metadata we set more than that.
 */
export function isUnchanged(
  object: JsonObject,
  hash: string,
  entry: RecordEntry | undefined,
  live: LiveObject | undefined,
): boolean {
  if (entry === undefined || live === undefined || live.isTerminating) return false
  if (entry.hash !== hash || entry.uid !== live.uid || entry.ownership !== live.ownership) return false
  if (entry.resourceVersion === live.resourceVersion) return true
  if (entry.generation === undefined || entry.generation !== live.generation) return false
  const metadata = field(object, 'metadata')
  return (
    isObject(metadata) &&
    Object.keys(metadata).every((name) => PROVABLE_METADATA.has(name)) &&
    isWithin(field(metadata, 'labels'), live.labels) &&
    isWithin(field(metadata, 'annotations'), live.annotations)
  )
}

const PROVABLE_METADATA = new Set(['name', 'namespace', 'labels', 'annotations'])

function isWithin(wanted: Json | undefined, live: JsonObject): boolean {
  if (!isObject(wanted)) return true
  return Object.entries(wanted).every(([name, value]) => field(live, name) === (value === null ? undefined : value))
}

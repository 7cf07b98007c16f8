import { field, isObject, type Json, type JsonObject } from '../json.ts'
import { runsToCompletion } from '../object/annotations/hooks.ts'
import type { RecordEntry } from '../object/inventory-record.ts'
import type { LiveObject } from '../object/live-object.ts'
import type { Manifest } from '../object/manifest.ts'
import { formatGroupKind } from '../object/object-id.ts'

/**
 * Whether a manifest needs a dry run: its object is not known to be unchanged, and may be applied. A hook always needs one,
 * because it may have failed.
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

/** Whether an object that is not among the members may have run and been deleted since, as a read of it would tell. */
export function mayHaveCompleted(
  manifest: Manifest,
  hash: string,
  entry: RecordEntry | undefined,
  live: LiveObject | undefined,
): boolean {
  return live === undefined && entry?.hash === hash && deletesItself(manifest)
}

/** Whether an object is deleted after it has run: a Job by its TTL, a hook by its delete policy. */
function deletesItself(manifest: Manifest): boolean {
  const { id, object, options } = manifest
  const hasTtl = formatGroupKind(id) === 'batch/Job' && field(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
  return hasTtl || (runsToCompletion(manifest) && options.hook.deletePolicies.includes('HookSucceeded'))
}

/**
 * Whether a live object is known to match its manifest without a dry run: the same manifest was applied to it, and nothing
 * relevant has changed since. Another resourceVersion may come from a status update: then the generation, the owned fields, and
 * the labels and annotations of the manifest must be the same. A kind without a generation is not known to match then, nor is a
 * manifest that sets other metadata.
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
    Object.keys(metadata).every((name) => COMPARED_METADATA.has(name)) &&
    isIncluded(field(metadata, 'labels'), live.labels) &&
    isIncluded(field(metadata, 'annotations'), live.annotations)
  )
}

/** The metadata that a live object is compared by. */
const COMPARED_METADATA = new Set(['name', 'namespace', 'labels', 'annotations'])

function isIncluded(manifestValues: Json | undefined, live: JsonObject): boolean {
  if (!isObject(manifestValues)) return true
  return Object.entries(manifestValues).every(
    ([name, value]) => field(live, name) === (value === null ? undefined : value),
  )
}

import type { Entry } from '../inventory/record.ts'
import { field, isObject, type Json, type JsonObject } from '../json.ts'
import type { Live } from '../object/live-object.ts'
import { deletePoliciesOf } from '../object/annotations/ordering.ts'
import { isRun } from '../object/annotations/hooks.ts'
import { isCustom, kindKeyOf, type Manifest, type ObjectId } from '../object/manifest.ts'
import { switchesOf } from '../object/annotations/apply.ts'

/**
 * Whether the server has to be asked about a manifest: it is not proven to be unchanged, and nothing else settles it either,
 * such as that it is never applied. A hook is always looked at: it may have failed.
 */
export function isDoubtful(
  manifest: Manifest,
  hash: string,
  entry: Entry | undefined,
  live: Live | undefined,
  isSameServer: boolean,
): boolean {
  const { object } = manifest
  if (switchesOf(object).apply === 'never' || live?.isTerminating) return false
  return isRun(manifest) || !isSameServer || !isProven(object, hash, entry, live)
}

/** Whether an object that is not among the members may have run, and be gone since; whether it is gone somebody has to look. */
export function mayBeDone(manifest: Manifest, hash: string, entry: Entry | undefined, live: Live | undefined): boolean {
  return live === undefined && entry?.hash === hash && goesByItself(manifest)
}

/** Whether a manifest is of something that is gone once it has run: by its lifetime, or as a hook by its policy. */
function goesByItself(manifest: Manifest): boolean {
  const { id, object } = manifest
  const isMortal = kindKeyOf(id) === 'batch/Job' && field(object, 'spec', 'ttlSecondsAfterFinished') !== undefined
  return isMortal || (isRun(manifest) && deletePoliciesOf(object).includes('HookSucceeded'))
}

/**
 * Whether a live object is proven to be as its manifest says, without asking the server: the same manifest was applied to it,
 * and nothing that matters has changed since. Another resourceVersion may be a controller's status write: then the generation
 * has to be the same, what we own, and our labels and annotations. A kind that counts no generation proves nothing then, nor
 * does an object of whose metadata we set more than that.
 */
export function isProven(object: JsonObject, hash: string, entry: Entry | undefined, live: Live | undefined): boolean {
  if (entry === undefined || live === undefined || live.isTerminating) return false
  if (entry.hash !== hash || entry.uid !== live.uid || entry.ownership !== live.ownership) return false
  if (entry.resourceVersion === live.resourceVersion) return true
  if (entry.generation === undefined || entry.generation !== live.generation) return false
  const metadata = field(object, 'metadata')
  return (
    isObject(metadata) &&
    Object.keys(metadata).every((name) => PROVABLE.has(name)) &&
    isWithin(field(metadata, 'labels'), live.labels) &&
    isWithin(field(metadata, 'annotations'), live.annotations)
  )
}

/** Built-in kinds whose generation counts every change of what they ask for; of others it stands still for some fields. */
const COUNTING = new Set([
  ...['apps/DaemonSet', 'apps/Deployment', 'apps/ReplicaSet', 'apps/StatefulSet', 'batch/CronJob', 'batch/Job'],
  ...['networking.k8s.io/Ingress', 'networking.k8s.io/NetworkPolicy', 'policy/PodDisruptionBudget'],
  'apiextensions.k8s.io/CustomResourceDefinition',
])

/** Whether an equal generation means that nothing changed but status and metadata. */
export function countsChanges(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return isCustom(id.group) || COUNTING.has(kindKeyOf(id))
}

const PROVABLE = new Set(['name', 'namespace', 'labels', 'annotations'])

function isWithin(wanted: Json | undefined, live: JsonObject): boolean {
  if (!isObject(wanted)) return true
  return Object.entries(wanted).every(([name, value]) => field(live, name) === (value === null ? undefined : value))
}

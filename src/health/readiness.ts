import { field, type Json, stringField } from '../json.ts'
import { isCustom, kindKeyOf, type ObjectId } from '../manifests/manifest.ts'

/** How far a live object is with what its specification asks for, with the reason as a sentence without its end. */
export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'waiting'; readonly reason: string }
  /** Its controller gave up for now; it may still come round, as when what it missed has just been applied. */
  | { readonly state: 'stuck'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string }

const READY: Readiness = { state: 'ready' }
const waiting = (reason: string): Readiness => ({ state: 'waiting', reason })
const failed = (reason: string): Readiness => ({ state: 'failed', reason })

/** By group and kind, how one sees that an object is ready; a kind that is not here has nothing to wait for. */
const RULES: Readonly<Record<string, (object: Json) => Readiness>> = {
  '/Pod': ofPod,
  '/ReplicationController': (object) => observed(object) ?? enough(object, replicas(object), 'availableReplicas'),
  'apiextensions.k8s.io/CustomResourceDefinition': ofDefinition,
  'apps/DaemonSet': ofDaemonSet,
  'apps/Deployment': ofDeployment,
  'apps/ReplicaSet': (object) => observed(object) ?? enough(object, replicas(object), 'availableReplicas'),
  'apps/StatefulSet': ofStatefulSet,
  'batch/Job': ofJob,
}

/** Whether objects of a kind may take time after they were applied. Custom resources may, when their controller says so. */
export function takesTime(id: Pick<ObjectId, 'group' | 'kind'>): boolean {
  return isCustom(id.group) || Object.hasOwn(RULES, kindKeyOf(id))
}

/**
 * Judges a live object; one that `mustRun` is not ready while somebody has suspended it. For a kind without a rule a
 * controller that lags behind the specification is all that counts.
 */
export function readinessOf(id: Pick<ObjectId, 'group' | 'kind'>, object: Json, mustRun = false): Readiness {
  const rule = RULES[kindKeyOf(id)]
  if (mustRun && field(object, 'spec', 'suspend') === true && !isComplete(object)) return waiting('it is suspended')
  if (rule !== undefined) return rule(object)
  return field(object, 'status', 'observedGeneration') === undefined ? READY : (observed(object) ?? READY)
}

/** Waiting, as long as the controller has not seen the specification as it is now; undefined once it has. */
function observed(object: Json): Readiness | undefined {
  const generation = field(object, 'metadata', 'generation')
  const seen = field(object, 'status', 'observedGeneration')
  return seen === generation ? undefined : waiting('its controller has not seen the change yet')
}

function ofDeployment(object: Json): Readiness {
  const wanted = replicas(object)
  const total = count(object, 'replicas')
  if (field(object, 'spec', 'paused') === true) return READY
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const progress = condition(object, 'Progressing')
  if (stringField(progress, 'reason') === 'ProgressDeadlineExceeded')
    return { state: 'stuck', reason: messageOf(progress) }
  const updated = enough(object, wanted, 'updatedReplicas')
  if (updated.state !== 'ready') return updated
  if (total > wanted) return waiting(`${total - wanted} old replicas are still there`)
  return enough(object, wanted, 'availableReplicas')
}

function ofStatefulSet(object: Json): Readiness {
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const wanted = replicas(object)
  const ready = enough(object, wanted, 'readyReplicas')
  if (ready.state !== 'ready' || stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return ready
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0
  const isCurrent = stringField(object, 'status', 'currentRevision') === stringField(object, 'status', 'updateRevision')
  return isCurrent ? READY : enough(object, Math.max(wanted - partition, 0), 'updatedReplicas')
}

function ofDaemonSet(object: Json): Readiness {
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const wanted = count(object, 'desiredNumberScheduled')
  const isManual = stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
  const updated = isManual ? READY : enough(object, wanted, 'updatedNumberScheduled')
  return updated.state === 'ready' ? enough(object, wanted, 'numberAvailable') : updated
}

function ofJob(object: Json): Readiness {
  if (isComplete(object) || field(object, 'spec', 'suspend') === true) return READY
  const failure = condition(object, 'Failed')
  return isTrue(failure) ? failed(messageOf(failure)) : waiting('it has not completed')
}

function isComplete(object: Json): boolean {
  return isTrue(condition(object, 'Complete'))
}

function ofPod(object: Json): Readiness {
  const phase = stringField(object, 'status', 'phase') ?? 'Pending'
  if (phase === 'Failed') return failed(stringField(object, 'status', 'message') ?? 'its phase is Failed')
  if (phase === 'Succeeded') return READY
  if ((stringField(object, 'spec', 'restartPolicy') ?? 'Always') !== 'Always') return waiting(`its phase is ${phase}`)
  return isTrue(condition(object, 'Ready')) ? READY : waiting(`its phase is ${phase}, and it is not ready`)
}

function ofDefinition(object: Json): Readiness {
  const names = condition(object, 'NamesAccepted')
  if (stringField(names, 'status') === 'False') return failed(messageOf(names))
  return isTrue(condition(object, 'Established')) ? READY : waiting('it is not established')
}

function enough(object: Json, wanted: number, name: string): Readiness {
  const have = count(object, name)
  return have >= wanted ? READY : waiting(`${have} of ${wanted} in \`status.${name}\``)
}

function replicas(object: Json): number {
  return numberAt(object, 'spec', 'replicas') ?? 1
}

/** A number of the status, 0 where it is missing: the server leaves out what is 0. */
function count(object: Json, name: string): number {
  return numberAt(object, 'status', name) ?? 0
}

function numberAt(object: Json, ...path: string[]): number | undefined {
  const value = field(object, ...path)
  return typeof value === 'number' ? value : undefined
}

function condition(object: Json, type: string): Json | undefined {
  const conditions = field(object, 'status', 'conditions')
  return Array.isArray(conditions) ? conditions.find((each: Json) => stringField(each, 'type') === type) : undefined
}

function isTrue(condition: Json | undefined): boolean {
  return stringField(condition, 'status') === 'True'
}

function messageOf(condition: Json | undefined): string {
  const message = stringField(condition, 'message') ?? stringField(condition, 'reason') ?? 'its controller says so'
  return message.replace(/\.$/, '')
}

import { field, type Json, listField, parseJson, stringField } from '../json.ts'
import { annotationsOf, annotationText } from '../object/annotations/read-annotation.ts'
import { ANNOTATIONS } from '../object/annotations/table.ts'
import {
  type Condition,
  conditionMessage,
  conditionOf,
  conditionsOf,
  describeCondition,
  isCondition,
  numberAt,
  oneLine,
} from './conditions.ts'
import { podIssueOf } from './pod-issue.ts'
import type { Health, Status } from './status.ts'

/** By group and kind, how one sees the health of an object; a built-in kind that is not here is healthy once it is there. */
export const BUILT_IN_RULES: ReadonlyMap<string, (object: Json) => Health> = new Map(
  Object.entries({
    '/Namespace': ofNamespace,
    '/PersistentVolume': ofVolume,
    '/PersistentVolumeClaim': ofClaim,
    '/Pod': ofPod,
    '/ReplicationController': ofReplicaSet,
    '/Service': ofService,
    'apiextensions.k8s.io/CustomResourceDefinition': ofDefinition,
    'apiregistration.k8s.io/APIService': ofApiService,
    'apps/DaemonSet': ofDaemonSet,
    'apps/Deployment': ofDeployment,
    'apps/ReplicaSet': ofReplicaSet,
    'apps/StatefulSet': ofStatefulSet,
    'autoscaling/HorizontalPodAutoscaler': ofAutoscaler,
    'batch/CronJob': ofCronJob,
    'batch/Job': ofJob,
    'policy/PodDisruptionBudget': ofBudget,
  }),
)

const HEALTHY: Health = { status: 'Healthy', reason: '' }
const because = (status: Status, reason: string): Health => ({ status, reason })
const progressing = (reason: string) => because('Progressing', reason)
const silent = (reason: string): Health => ({ ...progressing(reason), isSilent: true })

/** Progressing, as long as the controller has not seen the specification as it is now; undefined once it has. */
function observed(object: Json): Health | undefined {
  const seen = field(object, 'status', 'observedGeneration')
  const isSeen = seen === field(object, 'metadata', 'generation')
  return isSeen ? undefined : progressing('its controller has not seen the change yet')
}

/** Degraded, where the server refuses the Pods, as for a quota or by an admission webhook. */
function refused(object: Json): Health | undefined {
  const failure = conditionOf(object, 'ReplicaFailure')
  return failure?.status === 'True' ? because('Degraded', conditionMessage(failure)) : undefined
}

function ofDeployment(object: Json): Health {
  if (field(object, 'spec', 'paused') === true) return because('Suspended', 'it is paused')
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const progress = conditionOf(object, 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded') return because('Degraded', conditionMessage(progress))
  return refused(object) ?? ofRollout(object)
}

function ofRollout(object: Json): Health {
  const wanted = replicas(object)
  const updated = enough(object, wanted, 'updatedReplicas')
  if (updated.status !== 'Healthy') return updated
  const old = statusCount(object, 'replicas') - wanted
  if (old <= 0) return enough(object, wanted, 'availableReplicas')
  return progressing(old === 1 ? '1 old replica is still there' : `${old} old replicas are still there`)
}

function ofReplicaSet(object: Json): Health {
  return observed(object) ?? refused(object) ?? enough(object, replicas(object), 'availableReplicas')
}

function ofStatefulSet(object: Json): Health {
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const wanted = replicas(object)
  // Then a Pod counts once it has stayed ready for that long.
  const isSlow = (numberAt(object, 'spec', 'minReadySeconds') ?? 0) > 0
  const ready = enough(object, wanted, isSlow ? 'availableReplicas' : 'readyReplicas')
  if (ready.status !== 'Healthy' || stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return ready
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0
  const isCurrent = stringField(object, 'status', 'currentRevision') === stringField(object, 'status', 'updateRevision')
  return isCurrent ? HEALTHY : enough(object, Math.max(wanted - partition, 0), 'updatedReplicas')
}

function ofDaemonSet(object: Json): Health {
  const lagging = observed(object)
  if (lagging !== undefined) return lagging
  const wanted = statusCount(object, 'desiredNumberScheduled')
  const isManual = stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
  const updated = isManual ? HEALTHY : enough(object, wanted, 'updatedNumberScheduled')
  return updated.status === 'Healthy' ? enough(object, wanted, 'numberAvailable') : updated
}

function ofJob(object: Json): Health {
  if (isCondition(object, 'Complete')) return HEALTHY
  const failure = conditionOf(object, 'Failed')
  if (failure?.status === 'True') return { status: 'Degraded', reason: conditionMessage(failure), isFinal: true }
  const isSuspended = field(object, 'spec', 'suspend') === true
  return isSuspended ? because('Suspended', 'it is suspended') : progressing('it has not completed')
}

/** By what came of its last run; nobody waits for it, whose next run may be a month away. */
function ofCronJob(object: Json): Health {
  if (field(object, 'spec', 'suspend') === true) return because('Suspended', 'it is suspended')
  const scheduled = stringField(object, 'status', 'lastScheduleTime')
  const succeeded = stringField(object, 'status', 'lastSuccessfulTime')
  if (scheduled === undefined) return because('Healthy', 'its time has not come')
  if (succeeded !== undefined && succeeded >= scheduled) return HEALTHY
  if (listField(object, 'status', 'active').length > 0) return progressing('it runs')
  return because('Degraded', 'its last run has not succeeded')
}

function ofPod(object: Json): Health {
  const phase = stringField(object, 'status', 'phase')
  const issue = podIssueOf(object)
  const reason = `it ${issue?.reason ?? 'has not come to its end'}`
  if (phase === 'Failed') return { status: 'Degraded', reason, isFinal: true }
  // One that finds no node may still find one, and is no worse for it.
  if (issue?.container !== undefined && issue.grace !== undefined) return because('Degraded', reason)
  const isLasting = (stringField(object, 'spec', 'restartPolicy') ?? 'Always') === 'Always'
  return issue === undefined && (isLasting || phase === 'Succeeded') ? HEALTHY : progressing(reason)
}

function ofService(object: Json): Health {
  if (stringField(object, 'spec', 'type') !== 'LoadBalancer') return HEALTHY
  const addresses = [
    ...listField(object, 'status', 'loadBalancer', 'ingress'),
    ...listField(object, 'spec', 'externalIPs'),
  ]
  return addresses.length > 0 ? HEALTHY : progressing('its load balancer has no address yet')
}

function ofClaim(object: Json): Health {
  const phase = stringField(object, 'status', 'phase') ?? 'Pending'
  if (phase === 'Bound') return HEALTHY
  return because(phase === 'Lost' ? 'Degraded' : 'Progressing', `its phase is ${phase}`)
}

function ofVolume(object: Json): Health {
  if (stringField(object, 'status', 'phase') !== 'Failed') return HEALTHY
  return because('Degraded', oneLine(stringField(object, 'status', 'message') ?? 'its phase is Failed'))
}

function ofNamespace(object: Json): Health {
  const isGoing = stringField(object, 'status', 'phase') === 'Terminating'
  return isGoing ? progressing('it is being deleted') : HEALTHY
}

function ofApiService(object: Json): Health {
  const available = conditionOf(object, 'Available')
  if (available?.status === 'True') return HEALTHY
  return progressing(available === undefined ? 'it is not available yet' : describeCondition(available))
}

function ofDefinition(object: Json): Health {
  const [names, schema, established] = ['NamesAccepted', 'NonStructuralSchema', 'Established'].map((type) =>
    conditionOf(object, type),
  )
  if (isCondition(object, 'Terminating')) return progressing('it is being deleted')
  if (names?.status === 'False') return { status: 'Degraded', reason: conditionMessage(names), isFinal: true }
  if (schema?.status === 'True') return because('Degraded', conditionMessage(schema))
  if (established?.status === 'True') return HEALTHY
  const isRefused = established?.status === 'False' && established.reason !== 'Installing'
  return isRefused ? because('Degraded', conditionMessage(established)) : progressing('it is not established')
}

function ofAutoscaler(object: Json): Health {
  const conditions = conditionsOfAutoscaler(object)
  const find = (type: string) => conditions.find((each) => each.type === type)
  const [able, active] = [find('AbleToScale'), find('ScalingActive')]
  if (able?.status === 'False') return because('Degraded', describeCondition(able))
  // One that is switched off by a scale of 0 says so with the reason ScalingDisabled.
  if (active?.status === 'False' && active.reason !== 'ScalingDisabled')
    return because('Degraded', describeCondition(active))
  const isSeen = able !== undefined || statusCount(object, 'desiredReplicas') > 0
  return isSeen ? HEALTHY : silent('its controller has not looked at it yet')
}

/** The first version of the API has conditions in an annotation. */
function conditionsOfAutoscaler(object: Json): readonly Condition[] {
  const text = annotationText(annotationsOf(object), ANNOTATIONS.autoscalingConditions)
  return text === undefined ? conditionsOf(object) : conditionsOf({ conditions: parseJson(text) }, ['conditions'])
}

function ofBudget(object: Json): Health {
  const allowed = conditionOf(object, 'DisruptionAllowed')
  if (isFailedSync(object)) return because('Degraded', 'its controller fails: SyncFailed')
  if (allowed !== undefined || numberAt(object, 'status', 'expectedPods') !== undefined) return HEALTHY
  return silent('its controller has not counted its Pods yet')
}

function isFailedSync(object: Json): boolean {
  return listField(object, 'status', 'conditions').some((each) => stringField(each, 'reason') === 'SyncFailed')
}

function enough(object: Json, wanted: number, name: string): Health {
  const have = statusCount(object, name)
  return have >= wanted ? HEALTHY : progressing(`${have} of ${wanted} in \`status.${name}\``)
}

function replicas(object: Json): number {
  return numberAt(object, 'spec', 'replicas') ?? 1
}

/** A number of the status, 0 where it is missing: the server leaves out what is 0. */
function statusCount(object: Json, name: string): number {
  return numberAt(object, 'status', name) ?? 0
}

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

/** Health rules of built-in kinds by `group/Kind`. A built-in kind without a rule is healthy as soon as it exists. */
export const BUILT_IN_RULES: ReadonlyMap<string, (object: Json) => Health> = new Map(
  Object.entries({
    '/Namespace': namespaceHealth,
    '/PersistentVolume': volumeHealth,
    '/PersistentVolumeClaim': pvcHealth,
    '/Pod': podHealth,
    '/ReplicationController': replicaSetHealth,
    '/Service': serviceHealth,
    'apiextensions.k8s.io/CustomResourceDefinition': crdHealth,
    'apiregistration.k8s.io/APIService': apiServiceHealth,
    'apps/DaemonSet': daemonSetHealth,
    'apps/Deployment': deploymentHealth,
    'apps/ReplicaSet': replicaSetHealth,
    'apps/StatefulSet': statefulSetHealth,
    'autoscaling/HorizontalPodAutoscaler': hpaHealth,
    'batch/CronJob': cronJobHealth,
    'batch/Job': jobHealth,
    'policy/PodDisruptionBudget': pdbHealth,
  }),
)

const HEALTHY: Health = { status: 'Healthy', reason: '' }
const healthBecause = (status: Status, reason: string): Health => ({ status, reason })
const progressing = (reason: string) => healthBecause('Progressing', reason)
const progressingWithoutStatus = (reason: string): Health => ({ ...progressing(reason), isSilent: true })

/** Progressing until the controller has observed the current generation; undefined after that. */
function generationHealth(object: Json): Health | undefined {
  const observed = field(object, 'status', 'observedGeneration')
  const isObserved = observed === field(object, 'metadata', 'generation')
  return isObserved ? undefined : progressing('its controller has not seen the change yet')
}

/** Degraded if the API server rejects the Pods, for example because of a quota or an admission webhook; otherwise undefined. */
function replicaFailureHealth(object: Json): Health | undefined {
  const failure = conditionOf(object, 'ReplicaFailure')
  return failure?.status === 'True' ? healthBecause('Degraded', conditionMessage(failure)) : undefined
}

function deploymentHealth(object: Json): Health {
  if (field(object, 'spec', 'paused') === true) return healthBecause('Suspended', 'it is paused')
  const unobserved = generationHealth(object)
  if (unobserved !== undefined) return unobserved
  const progress = conditionOf(object, 'Progressing')
  if (progress?.reason === 'ProgressDeadlineExceeded') return healthBecause('Degraded', conditionMessage(progress))
  return replicaFailureHealth(object) ?? rolloutHealth(object)
}

function rolloutHealth(object: Json): Health {
  const wanted = wantedReplicas(object)
  const updated = replicaHealth(object, wanted, 'updatedReplicas')
  if (updated.status !== 'Healthy') return updated
  const old = statusCount(object, 'replicas') - wanted
  if (old <= 0) return replicaHealth(object, wanted, 'availableReplicas')
  return progressing(old === 1 ? '1 old replica is pending termination' : `${old} old replicas are pending termination`)
}

function replicaSetHealth(object: Json): Health {
  return (
    generationHealth(object) ??
    replicaFailureHealth(object) ??
    replicaHealth(object, wantedReplicas(object), 'availableReplicas')
  )
}

function statefulSetHealth(object: Json): Health {
  const unobserved = generationHealth(object)
  if (unobserved !== undefined) return unobserved
  const wanted = wantedReplicas(object)
  // With `minReadySeconds`, a Pod counts only after it has been ready for that long.
  const needsAvailability = (numberAt(object, 'spec', 'minReadySeconds') ?? 0) > 0
  const ready = replicaHealth(object, wanted, needsAvailability ? 'availableReplicas' : 'readyReplicas')
  if (ready.status !== 'Healthy' || stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return ready
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0
  const isCurrent = stringField(object, 'status', 'currentRevision') === stringField(object, 'status', 'updateRevision')
  return isCurrent ? HEALTHY : replicaHealth(object, Math.max(wanted - partition, 0), 'updatedReplicas')
}

function daemonSetHealth(object: Json): Health {
  const unobserved = generationHealth(object)
  if (unobserved !== undefined) return unobserved
  const wanted = statusCount(object, 'desiredNumberScheduled')
  const isOnDelete = stringField(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
  const updated = isOnDelete ? HEALTHY : replicaHealth(object, wanted, 'updatedNumberScheduled')
  return updated.status === 'Healthy' ? replicaHealth(object, wanted, 'numberAvailable') : updated
}

function jobHealth(object: Json): Health {
  if (isCondition(object, 'Complete')) return HEALTHY
  const failure = conditionOf(object, 'Failed')
  if (failure?.status === 'True') return { status: 'Degraded', reason: conditionMessage(failure), isFinal: true }
  const isSuspended = field(object, 'spec', 'suspend') === true
  return isSuspended ? healthBecause('Suspended', 'it is suspended') : progressing('it has not completed')
}

/** Health by the result of the last run. Before the first run it is Healthy, because that may be a month away. */
function cronJobHealth(object: Json): Health {
  if (field(object, 'spec', 'suspend') === true) return healthBecause('Suspended', 'it is suspended')
  const scheduled = stringField(object, 'status', 'lastScheduleTime')
  const succeeded = stringField(object, 'status', 'lastSuccessfulTime')
  if (scheduled === undefined) return healthBecause('Healthy', 'it has not run yet')
  if (succeeded !== undefined && succeeded >= scheduled) return HEALTHY
  if (listField(object, 'status', 'active').length > 0) return progressing('it is running')
  return healthBecause('Degraded', 'its last run did not succeed')
}

function podHealth(object: Json): Health {
  const phase = stringField(object, 'status', 'phase')
  const issue = podIssueOf(object)
  const reason = `it ${issue?.reason ?? 'has not completed'}`
  if (phase === 'Failed') return { status: 'Degraded', reason, isFinal: true }
  // Issues without a container, such as a Pod that cannot be scheduled, may still resolve: they stay Progressing.
  if (issue?.container !== undefined && issue.grace !== undefined) return healthBecause('Degraded', reason)
  const restartsAlways = (stringField(object, 'spec', 'restartPolicy') ?? 'Always') === 'Always'
  return issue === undefined && (restartsAlways || phase === 'Succeeded') ? HEALTHY : progressing(reason)
}

function serviceHealth(object: Json): Health {
  if (stringField(object, 'spec', 'type') !== 'LoadBalancer') return HEALTHY
  const addresses = [
    ...listField(object, 'status', 'loadBalancer', 'ingress'),
    ...listField(object, 'spec', 'externalIPs'),
  ]
  return addresses.length > 0 ? HEALTHY : progressing('its load balancer has no address yet')
}

function pvcHealth(object: Json): Health {
  const phase = stringField(object, 'status', 'phase') ?? 'Pending'
  if (phase === 'Bound') return HEALTHY
  return healthBecause(phase === 'Lost' ? 'Degraded' : 'Progressing', `its phase is ${phase}`)
}

function volumeHealth(object: Json): Health {
  if (stringField(object, 'status', 'phase') !== 'Failed') return HEALTHY
  return healthBecause('Degraded', oneLine(stringField(object, 'status', 'message') ?? 'its phase is Failed'))
}

function namespaceHealth(object: Json): Health {
  const isTerminating = stringField(object, 'status', 'phase') === 'Terminating'
  return isTerminating ? progressing('it is being deleted') : HEALTHY
}

function apiServiceHealth(object: Json): Health {
  const available = conditionOf(object, 'Available')
  if (available?.status === 'True') return HEALTHY
  return progressing(available === undefined ? 'it is not available yet' : describeCondition(available))
}

function crdHealth(object: Json): Health {
  const [names, schema, established] = ['NamesAccepted', 'NonStructuralSchema', 'Established'].map((type) =>
    conditionOf(object, type),
  )
  if (isCondition(object, 'Terminating')) return progressing('it is being deleted')
  if (names?.status === 'False') return { status: 'Degraded', reason: conditionMessage(names), isFinal: true }
  if (schema?.status === 'True') return healthBecause('Degraded', conditionMessage(schema))
  if (established?.status === 'True') return HEALTHY
  const isRejected = established?.status === 'False' && established.reason !== 'Installing'
  return isRejected ? healthBecause('Degraded', conditionMessage(established)) : progressing('it is not established')
}

function hpaHealth(object: Json): Health {
  const conditions = hpaConditions(object)
  const find = (type: string) => conditions.find((condition) => condition.type === type)
  const [able, active] = [find('AbleToScale'), find('ScalingActive')]
  if (able?.status === 'False') return healthBecause('Degraded', describeCondition(able))
  // ScalingDisabled: the target has 0 replicas, so the HPA is off on purpose.
  if (active?.status === 'False' && active.reason !== 'ScalingDisabled')
    return healthBecause('Degraded', describeCondition(active))
  const isProcessed = able !== undefined || statusCount(object, 'desiredReplicas') > 0
  return isProcessed ? HEALTHY : progressingWithoutStatus('its controller has not processed it yet')
}

/** Conditions of an HPA; `autoscaling/v1` has them in an annotation. */
function hpaConditions(object: Json): readonly Condition[] {
  const text = annotationText(annotationsOf(object), ANNOTATIONS.autoscalingConditions)
  return text === undefined ? conditionsOf(object) : conditionsOf({ conditions: parseJson(text) }, ['conditions'])
}

function pdbHealth(object: Json): Health {
  const allowed = conditionOf(object, 'DisruptionAllowed')
  if (isFailedSync(object)) return healthBecause('Degraded', 'its controller reports SyncFailed')
  if (allowed !== undefined || numberAt(object, 'status', 'expectedPods') !== undefined) return HEALTHY
  return progressingWithoutStatus('its controller has not counted its Pods yet')
}

function isFailedSync(object: Json): boolean {
  return listField(object, 'status', 'conditions').some(
    (condition) => stringField(condition, 'reason') === 'SyncFailed',
  )
}

/** Healthy if `status.NAME` is at least `wanted`; otherwise Progressing. */
function replicaHealth(object: Json, wanted: number, name: string): Health {
  const have = statusCount(object, name)
  return have >= wanted ? HEALTHY : progressing(`${have} of ${wanted} in \`status.${name}\``)
}

function wantedReplicas(object: Json): number {
  return numberAt(object, 'spec', 'replicas') ?? 1
}

/** The number in `status.NAME`; 0 if it is missing, because the server omits zeros. */
function statusCount(object: Json, name: string): number {
  return numberAt(object, 'status', name) ?? 0
}

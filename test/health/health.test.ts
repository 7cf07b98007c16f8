import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { healthOf, takesTime } from '../../src/health/health.ts'
import { KIND_RULES, statusRulesOf } from '../../src/health/kind-rules.ts'
import { STATUSES } from '../../src/health/status.ts'
import { healthByRules, isStatusTest, type StatusRule } from '../../src/health/status-rules.ts'
import { meaningOf } from '../../src/health/words.ts'
import { type Json, parseJson } from '../../src/json.ts'
import { runs } from '../runs.ts'

const json = (value: unknown): Json => parseJson(JSON.stringify(value))

/** How healthy an object is, as `Status: reason`. */
function health(groupKind: string, object: object): string {
  const [group = '', kind = ''] = groupKind.split('/')
  const { status, reason, isFinal, isSilent } = healthOf({ group, kind }, json(object))
  const marks = `${isFinal === true ? ', for good' : ''}${isSilent === true ? ', in silence' : ''}`
  return `${status}${marks}${reason === '' ? '' : `: ${reason}`}`
}

const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more })
const seen = { metadata: { generation: 2 } }
const at = (status: object, spec: object = {}) => ({ ...seen, spec, status: { observedGeneration: 2, ...status } })
const having = (...conditions: object[]) => ({ status: { conditions } })
const containers = (reason: string, message = '', list = 'containerStatuses') => ({
  status: { phase: 'Pending', [list]: [{ name: 'web', state: { waiting: { reason, message } } }] },
})

type Case = readonly [what: string, groupKind: string, object: object, expected: string]

function check(about: string, cases: readonly Case[]): void {
  for (const [what, groupKind, object, expected] of cases) {
    test(`${about}: ${what}`, () => assert.equal(health(groupKind, object), expected))
  }
}

const NOT_SEEN = 'Progressing: its controller has not seen the change yet'

check('the health of what runs Pods', [
  [
    'a rolled out Deployment is healthy',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Healthy',
  ],
  [
    'a Deployment without a number means one',
    'apps/Deployment',
    at({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    'Healthy',
  ],
  ['a Deployment of none is healthy', 'apps/Deployment', at({}, { replicas: 0 }), 'Healthy'],
  ['a Deployment nobody has looked at is under way', 'apps/Deployment', { ...seen, spec: {} }, NOT_SEEN],
  [
    'a Deployment whose change is not seen is under way, whatever its numbers',
    'apps/Deployment',
    { ...seen, spec: {}, status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 } },
    NOT_SEEN,
  ],
  [
    'a Deployment being updated says how far it is',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 1, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 1 of 2 in `status.updatedReplicas`',
  ],
  [
    'a Deployment waits for its old Pods to go',
    'apps/Deployment',
    at({ replicas: 3, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 1 old replica is still there',
  ],
  [
    'a Deployment counts the old Pods that it waits for',
    'apps/Deployment',
    at({ replicas: 4, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 2 old replicas are still there',
  ],
  [
    'a Deployment waits for its Pods to be available',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2 }, { replicas: 2 }),
    'Progressing: 0 of 2 in `status.availableReplicas`',
  ],
  [
    'a Deployment over its deadline is degraded, and may come round',
    'apps/Deployment',
    at({
      conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out.' })],
    }),
    'Degraded: timed out',
  ],
  [
    'a Deployment whose Pods a quota refuses says so',
    'apps/Deployment',
    at({ conditions: [condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota: q' })] }),
    'Degraded: exceeded quota: q',
  ],
  [
    'a paused Deployment is suspended',
    'apps/Deployment',
    { ...seen, spec: { paused: true } },
    'Suspended: it is paused',
  ],
  ['a ReplicaSet is healthy once its Pods are available', 'apps/ReplicaSet', at({ availableReplicas: 1 }), 'Healthy'],
  [
    'a ReplicaSet whose Pods are refused is degraded',
    'apps/ReplicaSet',
    at({ conditions: [condition('ReplicaFailure', 'True', { message: 'no' })] }),
    'Degraded: no',
  ],
  [
    'a ReplicationController counts its Pods',
    '/ReplicationController',
    at({ availableReplicas: 1 }, { replicas: 2 }),
    'Progressing: 1 of 2 in `status.availableReplicas`',
  ],
  [
    'a StatefulSet is healthy once it is ready and current',
    'apps/StatefulSet',
    at({ readyReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' }, { replicas: 3 }),
    'Healthy',
  ],
  [
    'a StatefulSet that is not ready is under way',
    'apps/StatefulSet',
    at({ readyReplicas: 1 }, { replicas: 3 }),
    'Progressing: 1 of 3 in `status.readyReplicas`',
  ],
  [
    'a StatefulSet whose Pods have to stay ready for a while counts those that have',
    'apps/StatefulSet',
    at({ readyReplicas: 3, availableReplicas: 1 }, { replicas: 3, minReadySeconds: 10 }),
    'Progressing: 1 of 3 in `status.availableReplicas`',
  ],
  [
    'a StatefulSet whose Pods have stayed ready for long enough is healthy',
    'apps/StatefulSet',
    at({ readyReplicas: 3, availableReplicas: 3 }, { replicas: 3, minReadySeconds: 10 }),
    'Healthy',
  ],
  [
    'a StatefulSet is under way until all of it is updated',
    'apps/StatefulSet',
    at({ readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' }, { replicas: 3 }),
    'Progressing: 1 of 3 in `status.updatedReplicas`',
  ],
  [
    'a StatefulSet is healthy once it is updated down to its partition',
    'apps/StatefulSet',
    at(
      { readyReplicas: 3, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    ),
    'Healthy',
  ],
  [
    'a StatefulSet that is updated by hand waits for nobody',
    'apps/StatefulSet',
    at(
      { readyReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { replicas: 1, updateStrategy: { type: 'OnDelete' } },
    ),
    'Healthy',
  ],
  [
    'a DaemonSet is healthy once every node has its Pod',
    'apps/DaemonSet',
    at({ desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }),
    'Healthy',
  ],
  ['a DaemonSet for which there is no node is healthy', 'apps/DaemonSet', at({ desiredNumberScheduled: 0 }), 'Healthy'],
  [
    'a DaemonSet being updated says how far it is',
    'apps/DaemonSet',
    at({ desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 }),
    'Progressing: 1 of 2 in `status.updatedNumberScheduled`',
  ],
])

check('the health of Pods and Jobs', [
  ['a Pod nobody has looked at is under way', '/Pod', {}, 'Progressing: it has not started yet'],
  ['a ready Pod', '/Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }, 'Healthy'],
  [
    'a Pod that is to end is under way as long as it runs',
    '/Pod',
    { spec: { restartPolicy: 'Never' }, status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
    'Progressing: it has not come to its end',
  ],
  ['a finished Pod', '/Pod', { status: { phase: 'Succeeded' } }, 'Healthy'],
  [
    'a failed Pod',
    '/Pod',
    { status: { phase: 'Failed', message: 'evicted' } },
    'Degraded, for good: it has failed: evicted',
  ],
  ...['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError'].map(
    (reason): Case => [
      `a container in ${reason} is told, with what the kubelet says`,
      '/Pod',
      containers(reason, 'it is so.'),
      `Degraded: it is in ${reason}: \`web\` cannot start: it is so.`,
    ],
  ),
  [
    'a container that crashes is told without what the kubelet says, which is how long it waits',
    '/Pod',
    containers('CrashLoopBackOff', 'back-off 10s restarting failed container'),
    'Degraded: it is in CrashLoopBackOff: `web` cannot start',
  ],
  [
    'a container that comes first counts as well',
    '/Pod',
    containers('CreateContainerError', '', 'initContainerStatuses'),
    'Degraded: it is in CreateContainerError: `web` cannot start',
  ],
  [
    'a container that is being created is no trouble',
    '/Pod',
    containers('ContainerCreating'),
    'Progressing: it has not started yet',
  ],
  ['a running Job', 'batch/Job', { status: { active: 1 } }, 'Progressing: it has not completed'],
  ['a complete Job', 'batch/Job', having(condition('Complete', 'True')), 'Healthy'],
  [
    'a failed Job stays so',
    'batch/Job',
    having(condition('Failed', 'True', { message: 'Job has reached the specified backoff limit' })),
    'Degraded, for good: Job has reached the specified backoff limit',
  ],
  ['a suspended Job', 'batch/Job', { spec: { suspend: true } }, 'Suspended: it is suspended'],
  ['a suspended CronJob', 'batch/CronJob', { spec: { suspend: true } }, 'Suspended: it is suspended'],
  ['a CronJob that has not run', 'batch/CronJob', { status: {} }, 'Healthy: its time has not come'],
  [
    'a CronJob whose last run has not succeeded',
    'batch/CronJob',
    { status: { lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:09Z' } },
    'Degraded: its last run has not succeeded',
  ],
])

check('the health of other built-in kinds', [
  ['a Service has nothing to wait for', '/Service', { spec: { type: 'ClusterIP' } }, 'Healthy'],
  [
    'a load balancer waits for an address',
    '/Service',
    { spec: { type: 'LoadBalancer' }, status: { loadBalancer: {} } },
    'Progressing: its load balancer has no address yet',
  ],
  [
    'a load balancer with an address',
    '/Service',
    { spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } },
    'Healthy',
  ],
  [
    'a load balancer with addresses of its own',
    '/Service',
    { spec: { type: 'LoadBalancer', externalIPs: ['10.0.0.1'] } },
    'Healthy',
  ],
  [
    'an Ingress is healthy without an address',
    'networking.k8s.io/Ingress',
    { status: { loadBalancer: {} } },
    'Healthy',
  ],
  ['a bound claim', '/PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Healthy'],
  [
    'a claim that waits',
    '/PersistentVolumeClaim',
    { status: { phase: 'Pending' } },
    'Progressing: its phase is Pending',
  ],
  ['a lost claim', '/PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Degraded: its phase is Lost'],
  ['a volume without a claim', '/PersistentVolume', { status: { phase: 'Available' } }, 'Healthy'],
  [
    'a volume that could not be recycled',
    '/PersistentVolume',
    { status: { phase: 'Failed', message: 'no plugin.' } },
    'Degraded: no plugin',
  ],
  ['a Namespace', '/Namespace', { status: { phase: 'Active' } }, 'Healthy'],
  ['a Namespace that goes', '/Namespace', { status: { phase: 'Terminating' } }, 'Progressing: it is being deleted'],
  ['a ConfigMap is healthy', '/ConfigMap', { data: { a: 'b' } }, 'Healthy'],
  [
    'an autoscaler nobody has looked at',
    'autoscaling/HorizontalPodAutoscaler',
    { spec: {}, status: { currentReplicas: 0, desiredReplicas: 0 } },
    'Progressing, in silence: its controller has not looked at it yet',
  ],
  [
    'an autoscaler of the first version of the API, which has its conditions in an annotation',
    'autoscaling/HorizontalPodAutoscaler',
    {
      metadata: {
        annotations: {
          'autoscaling.alpha.kubernetes.io/conditions': JSON.stringify([
            condition('AbleToScale', 'False', { reason: 'FailedGetScale', message: 'not found' }),
          ]),
        },
      },
      status: { currentReplicas: 1, desiredReplicas: 1 },
    },
    'Degraded: `AbleToScale` is False (FailedGetScale): not found',
  ],
  [
    'an autoscaler without metrics does not scale',
    'autoscaling/HorizontalPodAutoscaler',
    having(
      condition('AbleToScale', 'True'),
      condition('ScalingActive', 'False', { reason: 'FailedGetResourceMetric', message: 'no metrics returned' }),
    ),
    'Degraded: `ScalingActive` is False (FailedGetResourceMetric): no metrics returned',
  ],
  [
    'an autoscaler whose target is not there',
    'autoscaling/HorizontalPodAutoscaler',
    having(condition('AbleToScale', 'False', { reason: 'FailedGetScale', message: 'not found' })),
    'Degraded: `AbleToScale` is False (FailedGetScale): not found',
  ],
  [
    'an autoscaler of something that is scaled to none',
    'autoscaling/HorizontalPodAutoscaler',
    having(condition('AbleToScale', 'True'), condition('ScalingActive', 'False', { reason: 'ScalingDisabled' })),
    'Healthy',
  ],
  [
    'a budget nobody has counted',
    'policy/PodDisruptionBudget',
    {},
    'Progressing, in silence: its controller has not counted its Pods yet',
  ],
  [
    'a budget without Pods to spare is healthy',
    'policy/PodDisruptionBudget',
    having(condition('DisruptionAllowed', 'False', { reason: 'InsufficientPods' })),
    'Healthy',
  ],
  [
    'a budget that cannot be counted',
    'policy/PodDisruptionBudget',
    having(condition('DisruptionAllowed', 'False', { reason: 'SyncFailed' })),
    'Degraded: its controller fails: SyncFailed',
  ],
  [
    'an API that does not answer',
    'apiregistration.k8s.io/APIService',
    having(condition('Available', 'False', { reason: 'MissingEndpoints', message: 'endpoints have no addresses' })),
    'Progressing: `Available` is False (MissingEndpoints): endpoints have no addresses',
  ],
  ['an API that answers', 'apiregistration.k8s.io/APIService', having(condition('Available', 'True')), 'Healthy'],
  [
    'a definition',
    'apiextensions.k8s.io/CustomResourceDefinition',
    having(condition('Established', 'True')),
    'Healthy',
  ],
  ['a new definition', 'apiextensions.k8s.io/CustomResourceDefinition', {}, 'Progressing: it is not established'],
  [
    'a definition whose names are taken',
    'apiextensions.k8s.io/CustomResourceDefinition',
    having(condition('NamesAccepted', 'False', { message: 'taken' })),
    'Degraded, for good: taken',
  ],
  [
    'anything that is being deleted is under way',
    '/ConfigMap',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
    'Progressing: it is being deleted',
  ],
])

const WIDGET = 'example.com/Widget'

check('the conventions', [
  [
    'nobody knows whether it is good that a condition of an unknown type is false',
    WIDGET,
    having(condition('Sunny', 'False', { message: 'it rains' })),
    'Unknown: `Sunny` is False: it rains',
  ],
  [
    '... but for a reason that is a failure',
    WIDGET,
    having(condition('Sunny', 'False', { reason: 'ForecastFailed' })),
    'Degraded: `Sunny` is False (ForecastFailed)',
  ],
  [
    'no status at all may mean that there will never be one',
    WIDGET,
    seen,
    'Progressing, in silence: its controller has not said anything yet',
  ],
  [
    'an empty status is none',
    WIDGET,
    { status: {} },
    'Progressing, in silence: its controller has not said anything yet',
  ],
  [
    'what runs at times may have no status until its time comes',
    'example.com/Backups',
    { spec: { schedule: '0 0 * * *' } },
    'Healthy: its time has not come',
  ],
  [
    'a place for conditions with none in it',
    WIDGET,
    { status: { observedGeneration: 1, conditions: [] } },
    'Progressing, in silence: it has no conditions yet',
  ],
  ['a status that says nothing about health is good', WIDGET, { status: { uid: '7' } }, 'Healthy'],
  ['a controller that lags behind', WIDGET, { ...seen, status: { observedGeneration: 1 } }, NOT_SEEN],
  ['a generation that is written as a text', WIDGET, { ...seen, status: { observedGeneration: '1' } }, NOT_SEEN],
  [
    'a failure about the present generation counts, though the controller counts successes only',
    WIDGET,
    {
      ...seen,
      status: {
        observedGeneration: -1,
        conditions: [condition('Ready', 'False', { reason: 'GitOperationFailed', observedGeneration: 2 })],
      },
    },
    'Degraded: `Ready` is False (GitOperationFailed)',
  ],
  [
    'a condition that lags behind',
    WIDGET,
    { ...seen, ...having(condition('Ready', 'True', { observedGeneration: 1 })) },
    NOT_SEEN,
  ],
  [
    'what is suspended need not be seen',
    WIDGET,
    { ...seen, spec: { suspend: true }, status: { observedGeneration: 1 } },
    'Suspended: it is suspended: `spec.suspend` is true',
  ],
  [
    'what an annotation suspends',
    'keda.sh/ScaledObject',
    { metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } } },
    'Suspended: it is suspended by its annotation `autoscaling.keda.sh/paused-replicas`',
  ],
  [
    'what is ready tells why',
    WIDGET,
    having(condition('Ready', 'True', { message: 'Secret was synced.' })),
    'Healthy: Secret was synced',
  ],
  [
    'what failed is told in the words of its controller',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'SecretSyncedError', message: 'could not get\nsecret data' })),
    'Degraded: `Ready` is False (SecretSyncedError): could not get secret data',
  ],
  [
    'a reason that means work',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'Provisioning' })),
    'Progressing: `Ready` is False (Provisioning)',
  ],
  [
    'a message that begins with the work, without a reason',
    WIDGET,
    having(condition('Ready', 'False', { message: 'Waiting for more replicas' })),
    'Progressing: `Ready` is False: Waiting for more replicas',
  ],
  [
    'a message that begins with what was being done when it failed',
    WIDGET,
    having(condition('Ready', 'False', { message: 'creating the bucket: access denied' })),
    'Degraded: `Ready` is False: creating the bucket: access denied',
  ],
  [
    'what is made of a Deployment is under way as long as that is',
    WIDGET,
    having(
      condition('Available', 'False', { reason: 'MinimumReplicasUnavailable' }),
      condition('Progressing', 'True', { reason: 'ReplicaSetUpdated' }),
    ),
    'Progressing: `Available` is False (MinimumReplicasUnavailable)',
  ],
  [
    'what an operator is to leave alone',
    WIDGET,
    { spec: { managementState: 'Unmanaged' } },
    'Suspended: its operator is to leave it alone: `spec.managementState` is unmanaged',
  ],
  ['false without a word why', WIDGET, having(condition('Ready', 'False')), 'Progressing: `Ready` is False'],
  ['a judgement without a word why', WIDGET, having(condition('Accepted', 'False')), 'Degraded: `Accepted` is False'],
  [
    'a condition that is but a number',
    WIDGET,
    having(condition('Conflict', 'False'), condition('IPsAvailable', 'Unknown', { reason: 'none', message: '254' })),
    'Healthy',
  ],
  ['unknown is not yet', WIDGET, having(condition('Ready', 'Unknown')), 'Progressing: `Ready` is Unknown'],
  [
    'a message that tells of an error, whatever the reason',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'Migrating', message: 'Error: checksum mismatch' })),
    'Degraded: `Ready` is False (Migrating): Error: checksum mismatch',
  ],
  [
    'work that another condition tells of',
    WIDGET,
    having(
      condition('Ready', 'False', { reason: 'DoesNotExist' }),
      condition('Issuing', 'True', { reason: 'DoesNotExist' }),
    ),
    'Progressing: `Ready` is False (DoesNotExist)',
  ],
  [
    'another try is no work',
    WIDGET,
    having(
      condition('Reconciling', 'True', { reason: 'ProgressingWithRetry' }),
      condition('Ready', 'False', { reason: 'X' }),
    ),
    'Degraded: `Ready` is False (X)',
  ],
  [
    'a controller that has given up',
    WIDGET,
    having(condition('Stalled', 'True', { reason: 'RetriesExceeded' }), condition('Ready', 'Unknown')),
    'Degraded: `Stalled` is True (RetriesExceeded)',
  ],
  [
    'what is ready as a whole is ready, whatever its details',
    WIDGET,
    having(condition('Ready', 'True'), condition('CronJobAvailable', 'False', { reason: 'Failed' })),
    'Healthy',
  ],
  [
    'what is not ready says which detail failed',
    WIDGET,
    having(condition('Ready', 'False'), condition('Running', 'False', { reason: 'Error', message: 'no route' })),
    'Degraded: `Running` is False (Error): no route',
  ],
  [
    'details count where nothing is about the whole',
    WIDGET,
    having(condition('Deployed', 'True'), condition('PodsHealthy', 'False', { reason: 'NoPodsFound' })),
    'Degraded: `PodsHealthy` is False (NoPodsFound)',
  ],
  [
    'conditions nobody knows count where there are no others',
    WIDGET,
    having(condition('Discoverable', 'False', { reason: 'AdvertiseError' })),
    'Degraded: `Discoverable` is False (AdvertiseError)',
  ],
  [
    'a severity of Cluster API',
    WIDGET,
    having(condition('Ready', 'False', { severity: 'Info', reason: 'CloningFailed' })),
    'Progressing: `Ready` is False (CloningFailed)',
  ],
  [
    'the conditions of each parent of a route',
    'gateway.networking.k8s.io/HTTPRoute',
    {
      status: {
        parents: [
          { conditions: [condition('Accepted', 'True')] },
          { conditions: [condition('ResolvedRefs', 'False', { reason: 'BackendNotFound', message: 'no Service' })] },
        ],
      },
    },
    'Degraded: `ResolvedRefs` is False (BackendNotFound): no Service',
  ],
  [
    'a route that no gateway has taken up',
    'gateway.networking.k8s.io/HTTPRoute',
    { status: { parents: [] } },
    'Progressing: nobody has taken it up: `status.parents` is empty',
  ],
  [
    'a phase, with the message beside it',
    WIDGET,
    { status: { phase: 'Failed', message: 'no space left' } },
    'Degraded: `status.phase` is Failed: no space left',
  ],
  [
    'a state in capitals',
    WIDGET,
    { status: { state: 'PENDING_RERUN' } },
    'Progressing: `status.state` is PENDING_RERUN',
  ],
  ['a phase of what has stopped', WIDGET, { status: { phase: 'Paused' } }, 'Suspended: `status.phase` is Paused'],
  ['what runs is healthy', WIDGET, { status: { phase: 'Running' } }, 'Healthy'],
  [
    'what runs in part only',
    WIDGET,
    { spec: { replicas: 2 }, status: { phase: 'Running', replicas: 2, readyReplicas: 1 } },
    'Progressing: 1 of 2 in `status.readyReplicas`',
  ],
  [
    'how much is ready, as a text',
    WIDGET,
    { status: { phase: 'Running', workers: { ready: '1/3' } } },
    'Progressing: 1 of 3 in `status.workers.ready`',
  ],
  ['a word that is not there yet', WIDGET, { status: { phase: '' } }, 'Progressing: `status.phase` is empty'],
  [
    'what is to end is under way as long as it runs',
    'example.com/PipelineRun',
    { status: { phase: 'Running' } },
    'Progressing: `status.phase` is Running',
  ],
  [
    'a warning, which is nothing under way',
    WIDGET,
    { status: { state: 'Warning', message: 'weak' } },
    'Unknown: `status.state` is Warning: weak',
  ],
  ['a word nobody knows', WIDGET, { status: { state: 'dontknow' } }, 'Unknown: `status.state` is dontknow'],
  ['a word for what is not there', WIDGET, { status: { state: 'NotFound' } }, 'Missing: `status.state` is NotFound'],
  [
    'a word further down',
    WIDGET,
    { status: { applicationState: { state: 'FAILED' } } },
    'Degraded: `status.applicationState.state` is FAILED',
  ],
  [
    'the worse of a condition and a phase',
    WIDGET,
    { status: { phase: 'Provisioning', conditions: [condition('Ready', 'True')] } },
    'Progressing: `status.phase` is Provisioning',
  ],
  ['a flag that is false', WIDGET, { status: { healthy: false } }, 'Degraded: `status.healthy` is false'],
  ['a flag that may become true', WIDGET, { status: { ready: false } }, 'Progressing: `status.ready` is false'],
  ['an error', WIDGET, { status: { errMsg: 'timeout' } }, 'Degraded: `status.errMsg` is "timeout"'],
  [
    'replicas that are not ready',
    WIDGET,
    { spec: { replicas: 2 }, status: { readyReplicas: 1 } },
    'Progressing: 1 of 2 in `status.readyReplicas`',
  ],
  [
    'replicas that are not updated, though those there are do their work',
    WIDGET,
    { spec: { replicas: 2 }, status: { updatedReplicas: 1, conditions: [condition('Available', 'True')] } },
    'Progressing: 1 of 2 in `status.updatedReplicas`',
  ],
  ['replicas of something that is not counted', WIDGET, { spec: { replicas: 2 }, status: { topicId: 'a' } }, 'Healthy'],
])

check('kinds of their own', [
  [
    'a kind without a status is not waited for',
    'networking.istio.io/VirtualService',
    { spec: {} },
    'Healthy: there is no `status`',
  ],
  [
    'a synced resource of Crossplane that is not there yet',
    'rds.aws.crossplane.io/DBInstance',
    having(condition('Synced', 'True'), condition('Ready', 'False', { reason: 'Creating' })),
    'Progressing: `Ready` is False (Creating)',
  ],
  [
    'a paused resource of Crossplane',
    'rds.aws.crossplane.io/DBInstance',
    having(condition('Synced', 'False', { reason: 'ReconcilePaused' })),
    'Suspended: `Synced` is False (ReconcilePaused)',
  ],
  [
    'a package of Crossplane that is not healthy',
    'pkg.crossplane.io/Provider',
    having(condition('Installed', 'True'), condition('Healthy', 'False', { reason: 'UnhealthyPackageRevision' })),
    'Degraded: `Healthy` is False (UnhealthyPackageRevision)',
  ],
  [
    'a resource of AWS that will never be',
    's3.services.k8s.aws/Bucket',
    having(
      condition('ACK.Terminal', 'True', { message: 'BucketAlreadyExists' }),
      condition('ACK.ResourceSynced', 'False'),
    ),
    'Degraded: `ACK.Terminal` is True: BucketAlreadyExists',
  ],
  [
    'a rejected route of Gloo',
    'gateway.solo.io/VirtualService',
    { status: { statuses: { 'gloo-system': { state: 'Rejected', reason: 'no upstream' } } } },
    'Degraded: `status.statuses.*.state` is Rejected: no upstream',
  ],
  ['an accepted one, as a number', 'gloo.solo.io/Upstream', { status: { state: 1 } }, 'Healthy: `status.state` is 1'],
  [
    'a pending one, which is zero',
    'gloo.solo.io/Upstream',
    { status: { state: 0 } },
    'Progressing: `status.state` is 0',
  ],
  [
    'a policy that is not complied with',
    'policy.open-cluster-management.io/Policy',
    { status: { compliant: 'NonCompliant' } },
    'Degraded: `status.compliant` is NonCompliant',
  ],
  [
    'a binding whose object is unhealthy in a cluster',
    'work.karmada.io/ResourceBinding',
    { status: { conditions: [condition('Scheduled', 'True')], aggregatedStatus: [{ health: 'Unhealthy' }] } },
    'Degraded: `status.aggregatedStatus.*.health` is Unhealthy',
  ],
  [
    'a product of 3scale with a bad specification',
    'capabilities.3scale.net/Product',
    having(condition('Synced', 'False'), condition('Invalid', 'True', { message: 'unknown metric' })),
    'Degraded: `Invalid` is True: unknown metric',
  ],
  [
    'a tenant of MinIO that is set up',
    'minio.min.io/Tenant',
    { status: { currentState: 'Provisioning MinIO Statefulset' } },
    'Progressing: `status.currentState` is Provisioning MinIO Statefulset',
  ],
  [
    'a virtual machine that is off',
    'kubevirt.io/VirtualMachine',
    { status: { printableStatus: 'Stopped' } },
    'Suspended: `status.printableStatus` is Stopped',
  ],
  [
    'a Subscription that waits for a person',
    'operators.coreos.com/Subscription',
    having(condition('InstallPlanPending', 'True', { reason: 'RequiresApproval' })),
    'Suspended: `InstallPlanPending` is True (RequiresApproval)',
  ],
  [
    'a job of Ansible',
    'tower.ansible.com/AnsibleJob',
    { status: { ansibleJobResult: { status: 'running' } } },
    'Progressing: `status.ansibleJobResult.status` is running',
  ],
  [
    'a single node of Elasticsearch, which stays yellow',
    'elasticsearch.k8s.elastic.co/Elasticsearch',
    { status: { phase: 'Ready', health: 'yellow', availableNodes: 1 } },
    'Healthy: `status.availableNodes` is 1',
  ],
  [
    'a snapshot that failed',
    'snapshot.storage.k8s.io/VolumeSnapshot',
    { status: { readyToUse: false, error: { message: 'no driver' } } },
    'Degraded: `status.error.message` is no driver',
  ],
  [
    'a backend of Trident, whose state is no status',
    'trident.netapp.io/TridentBackend',
    { state: 'online' },
    'Healthy: `state` is online',
  ],
  [
    'a certificate of Google for a name that nobody can see',
    'networking.gke.io/ManagedCertificate',
    { status: { certificateStatus: 'Provisioning', domainStatus: [{ status: 'FailedNotVisible' }] } },
    'Degraded: `status.domainStatus.*.status` is FailedNotVisible',
  ],
  [
    'a node that is not registered',
    'karpenter.sh/NodeClaim',
    having(condition('Launched', 'True'), condition('Registered', 'Unknown'), condition('Ready', 'Unknown')),
    'Progressing: `Registered` is Unknown',
  ],
  [
    'a fleet of Agones that is in use in part',
    'agones.dev/Fleet',
    { spec: { replicas: 3 }, status: { replicas: 3, readyReplicas: 1, allocatedReplicas: 1 } },
    'Progressing: 2 of 3 in `status.readyReplicas + status.allocatedReplicas + status.reservedReplicas`',
  ],
  [
    'an autoscaler of Pods that are not there',
    'autoscaling.k8s.io/VerticalPodAutoscaler',
    having(condition('RecommendationProvided', 'False', { reason: 'NoPodsMatched', message: 'No pods match' })),
    'Healthy: `RecommendationProvided` is False (NoPodsMatched): No pods match',
  ],
  [
    'a database that cannot be made',
    'postgresql.cnpg.io/Database',
    { status: { applied: false, message: 'role "a" does not exist' } },
    'Degraded: `status.applied` is false: role "a" does not exist',
  ],
  [
    'an Application that somebody has to sync',
    'argoproj.io/Application',
    { status: { sync: { status: 'OutOfSync' }, health: { status: 'Healthy' } } },
    'Suspended: `status.sync.status` is OutOfSync',
  ],
  [
    'an Application whose manifests cannot be read',
    'argoproj.io/Application',
    {
      status: {
        sync: { status: 'Unknown' },
        health: { status: 'Healthy' },
        conditions: [{ type: 'ComparisonError', message: 'repository not found' }],
      },
    },
    'Degraded: `status.conditions.*.type` is ComparisonError: repository not found',
  ],
  [
    'a cluster of Gardener in the making',
    'core.gardener.cloud/Shoot',
    { status: { lastOperation: { state: 'Processing' } } },
    'Progressing: `status.lastOperation.state` is Processing',
  ],
])

const RULES: readonly (readonly [what: string, rule: StatusRule, object: object, expected: string | undefined])[] = [
  ['something is there', ['Degraded', 'status.a'], { status: { a: { message: 'b.' } } }, 'Degraded: `status.a` is b'],
  ['an empty list is nothing', ['Degraded', 'status.a'], { status: { a: [] } }, undefined],
  ['nothing is there', ['Progressing', '!status.a'], { status: {} }, 'Progressing: there is no `status.a`'],
  ['false is something', ['Progressing', '!status.a'], { status: { a: false } }, undefined],
  ['one of several words', ['Healthy', 'status.a = x|y z'], { status: { a: 'Y Z' } }, 'Healthy: `status.a` is Y Z'],
  [
    'a part of a word',
    ['Degraded', 'status.a = *fail*'],
    { status: { a: 'HasFailed' } },
    'Degraded: `status.a` is HasFailed',
  ],
  ['what is there, though empty', ['Healthy', 'spec.a = *'], { spec: { a: {} } }, 'Healthy: `spec.a` is there'],
  ['what is not there, not even empty', ['Healthy', 'spec.a = *'], { spec: { a: null } }, undefined],
  ['none of the words', ['Progressing', 'status.a != x'], { status: { a: 'y' } }, 'Progressing: `status.a` is y'],
  ['what is not there is no other word', ['Progressing', 'status.a != x'], { status: {} }, undefined],
  ['a smaller number', ['Progressing', 'status.a < spec.b'], { spec: { b: 2 } }, 'Progressing: 0 of 2 in `status.a`'],
  [
    'a smaller sum',
    ['Progressing', 'status.a + status.b < spec.c'],
    { spec: { c: 4 }, status: { a: 1, b: 2 } },
    'Progressing: 3 of 4 in `status.a + status.b`',
  ],
  ['a sum that is no smaller', ['Progressing', 'status.a + status.b < 3'], { status: { a: 1, b: 2 } }, undefined],
  ['a number above none', ['Degraded', '0 < status.a'], { status: { a: 2 } }, 'Degraded: `status.a` is 2'],
  ['a number that is no smaller', ['Progressing', 'status.a < 1'], { status: { a: 1 } }, undefined],
  [
    'a number beside it',
    ['Progressing', 'status.a.*.b < .c'],
    {
      status: {
        a: [
          { b: 1, c: 1 },
          { b: 1, c: 3 },
        ],
      },
    },
    'Progressing: 1 of 3 in `status.a.*.b`',
  ],
  ['any member', ['Degraded', 'status.*.b = x'], { status: { a: {}, c: { b: 'x' } } }, 'Degraded: `status.*.b` is x'],
  [
    'a member that lacks it',
    ['Degraded', '!status.*.b'],
    { status: { a: {}, c: { b: 'x' } } },
    'Degraded: there is no `status.*.b`',
  ],
  ['no member lacks it', ['Degraded', '!status.*.b'], { status: { c: { b: 'x' } } }, undefined],
  [
    'a condition',
    ['Degraded', '@A = False'],
    having(condition('A', 'False', { message: 'b' })),
    'Degraded: `A` is False: b',
  ],
  [
    'a reason',
    ['Suspended', '@A.reason = R'],
    having(condition('A', 'False', { reason: 'R' })),
    'Suspended: `A` is False (R)',
  ],
  [
    'a message',
    ['Degraded', '@A.message = cannot*'],
    having(condition('A', 'False', { message: 'cannot do it' })),
    'Degraded: `A` is False: cannot do it',
  ],
  ['a condition that is not there', ['Progressing', '!@A'], having(), 'Progressing: there is no `A`'],
  [
    'an annotation',
    ['Suspended', '#a.b/c = on'],
    { metadata: { annotations: { 'a.b/c': 'on' } } },
    'Suspended: `a.b/c` is on',
  ],
  ['all tests have to hold', ['Degraded', 'status.a', 'status.b'], { status: { a: 1 } }, undefined],
  ['no test at all holds', ['Progressing'], {}, 'Progressing: no rule says that it is ready'],
]
for (const [what, rule, object, expected] of RULES) {
  test(`a rule: ${what}`, () => {
    const found = healthByRules([rule], json(object))
    assert.equal(found === undefined ? undefined : `${found.status}: ${found.reason}`, expected)
  })
}

test('a sum is a test only where it is compared', () => {
  assert.deepEqual(['a + b < c', 'a + b', '!a + b', 'a + b = c'].map(isStatusTest), [true, false, false, false])
})

test('every test of every row can be understood', () => {
  const tests = KIND_RULES.flatMap(({ rules }) => rules.flatMap(([, ...each]) => each))
  assert.deepEqual(
    tests.filter((each) => !isStatusTest(each)),
    [],
  )
})

test('the rules of several rows about one kind follow each other', () => {
  const rules = statusRulesOf('promoter.argoproj.io/CommitStatus')
  assert.deepEqual(
    [rules[0], rules.at(-1)],
    [
      ['Degraded', '@Ready = False'],
      ['Healthy', '@Ready = True'],
    ],
  )
})

const WORDS: readonly (readonly [word: string, meaning: ReturnType<typeof meaningOf>])[] = [
  ...(['Ready', 'Running', 'HEALTH_OK', 'UpToDate', 'green', 'NoErrors', 'UPDATE_COMPLETE'] as const).map(
    (word) => [word, 'fine'] as const,
  ),
  ...(
    [
      'PendingSuccess',
      'Creating',
      'InProgress',
      'in-progress',
      'NotReady',
      'NotAllPodsReady',
      'PENDING_RERUN',
      'WaitingForX',
    ] as const
  ).map((word) => [word, 'underWay'] as const),
  ...(
    [
      'ConfigError',
      'ImagePullBackOff',
      'ErrRegisterACMEAccount',
      'NotFound',
      'Missing',
      'UpdateFailed',
      'RolloutAborted',
      'red',
    ] as const
  ).map((word) => [word, 'failed'] as const),
  ...(['Paused', 'StepPaused', 'SUSPENDED'] as const).map((word) => [word, 'paused'] as const),
  ...(['', 'dontknow', 'String', 'NewReplicaSet', 'Warning'] as const).map((word) => [word, undefined] as const),
]
for (const [word, meaning] of WORDS) {
  test(`the word "${word}" means ${meaning ?? 'nothing'}`, () => assert.equal(meaningOf(word), meaning))
}

test('what is what it is once it is applied takes no time', () => {
  const takes = (group: string, kind: string) => takesTime({ group, kind })
  assert.deepEqual(
    [takes('', 'ConfigMap'), takes('apps', 'Deployment'), takes('example.com', 'Widget'), takes('', 'Service')],
    [false, true, true, true],
  )
})

/** Kinds of all sorts: with a rule of their own, with rows, and with neither. */
const KINDS = `/Pod /Service apps/Deployment batch/CronJob autoscaling/HorizontalPodAutoscaler ${WIDGET} argoproj.io/Rollout
  gloo.solo.io/Upstream promoter.argoproj.io/PromotionStrategy cassandra.rook.io/Cluster s3.aws.crossplane.io/Bucket`

test('property: whatever an object holds, its health is one of the known, and has a reason unless it is healthy', () => {
  const text = fc.constantFrom('True', 'False', 'Unknown', '', 'Failed', 'Pending', 'Ready', 'x', '__proto__')
  const key = fc.constantFrom(
    ...['conditions', 'type', 'status', 'reason', 'message', 'phase', 'state', 'parents', 'replicas', 'readyReplicas'],
    ...['generation', 'observedGeneration', 'environments', 'containerStatuses', 'suspend', '__proto__', 'toString'],
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 5 }, text, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    map: fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  }))
  const object = fc.oneof(fc.record({ metadata: tree, spec: tree, status: tree }), tree, fc.jsonValue())
  fc.assert(
    fc.property(fc.constantFrom(...KINDS.split(/\s+/)), object, (groupKind, value) => {
      const [group = '', kind = ''] = groupKind.split('/')
      const { status, reason } = healthOf({ group, kind }, json(value))
      assert.ok(STATUSES.includes(status))
      assert.ok(status === 'Healthy' || reason !== '')
      assert.doesNotMatch(reason, /[\n\r]|undefined/)
    }),
    runs(2_000),
  )
})

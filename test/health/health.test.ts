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

/** The health of an object as `Status: reason`. */
function health(groupKind: string, object: object): string {
  const [group = '', kind = ''] = groupKind.split('/')
  const { status, reason, isFinal, isSilent } = healthOf({ group, kind }, json(object))
  const marks = `${isFinal === true ? ', final' : ''}${isSilent === true ? ', no status' : ''}`
  return `${status}${marks}${reason === '' ? '' : `: ${reason}`}`
}

const condition = (type: string, status: string, more: object = {}) => ({ type, status, ...more })
const generation2 = { metadata: { generation: 2 } }
const at = (status: object, spec: object = {}) => ({
  ...generation2,
  spec,
  status: { observedGeneration: 2, ...status },
})
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

const NOT_OBSERVED = 'Progressing: its controller has not seen the change yet'

check('workloads', [
  [
    'a rolled out Deployment is healthy',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Healthy',
  ],
  [
    'a Deployment without `replicas` has one',
    'apps/Deployment',
    at({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    'Healthy',
  ],
  ['a Deployment of 0 replicas is healthy', 'apps/Deployment', at({}, { replicas: 0 }), 'Healthy'],
  ['a Deployment without a status is progressing', 'apps/Deployment', { ...generation2, spec: {} }, NOT_OBSERVED],
  [
    'a Deployment with an unobserved generation is progressing, even if all replicas are available',
    'apps/Deployment',
    {
      ...generation2,
      spec: {},
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    },
    NOT_OBSERVED,
  ],
  [
    'a Deployment that is rolled out reports its updated replicas',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 1, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 1 of 2 in `status.updatedReplicas`',
  ],
  [
    'a Deployment waits for an old Pod to terminate',
    'apps/Deployment',
    at({ replicas: 3, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 1 old replica is pending termination',
  ],
  [
    'a Deployment reports how many old Pods it waits for',
    'apps/Deployment',
    at({ replicas: 4, updatedReplicas: 2, availableReplicas: 2 }, { replicas: 2 }),
    'Progressing: 2 old replicas are pending termination',
  ],
  [
    'a Deployment waits for its Pods to be available',
    'apps/Deployment',
    at({ replicas: 2, updatedReplicas: 2 }, { replicas: 2 }),
    'Progressing: 0 of 2 in `status.availableReplicas`',
  ],
  [
    'a Deployment past its progress deadline is degraded, but not finally',
    'apps/Deployment',
    at({
      conditions: [condition('Progressing', 'False', { reason: 'ProgressDeadlineExceeded', message: 'timed out.' })],
    }),
    'Degraded: timed out',
  ],
  [
    'a Deployment whose Pods exceed a quota is degraded',
    'apps/Deployment',
    at({ conditions: [condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota: q' })] }),
    'Degraded: exceeded quota: q',
  ],
  [
    'a paused Deployment is suspended',
    'apps/Deployment',
    { ...generation2, spec: { paused: true } },
    'Suspended: it is paused',
  ],
  ['a ReplicaSet is healthy once its Pods are available', 'apps/ReplicaSet', at({ availableReplicas: 1 }), 'Healthy'],
  [
    'a ReplicaSet whose Pods are rejected is degraded',
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
    'a StatefulSet is healthy once it is ready and updated',
    'apps/StatefulSet',
    at({ readyReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' }, { replicas: 3 }),
    'Healthy',
  ],
  [
    'a StatefulSet that is not ready is progressing',
    'apps/StatefulSet',
    at({ readyReplicas: 1 }, { replicas: 3 }),
    'Progressing: 1 of 3 in `status.readyReplicas`',
  ],
  [
    'a StatefulSet with `minReadySeconds` counts available Pods',
    'apps/StatefulSet',
    at({ readyReplicas: 3, availableReplicas: 1 }, { replicas: 3, minReadySeconds: 10 }),
    'Progressing: 1 of 3 in `status.availableReplicas`',
  ],
  [
    'a StatefulSet with `minReadySeconds` is healthy once its Pods are available',
    'apps/StatefulSet',
    at({ readyReplicas: 3, availableReplicas: 3 }, { replicas: 3, minReadySeconds: 10 }),
    'Healthy',
  ],
  [
    'a StatefulSet is progressing until all Pods are updated',
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
    'a StatefulSet with OnDelete is healthy without updated Pods',
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
  ['a DaemonSet without matching nodes is healthy', 'apps/DaemonSet', at({ desiredNumberScheduled: 0 }), 'Healthy'],
  [
    'a DaemonSet that is rolled out reports its updated Pods',
    'apps/DaemonSet',
    at({ desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 }),
    'Progressing: 1 of 2 in `status.updatedNumberScheduled`',
  ],
])

check('Pods and Jobs', [
  ['a Pod without a status is progressing', '/Pod', {}, 'Progressing: it has not started yet'],
  ['a ready Pod', '/Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }, 'Healthy'],
  [
    'a Pod that must complete is progressing while it runs',
    '/Pod',
    { spec: { restartPolicy: 'Never' }, status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
    'Progressing: it has not completed',
  ],
  ['a finished Pod', '/Pod', { status: { phase: 'Succeeded' } }, 'Healthy'],
  [
    'a failed Pod',
    '/Pod',
    { status: { phase: 'Failed', message: 'evicted' } },
    'Degraded, final: it has failed: evicted',
  ],
  ...['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError'].map(
    (reason): Case => [
      `a container in ${reason}, with the message of the kubelet`,
      '/Pod',
      containers(reason, 'it is so.'),
      `Degraded: it is in ${reason}: \`web\` cannot start: it is so.`,
    ],
  ),
  [
    'a crashing container, without the message of the kubelet about the back-off',
    '/Pod',
    containers('CrashLoopBackOff', 'back-off 10s restarting failed container'),
    'Degraded: it is in CrashLoopBackOff: `web` cannot start',
  ],
  [
    'an init container counts as well',
    '/Pod',
    containers('CreateContainerError', '', 'initContainerStatuses'),
    'Degraded: it is in CreateContainerError: `web` cannot start',
  ],
  [
    'a container that is being created is no issue',
    '/Pod',
    containers('ContainerCreating'),
    'Progressing: it has not started yet',
  ],
  ['a running Job', 'batch/Job', { status: { active: 1 } }, 'Progressing: it has not completed'],
  ['a complete Job', 'batch/Job', having(condition('Complete', 'True')), 'Healthy'],
  [
    'a failed Job is final',
    'batch/Job',
    having(condition('Failed', 'True', { message: 'Job has reached the specified backoff limit' })),
    'Degraded, final: Job has reached the specified backoff limit',
  ],
  ['a suspended Job', 'batch/Job', { spec: { suspend: true } }, 'Suspended: it is suspended'],
  ['a suspended CronJob', 'batch/CronJob', { spec: { suspend: true } }, 'Suspended: it is suspended'],
  ['a CronJob that has not run', 'batch/CronJob', { status: {} }, 'Healthy: it has not run yet'],
  [
    'a CronJob whose last run did not succeed',
    'batch/CronJob',
    { status: { lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:09Z' } },
    'Degraded: its last run did not succeed',
  ],
])

check('other built-in kinds', [
  ['a Service without a load balancer is healthy', '/Service', { spec: { type: 'ClusterIP' } }, 'Healthy'],
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
    'a load balancer with external IPs',
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
  ['a bound PVC', '/PersistentVolumeClaim', { status: { phase: 'Bound' } }, 'Healthy'],
  ['a pending PVC', '/PersistentVolumeClaim', { status: { phase: 'Pending' } }, 'Progressing: its phase is Pending'],
  ['a lost PVC', '/PersistentVolumeClaim', { status: { phase: 'Lost' } }, 'Degraded: its phase is Lost'],
  ['a volume without a PVC', '/PersistentVolume', { status: { phase: 'Available' } }, 'Healthy'],
  [
    'a volume that could not be recycled',
    '/PersistentVolume',
    { status: { phase: 'Failed', message: 'no plugin.' } },
    'Degraded: no plugin',
  ],
  ['a Namespace', '/Namespace', { status: { phase: 'Active' } }, 'Healthy'],
  ['a terminating Namespace', '/Namespace', { status: { phase: 'Terminating' } }, 'Progressing: it is being deleted'],
  ['a ConfigMap is healthy', '/ConfigMap', { data: { a: 'b' } }, 'Healthy'],
  [
    'an HPA without conditions',
    'autoscaling/HorizontalPodAutoscaler',
    { spec: {}, status: { currentReplicas: 0, desiredReplicas: 0 } },
    'Progressing, no status: its controller has not processed it yet',
  ],
  [
    'an HPA of autoscaling/v1, which has its conditions in an annotation',
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
    'an HPA without metrics is degraded',
    'autoscaling/HorizontalPodAutoscaler',
    having(
      condition('AbleToScale', 'True'),
      condition('ScalingActive', 'False', { reason: 'FailedGetResourceMetric', message: 'no metrics returned' }),
    ),
    'Degraded: `ScalingActive` is False (FailedGetResourceMetric): no metrics returned',
  ],
  [
    'an HPA whose target does not exist',
    'autoscaling/HorizontalPodAutoscaler',
    having(condition('AbleToScale', 'False', { reason: 'FailedGetScale', message: 'not found' })),
    'Degraded: `AbleToScale` is False (FailedGetScale): not found',
  ],
  [
    'an HPA whose target has 0 replicas',
    'autoscaling/HorizontalPodAutoscaler',
    having(condition('AbleToScale', 'True'), condition('ScalingActive', 'False', { reason: 'ScalingDisabled' })),
    'Healthy',
  ],
  [
    'a PodDisruptionBudget without a status',
    'policy/PodDisruptionBudget',
    {},
    'Progressing, no status: its controller has not counted its Pods yet',
  ],
  [
    'a PodDisruptionBudget that allows no disruption is healthy',
    'policy/PodDisruptionBudget',
    having(condition('DisruptionAllowed', 'False', { reason: 'InsufficientPods' })),
    'Healthy',
  ],
  [
    'a PodDisruptionBudget that its controller cannot sync',
    'policy/PodDisruptionBudget',
    having(condition('DisruptionAllowed', 'False', { reason: 'SyncFailed' })),
    'Degraded: its controller reports SyncFailed',
  ],
  [
    'an unavailable APIService',
    'apiregistration.k8s.io/APIService',
    having(condition('Available', 'False', { reason: 'MissingEndpoints', message: 'endpoints have no addresses' })),
    'Progressing: `Available` is False (MissingEndpoints): endpoints have no addresses',
  ],
  ['an available APIService', 'apiregistration.k8s.io/APIService', having(condition('Available', 'True')), 'Healthy'],
  [
    'an established CRD',
    'apiextensions.k8s.io/CustomResourceDefinition',
    having(condition('Established', 'True')),
    'Healthy',
  ],
  ['a new CRD', 'apiextensions.k8s.io/CustomResourceDefinition', {}, 'Progressing: it is not established'],
  [
    'a CRD whose names are taken',
    'apiextensions.k8s.io/CustomResourceDefinition',
    having(condition('NamesAccepted', 'False', { message: 'taken' })),
    'Degraded, final: taken',
  ],
  [
    'an object that is being deleted is progressing',
    '/ConfigMap',
    { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
    'Progressing: it is being deleted',
  ],
])

const WIDGET = 'example.com/Widget'

check('the conventions', [
  [
    'a False condition of an unknown type has an unknown meaning',
    WIDGET,
    having(condition('Sunny', 'False', { message: 'it rains' })),
    'Unknown: `Sunny` is False: it rains',
  ],
  [
    'a False condition of an unknown type with a reason that means failure',
    WIDGET,
    having(condition('Sunny', 'False', { reason: 'ForecastFailed' })),
    'Degraded: `Sunny` is False (ForecastFailed)',
  ],
  ['no status at all', WIDGET, generation2, 'Progressing, no status: it has no status yet'],
  ['an empty status counts as no status', WIDGET, { status: {} }, 'Progressing, no status: it has no status yet'],
  [
    'an object with a schedule may have no status before its first run',
    'example.com/Backups',
    { spec: { schedule: '0 0 * * *' } },
    'Healthy: it has not run yet',
  ],
  [
    'an empty list of conditions',
    WIDGET,
    { status: { observedGeneration: 1, conditions: [] } },
    'Progressing, no status: it has no conditions yet',
  ],
  ['a status that says nothing about health is healthy', WIDGET, { status: { uid: '7' } }, 'Healthy'],
  [
    'a controller that has not observed the generation',
    WIDGET,
    { ...generation2, status: { observedGeneration: 1 } },
    NOT_OBSERVED,
  ],
  [
    'an observed generation that is a string',
    WIDGET,
    { ...generation2, status: { observedGeneration: '1' } },
    NOT_OBSERVED,
  ],
  [
    'a failure about the current generation counts, even if `observedGeneration` is behind',
    WIDGET,
    {
      ...generation2,
      status: {
        observedGeneration: -1,
        conditions: [condition('Ready', 'False', { reason: 'GitOperationFailed', observedGeneration: 2 })],
      },
    },
    'Degraded: `Ready` is False (GitOperationFailed)',
  ],
  [
    'a condition about an older generation',
    WIDGET,
    { ...generation2, ...having(condition('Ready', 'True', { observedGeneration: 1 })) },
    NOT_OBSERVED,
  ],
  [
    'a suspended object need not be observed',
    WIDGET,
    { ...generation2, spec: { suspend: true }, status: { observedGeneration: 1 } },
    'Suspended: it is suspended: `spec.suspend` is true',
  ],
  [
    'an object that an annotation suspends',
    'keda.sh/ScaledObject',
    { metadata: { annotations: { 'autoscaling.keda.sh/paused-replicas': '0' } } },
    'Suspended: it is suspended by its annotation `autoscaling.keda.sh/paused-replicas`',
  ],
  [
    'a ready object has the message of its condition',
    WIDGET,
    having(condition('Ready', 'True', { message: 'Secret was synced.' })),
    'Healthy: Secret was synced',
  ],
  [
    'a failed object has the message of its controller',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'SecretSyncedError', message: 'could not get\nsecret data' })),
    'Degraded: `Ready` is False (SecretSyncedError): could not get secret data',
  ],
  [
    'a reason that means progress',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'Provisioning' })),
    'Progressing: `Ready` is False (Provisioning)',
  ],
  [
    'a message that starts with the work, without a reason',
    WIDGET,
    having(condition('Ready', 'False', { message: 'Waiting for more replicas' })),
    'Progressing: `Ready` is False: Waiting for more replicas',
  ],
  [
    'a message about work that failed',
    WIDGET,
    having(condition('Ready', 'False', { message: 'creating the bucket: access denied' })),
    'Degraded: `Ready` is False: creating the bucket: access denied',
  ],
  [
    'the conditions of a Deployment that is rolled out, on a custom resource',
    WIDGET,
    having(
      condition('Available', 'False', { reason: 'MinimumReplicasUnavailable' }),
      condition('Progressing', 'True', { reason: 'ReplicaSetUpdated' }),
    ),
    'Progressing: `Available` is False (MinimumReplicasUnavailable)',
  ],
  [
    'an unmanaged object',
    WIDGET,
    { spec: { managementState: 'Unmanaged' } },
    'Suspended: its operator does not manage it: `spec.managementState` is unmanaged',
  ],
  [
    'a main condition that is False without a reason',
    WIDGET,
    having(condition('Ready', 'False')),
    'Progressing: `Ready` is False',
  ],
  [
    'a validity condition that is False without a reason',
    WIDGET,
    having(condition('Accepted', 'False')),
    'Degraded: `Accepted` is False',
  ],
  [
    'a condition that only publishes a number',
    WIDGET,
    having(condition('Conflict', 'False'), condition('IPsAvailable', 'Unknown', { reason: 'none', message: '254' })),
    'Healthy',
  ],
  [
    'a main condition that is Unknown',
    WIDGET,
    having(condition('Ready', 'Unknown')),
    'Progressing: `Ready` is Unknown',
  ],
  [
    'a message about an error outweighs the reason',
    WIDGET,
    having(condition('Ready', 'False', { reason: 'Migrating', message: 'Error: checksum mismatch' })),
    'Degraded: `Ready` is False (Migrating): Error: checksum mismatch',
  ],
  [
    'work in progress in another condition',
    WIDGET,
    having(
      condition('Ready', 'False', { reason: 'DoesNotExist' }),
      condition('Issuing', 'True', { reason: 'DoesNotExist' }),
    ),
    'Progressing: `Ready` is False (DoesNotExist)',
  ],
  [
    'a retry is no progress',
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
    'a ready object is healthy, even if a detail failed',
    WIDGET,
    having(condition('Ready', 'True'), condition('CronJobAvailable', 'False', { reason: 'Failed' })),
    'Healthy',
  ],
  [
    'an object that is not ready reports the failed detail',
    WIDGET,
    having(condition('Ready', 'False'), condition('Running', 'False', { reason: 'Error', message: 'no route' })),
    'Degraded: `Running` is False (Error): no route',
  ],
  [
    'details count if there is no main condition',
    WIDGET,
    having(condition('Deployed', 'True'), condition('PodsHealthy', 'False', { reason: 'NoPodsFound' })),
    'Degraded: `PodsHealthy` is False (NoPodsFound)',
  ],
  [
    'conditions of unknown types count if there are no others',
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
    'a route that no gateway has accepted',
    'gateway.networking.k8s.io/HTTPRoute',
    { status: { parents: [] } },
    'Progressing: no controller has accepted it yet: `status.parents` is empty',
  ],
  [
    'a phase, with the message beside it',
    WIDGET,
    { status: { phase: 'Failed', message: 'no space left' } },
    'Degraded: `status.phase` is Failed: no space left',
  ],
  [
    'a state in upper case',
    WIDGET,
    { status: { state: 'PENDING_RERUN' } },
    'Progressing: `status.state` is PENDING_RERUN',
  ],
  ['a phase that means suspended', WIDGET, { status: { phase: 'Paused' } }, 'Suspended: `status.phase` is Paused'],
  ['a running object is healthy', WIDGET, { status: { phase: 'Running' } }, 'Healthy'],
  [
    'a running object with too few replicas',
    WIDGET,
    { spec: { replicas: 2 }, status: { phase: 'Running', replicas: 2, readyReplicas: 1 } },
    'Progressing: 1 of 2 in `status.readyReplicas`',
  ],
  [
    'a fraction that is a string',
    WIDGET,
    { status: { phase: 'Running', workers: { ready: '1/3' } } },
    'Progressing: 1 of 3 in `status.workers.ready`',
  ],
  ['an empty phase', WIDGET, { status: { phase: '' } }, 'Progressing: `status.phase` is empty'],
  [
    'an object that runs to completion is progressing while it runs',
    'example.com/PipelineRun',
    { status: { phase: 'Running' } },
    'Progressing: `status.phase` is Running',
  ],
  [
    'a warning, which does not mean progress',
    WIDGET,
    { status: { state: 'Warning', message: 'weak' } },
    'Unknown: `status.state` is Warning: weak',
  ],
  ['an unknown word', WIDGET, { status: { state: 'dontknow' } }, 'Unknown: `status.state` is dontknow'],
  ['a word that means missing', WIDGET, { status: { state: 'NotFound' } }, 'Missing: `status.state` is NotFound'],
  [
    'a nested word',
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
    'replicas that are ready but not updated',
    WIDGET,
    { spec: { replicas: 2 }, status: { updatedReplicas: 1, conditions: [condition('Available', 'True')] } },
    'Progressing: 1 of 2 in `status.updatedReplicas`',
  ],
  ['replicas that the status does not count', WIDGET, { spec: { replicas: 2 }, status: { topicId: 'a' } }, 'Healthy'],
])

check('kinds with rules', [
  [
    'a kind without a status is not waited for',
    'networking.istio.io/VirtualService',
    { spec: {} },
    'Healthy: `status` is missing',
  ],
  [
    'a synced resource of Crossplane that is being created',
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
    'a resource of AWS that cannot be created',
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
  [
    'an accepted Upstream, as a number',
    'gloo.solo.io/Upstream',
    { status: { state: 1 } },
    'Healthy: `status.state` is 1',
  ],
  [
    'a pending Upstream, which is zero',
    'gloo.solo.io/Upstream',
    { status: { state: 0 } },
    'Progressing: `status.state` is 0',
  ],
  [
    'a policy that is violated',
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
    'a Subscription that waits for approval',
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
    'a backend of Trident, whose state is outside its status',
    'trident.netapp.io/TridentBackend',
    { state: 'online' },
    'Healthy: `state` is online',
  ],
  [
    'a Google certificate for a domain that is not visible',
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
    'a VerticalPodAutoscaler without matching Pods',
    'autoscaling.k8s.io/VerticalPodAutoscaler',
    having(condition('RecommendationProvided', 'False', { reason: 'NoPodsMatched', message: 'No pods match' })),
    'Healthy: `RecommendationProvided` is False (NoPodsMatched): No pods match',
  ],
  [
    'a database that cannot be created',
    'postgresql.cnpg.io/Database',
    { status: { applied: false, message: 'role "a" does not exist' } },
    'Degraded: `status.applied` is false: role "a" does not exist',
  ],
  [
    'an Application that must be synced manually',
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
    'a Gardener cluster that is being created',
    'core.gardener.cloud/Shoot',
    { status: { lastOperation: { state: 'Processing' } } },
    'Progressing: `status.lastOperation.state` is Processing',
  ],
])

const RULES: readonly (readonly [what: string, rule: StatusRule, object: object, expected: string | undefined])[] = [
  ['a set value', ['Degraded', 'status.a'], { status: { a: { message: 'b.' } } }, 'Degraded: `status.a` is b'],
  ['an empty list is not set', ['Degraded', 'status.a'], { status: { a: [] } }, undefined],
  ['a missing value', ['Progressing', '!status.a'], { status: {} }, 'Progressing: `status.a` is missing'],
  ['false is set', ['Progressing', '!status.a'], { status: { a: false } }, undefined],
  ['one of several words', ['Healthy', 'status.a = x|y z'], { status: { a: 'Y Z' } }, 'Healthy: `status.a` is Y Z'],
  [
    'a part of a word',
    ['Degraded', 'status.a = *fail*'],
    { status: { a: 'HasFailed' } },
    'Degraded: `status.a` is HasFailed',
  ],
  ['an empty value exists', ['Healthy', 'spec.a = *'], { spec: { a: {} } }, 'Healthy: `spec.a` is set'],
  ['null does not exist', ['Healthy', 'spec.a = *'], { spec: { a: null } }, undefined],
  ['none of the words', ['Progressing', 'status.a != x'], { status: { a: 'y' } }, 'Progressing: `status.a` is y'],
  ['a missing value is not another word', ['Progressing', 'status.a != x'], { status: {} }, undefined],
  ['a smaller number', ['Progressing', 'status.a < spec.b'], { spec: { b: 2 } }, 'Progressing: 0 of 2 in `status.a`'],
  [
    'a smaller sum',
    ['Progressing', 'status.a + status.b < spec.c'],
    { spec: { c: 4 }, status: { a: 1, b: 2 } },
    'Progressing: 3 of 4 in `status.a + status.b`',
  ],
  ['a sum that is not smaller', ['Progressing', 'status.a + status.b < 3'], { status: { a: 1, b: 2 } }, undefined],
  ['a number above 0', ['Degraded', '0 < status.a'], { status: { a: 2 } }, 'Degraded: `status.a` is 2'],
  ['a number that is not smaller', ['Progressing', 'status.a < 1'], { status: { a: 1 } }, undefined],
  [
    'a number of the same object',
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
    'a member without the value',
    ['Degraded', '!status.*.b'],
    { status: { a: {}, c: { b: 'x' } } },
    'Degraded: `status.*.b` is missing',
  ],
  ['every member has the value', ['Degraded', '!status.*.b'], { status: { c: { b: 'x' } } }, undefined],
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
  ['a missing condition', ['Progressing', '!@A'], having(), 'Progressing: `A` is missing'],
  [
    'an annotation',
    ['Suspended', '#a.b/c = on'],
    { metadata: { annotations: { 'a.b/c': 'on' } } },
    'Suspended: `a.b/c` is on',
  ],
  ['all tests must pass', ['Degraded', 'status.a', 'status.b'], { status: { a: 1 } }, undefined],
  ['a rule without tests', ['Progressing'], {}, 'Progressing: no rule says that it is ready'],
]
for (const [what, rule, object, expected] of RULES) {
  test(`a rule: ${what}`, () => {
    const found = healthByRules([rule], json(object))
    assert.equal(found === undefined ? undefined : `${found.status}: ${found.reason}`, expected)
  })
}

test('a sum is a valid test only in a comparison', () => {
  assert.deepEqual(['a + b < c', 'a + b', '!a + b', 'a + b = c'].map(isStatusTest), [true, false, false, false])
})

test('every test of the kind rules is valid', () => {
  const tests = KIND_RULES.flatMap(({ rules }) => rules.flatMap(([, ...each]) => each))
  assert.deepEqual(
    tests.filter((each) => !isStatusTest(each)),
    [],
  )
})

test('the rules of several entries for one kind are concatenated', () => {
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

test('a ConfigMap takes no time to become healthy; a workload, a custom resource and a Service may', () => {
  const takes = (group: string, kind: string) => takesTime({ group, kind })
  assert.deepEqual(
    [takes('', 'ConfigMap'), takes('apps', 'Deployment'), takes('example.com', 'Widget'), takes('', 'Service')],
    [false, true, true, true],
  )
})

/** Built-in kinds, custom kinds with rules, and custom kinds without. */
const KINDS = `/Pod /Service apps/Deployment batch/CronJob autoscaling/HorizontalPodAutoscaler ${WIDGET} argoproj.io/Rollout
  gloo.solo.io/Upstream promoter.argoproj.io/PromotionStrategy cassandra.rook.io/Cluster s3.aws.crossplane.io/Bucket`

test('property: any object has a known health status, and a reason unless it is healthy', () => {
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

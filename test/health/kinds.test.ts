import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthOf } from '../../src/health/health.ts'
import type { Status } from '../../src/health/status.ts'
import { parseJson } from '../../src/json.ts'

/** A kind, a status of its controller, the expected health, and other fields of the object. */
type Case = readonly [groupKind: string, status: object | undefined, expected: Status, rest?: Rest]

/** Top-level fields of an object besides its status; `generation` is that of its metadata. */
interface Rest {
  readonly generation?: number
  readonly [key: string]: unknown
}

function check(cases: readonly Case[]): void {
  for (const [groupKind, status, expected, rest] of cases) {
    const [group = '', kind = ''] = groupKind.split('/')
    const { generation, ...more } = rest ?? {}
    const object = { metadata: { generation }, ...more, ...(status && { status }) }
    test(`${groupKind} is ${expected} with ${JSON.stringify({ ...rest, status })}`, () => {
      const found = healthOf({ group, kind }, parseJson(JSON.stringify(object)))
      assert.equal(found.status, expected, found.reason)
    })
  }
}

const cond = (type: string, status: string, reason = '', message = '') => ({ type, status, reason, message })
const having = (...conditions: object[]) => ({ conditions })
const ready = (status: string, reason = '', message = '') => having(cond('Ready', status, reason, message))
const spec = (more: object): Rest => ({ spec: more })

// https://github.com/solo-io/solo-kit/blob/main/api/v1/status.proto: words, or the numbers of the enum, of which zero is omitted.
check([
  ['gloo.solo.io/Upstream', undefined, 'Progressing'],
  ['gloo.solo.io/Upstream', { state: 'Accepted' }, 'Healthy'],
  ['gloo.solo.io/Upstream', { state: 2, reason: 'no such host' }, 'Degraded'],
  ['gloo.solo.io/UpstreamGroup', { state: 'Warning', reason: 'upstream not found' }, 'Degraded'],
  ['gloo.solo.io/Proxy', { reportedBy: 'gloo' }, 'Progressing'],
  ['gloo.solo.io/Settings', { statuses: { 'gloo-system': { state: 1 } } }, 'Healthy'],
  ['gateway.solo.io/VirtualService', { statuses: { a: { state: 'Accepted' }, b: { state: 'Rejected' } } }, 'Degraded'],
  ['gateway.solo.io/VirtualService', { statuses: { a: { state: 'Accepted' }, b: { reportedBy: 'b' } } }, 'Progressing'],
  ['gateway.solo.io/RouteTable', { statuses: { a: { state: 3 } } }, 'Degraded'],
  ['gateway.solo.io/Gateway', { statuses: { a: { state: 0 } } }, 'Progressing'],
  ['gateway.solo.io/RouteOption', { statuses: {} }, 'Progressing'],
])

// https://github.com/3scale/3scale-operator/tree/master/controllers/capabilities: *_status_reconciler.go
const threescale = (type: string, failure: string, message = '') =>
  having(
    cond(type, failure === '' ? 'True' : 'False'),
    ...['Failed', 'Invalid', 'Orphan', 'Waiting'].map((each) =>
      cond(each, each === failure ? 'True' : 'False', '', each === failure ? message : ''),
    ),
  )
check([
  ['capabilities.3scale.net/Product', threescale('Synced', ''), 'Healthy'],
  ['capabilities.3scale.net/Product', threescale('Synced', 'Invalid', 'unknown metric'), 'Degraded'],
  ['capabilities.3scale.net/Backend', threescale('Synced', 'Failed', 'connection refused'), 'Degraded'],
  ['capabilities.3scale.net/ActiveDoc', threescale('Ready', 'Orphan', 'product not found'), 'Degraded'],
  ['capabilities.3scale.net/OpenAPI', having(cond('Ready', 'False'), cond('Failed', 'False')), 'Progressing'],
  ['capabilities.3scale.net/Tenant', { tenantId: 0, adminId: 0, ...threescale('Ready', 'Failed', 'x') }, 'Degraded'],
  ['capabilities.3scale.net/Tenant', { tenantId: 3, adminId: 4 }, 'Healthy'],
  ['capabilities.3scale.net/Product', { observedGeneration: 1 }, 'Progressing'],
  ['capabilities.3scale.net/DeveloperAccount', threescale('Ready', 'Waiting', 'no admin user yet'), 'Progressing'],
  ['capabilities.3scale.net/DeveloperAccount', { accountState: 'approved', ...threescale('Ready', '') }, 'Healthy'],
  ['capabilities.3scale.net/DeveloperUser', { developerUserState: 'pending', ...threescale('Ready', '') }, 'Healthy'],
  ['capabilities.3scale.net/Application', { state: 'live', ...ready('True') }, 'Healthy'],
  ['capabilities.3scale.net/Application', ready('False', '', 'plan not found'), 'Degraded'],
  ['capabilities.3scale.net/Application', ready('True'), 'Suspended', spec({ suspend: true })],
  ['capabilities.3scale.net/ProxyConfigPromote', ready('False'), 'Progressing'],
])

// https://gateway-api.sigs.k8s.io/reference/spec: the reasons of Accepted, Programmed and ResolvedRefs
const parent = (...conditions: object[]) => ({ parents: [{ conditions }] })
check([
  ['gateway.networking.k8s.io/HTTPRoute', { parents: [] }, 'Progressing'],
  ['gateway.networking.k8s.io/HTTPRoute', parent(cond('Accepted', 'Unknown', 'Pending')), 'Progressing'],
  ['gateway.networking.k8s.io/HTTPRoute', parent(cond('Accepted', 'False', 'NoMatchingParent')), 'Degraded'],
  ['gateway.networking.k8s.io/HTTPRoute', parent(cond('Accepted', 'False', 'NotAllowedByListeners')), 'Degraded'],
  [
    'gateway.networking.k8s.io/GRPCRoute',
    parent(cond('Accepted', 'True', 'Accepted'), cond('ResolvedRefs', 'False', 'RefNotPermitted')),
    'Degraded',
  ],
  [
    'gateway.networking.k8s.io/GRPCRoute',
    parent(cond('Accepted', 'True', 'Accepted'), cond('ResolvedRefs', 'True', 'ResolvedRefs')),
    'Healthy',
  ],
  [
    'gateway.networking.k8s.io/HTTPRoute',
    parent(cond('Accepted', 'True'), cond('PartiallyInvalid', 'True', 'UnsupportedValue')),
    'Degraded',
  ],
  [
    'gateway.networking.k8s.io/HTTPRoute',
    parent({ ...cond('Accepted', 'True'), observedGeneration: 1 }),
    'Progressing',
    { generation: 2 },
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    having(cond('Accepted', 'Unknown', 'Pending'), cond('Programmed', 'Unknown', 'Pending')),
    'Progressing',
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    having(cond('Accepted', 'True', 'Accepted'), cond('Programmed', 'False', 'AddressNotAssigned')),
    'Progressing',
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    having(cond('Accepted', 'True', 'Accepted'), cond('Programmed', 'False', 'AddressNotUsable')),
    'Degraded',
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    having(cond('Accepted', 'True', 'Accepted'), cond('Programmed', 'False', 'NoResources')),
    'Degraded',
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    {
      ...having(cond('Accepted', 'True', 'ListenersNotValid'), cond('Programmed', 'True', 'Programmed')),
      listeners: [having(cond('ResolvedRefs', 'False', 'InvalidCertificateRef'), cond('Conflicted', 'False'))],
    },
    'Degraded',
  ],
  [
    'gateway.networking.k8s.io/Gateway',
    {
      ...having(cond('Accepted', 'True', 'Accepted'), cond('Programmed', 'True', 'Programmed')),
      listeners: [having(cond('Accepted', 'True'), cond('OverlappingTLSConfig', 'True', 'OverlappingHostnames'))],
    },
    'Healthy',
  ],
  ['gateway.networking.k8s.io/GatewayClass', having(cond('Accepted', 'Unknown', 'Waiting')), 'Progressing'],
  ['gateway.networking.k8s.io/GatewayClass', having(cond('Accepted', 'False', 'InvalidParameters')), 'Degraded'],
  [
    'gateway.networking.k8s.io/BackendTLSPolicy',
    { ancestors: [having(cond('Accepted', 'False', 'TargetNotFound'))] },
    'Degraded',
  ],
  ['gateway.networking.k8s.io/BackendTLSPolicy', { ancestors: [] }, 'Progressing'],
  ['gateway.networking.k8s.io/ReferenceGrant', undefined, 'Healthy'],
])

// https://github.com/open-cluster-management-io/config-policy-controller/tree/main/api
check([
  ['policy.open-cluster-management.io/Policy', { compliant: 'Compliant' }, 'Healthy'],
  ['policy.open-cluster-management.io/Policy', { compliant: 'Pending' }, 'Progressing'],
  ['policy.open-cluster-management.io/Policy', { placement: [{}] }, 'Progressing'],
  ['policy.open-cluster-management.io/Policy', { compliant: 'Compliant' }, 'Suspended', spec({ disabled: true })],
  ['policy.open-cluster-management.io/Policy', { status: [{ compliant: 'NonCompliant' }] }, 'Degraded'],
  ['policy.open-cluster-management.io/ConfigurationPolicy', { compliant: 'UnknownCompliancy' }, 'Progressing'],
  ['policy.open-cluster-management.io/ConfigurationPolicy', { compliant: 'Terminating' }, 'Progressing'],
  [
    'policy.open-cluster-management.io/ConfigurationPolicy',
    { compliant: 'Compliant', lastEvaluatedGeneration: 1 },
    'Progressing',
    { generation: 2 },
  ],
  ['policy.open-cluster-management.io/OperatorPolicy', { compliant: 'NonCompliant' }, 'Degraded'],
  ['policy.open-cluster-management.io/CertificatePolicy', { compliant: 'Compliant' }, 'Healthy'],
  ['policy.open-cluster-management.io/PlacementBinding', undefined, 'Healthy'],
])

// https://github.com/karmada-io/karmada/blob/master/pkg/apis/work/v1alpha2/binding_types.go, pkg/util/helper/workstatus.go
const scheduled = cond('Scheduled', 'True', 'Success')
const applied = cond('FullyApplied', 'True', 'FullyAppliedSuccess')
const notApplied = cond('FullyApplied', 'False', 'FullyAppliedFailed', 'Failed to apply all works')
const ofDeployment = spec({ resource: { kind: 'Deployment' } })
const member = { clusterName: 'a', applied: true, health: 'Healthy' }
check([
  ['work.karmada.io/ResourceBinding', having(scheduled), 'Progressing'],
  ['work.karmada.io/ResourceBinding', having(cond('Scheduled', 'False', 'NoClusterFit')), 'Degraded'],
  ['work.karmada.io/ResourceBinding', having(scheduled, notApplied), 'Progressing'],
  ['work.karmada.io/ResourceBinding', { ...having(scheduled, applied), aggregatedStatus: [member] }, 'Healthy'],
  [
    'work.karmada.io/ResourceBinding',
    {
      ...having(scheduled, notApplied),
      aggregatedStatus: [member, { clusterName: 'b', appliedMessage: 'denied', health: 'Unknown' }],
    },
    'Degraded',
  ],
  [
    'work.karmada.io/ResourceBinding',
    { ...having(scheduled, applied), aggregatedStatus: [member, { ...member, health: 'Unhealthy' }] },
    'Degraded',
  ],
  [
    'work.karmada.io/ResourceBinding',
    { ...having(scheduled, applied), aggregatedStatus: [{ ...member, health: 'Unknown' }] },
    'Progressing',
    ofDeployment,
  ],
  // The health of a ConfigMap stays Unknown.
  [
    'work.karmada.io/ResourceBinding',
    { ...having(scheduled, applied), aggregatedStatus: [{ ...member, health: 'Unknown' }] },
    'Healthy',
    spec({ resource: { kind: 'ConfigMap' } }),
  ],
  [
    'work.karmada.io/ClusterResourceBinding',
    having(scheduled),
    'Suspended',
    spec({ suspension: { dispatching: true } }),
  ],
  ['policy.karmada.io/PropagationPolicy', undefined, 'Healthy'],
])

// https://docs.confluent.io/operator/current/co-api.html
check([
  ['platform.confluent.io/Kafka', { phase: 'RUNNING', replicas: 3, readyReplicas: 3 }, 'Healthy'],
  ['platform.confluent.io/Kafka', { phase: 'FAILED' }, 'Degraded'],
  [
    'platform.confluent.io/Kafka',
    { phase: 'PROVISIONING', ...having(cond('platform.confluent.io/cluster-ready', 'False', 'x', 'not ready')) },
    'Progressing',
  ],
  ['platform.confluent.io/Connect', { phase: 'RUNNING', replicas: 3, readyReplicas: 2 }, 'Progressing'],
  [
    'platform.confluent.io/Gateway',
    having(cond('platform.confluent.io/cluster-ready', 'False', 'ApplyFailed', 'secretRef not found')),
    'Degraded',
  ],
  ['platform.confluent.io/KafkaTopic', { state: 'CREATED', appState: 'Unknown', replicas: 3 }, 'Healthy'],
  ['platform.confluent.io/KafkaTopic', { appState: 'Unknown' }, 'Progressing'],
  [
    'platform.confluent.io/KafkaTopic',
    { appState: 'Created', ...having(cond('platform.confluent.io/app-ready', 'True', 'Created')) },
    'Healthy',
  ],
  ['platform.confluent.io/KafkaTopic', { appState: 'Failed', state: 'ERROR' }, 'Degraded'],
  [
    'platform.confluent.io/Connector',
    { appState: 'Created', connectorState: 'RUNNING', tasksReady: '0/1' },
    'Progressing',
  ],
  [
    'platform.confluent.io/Connector',
    { connectorState: 'RUNNING', tasksReady: '0/1', failedTasksCount: 1 },
    'Degraded',
  ],
])

// https://github.com/kedacore/keda/blob/main/apis/keda/v1alpha1/condition_types.go
check([
  ['keda.sh/ScaledObject', having(cond('Ready', 'Unknown'), cond('Active', 'Unknown')), 'Progressing'],
  ['keda.sh/ScaledObject', having(cond('Ready', 'True'), cond('Active', 'False', 'ScalerNotActive')), 'Healthy'],
  ['keda.sh/ScaledObject', ready('False', 'ScaledObjectCheckFailed', 'no target'), 'Degraded'],
  ['keda.sh/ScaledObject', having(cond('Ready', 'True'), cond('Fallback', 'True', 'FallbackExists')), 'Degraded'],
  ['keda.sh/ScaledObject', having(cond('Ready', 'True'), cond('Paused', 'True', 'ScaledObjectPaused')), 'Suspended'],
  ['keda.sh/ScaledObject', having(cond('Ready', 'True'), cond('Paused', 'Unknown')), 'Healthy'],
  ['keda.sh/ScaledJob', ready('False', 'ScaledJobCheckFailed'), 'Degraded'],
  ['keda.sh/TriggerAuthentication', undefined, 'Healthy'],
])

// https://github.com/minio/operator/blob/v6.0.0/pkg/controller/main-controller.go: the states, and arbitrary errors
check([
  ['minio.min.io/Tenant', { availableReplicas: 0 }, 'Progressing'],
  ['minio.min.io/Tenant', { currentState: 'Provisioning MinIO Statefulset' }, 'Progressing'],
  ['minio.min.io/Tenant', { currentState: 'Waiting for MinIO TLS Certificate' }, 'Progressing'],
  ['minio.min.io/Tenant', { currentState: 'Restarting MinIO' }, 'Progressing'],
  ['minio.min.io/Tenant', { currentState: 'Initialized', healthStatus: 'green' }, 'Healthy'],
  ['minio.min.io/Tenant', { currentState: 'Initialized', healthStatus: 'yellow' }, 'Healthy'],
  ['minio.min.io/Tenant', { currentState: 'Initialized', healthStatus: 'red' }, 'Degraded'],
  ['minio.min.io/Tenant', { currentState: 'Different versions across MinIO Pools' }, 'Degraded'],
  ['minio.min.io/Tenant', { currentState: 'Statefulset not controlled by operator' }, 'Degraded'],
  ['minio.min.io/Tenant', { currentState: "pool #0 setup doesn't have exactly 4 servers" }, 'Degraded'],
])

// https://github.com/kserve/kserve/blob/master/pkg/apis/serving/v1beta1/inference_service_status.go
const model = (transitionStatus: string, states = {}) => ({ modelStatus: { transitionStatus, states } })
const unavailable = ready('False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability')
check([
  ['serving.kserve.io/InferenceService', { ...ready('True'), ...model('UpToDate') }, 'Healthy'],
  ['serving.kserve.io/InferenceService', { ...ready('Unknown'), ...model('InProgress') }, 'Progressing'],
  ['serving.kserve.io/InferenceService', { ...unavailable, ...model('InProgress') }, 'Progressing'],
  ['serving.kserve.io/InferenceService', { ...ready('True'), ...model('BlockedByFailedLoad') }, 'Degraded'],
  ['serving.kserve.io/InferenceService', { ...ready('False'), ...model('InvalidSpec') }, 'Degraded'],
  [
    'serving.kserve.io/InferenceService',
    { ...ready('False'), ...model('InProgress', { targetModelState: 'FailedToLoad' }) },
    'Degraded',
  ],
  [
    'serving.kserve.io/InferenceService',
    having(cond('Ready', 'False', 'Stopped'), cond('Stopped', 'True', 'Stopped')),
    'Suspended',
  ],
])

// https://projectcontour.io/docs/main/config/api/: currentStatus, and the condition it repeats
const valid = (status: string, observedGeneration = 2) =>
  having({ ...cond('Valid', status, 'x', 'y'), observedGeneration })
check([
  ['projectcontour.io/HTTPProxy', { currentStatus: 'valid', ...valid('True') }, 'Healthy', { generation: 2 }],
  ['projectcontour.io/HTTPProxy', { currentStatus: 'valid', ...valid('True') }, 'Progressing', { generation: 3 }],
  ['projectcontour.io/HTTPProxy', { currentStatus: 'invalid', ...valid('False') }, 'Degraded'],
  ['projectcontour.io/HTTPProxy', { currentStatus: 'orphaned' }, 'Degraded'],
  ['projectcontour.io/HTTPProxy', { currentStatus: 'NotReconciled' }, 'Progressing'],
  ['projectcontour.io/ExtensionService', valid('False'), 'Degraded'],
  ['projectcontour.io/ExtensionService', valid('True'), 'Healthy'],
])

// https://github.com/kubernetes-sigs/karpenter/tree/main/pkg/apis/v1: nodeclaim_status.go, nodepool_status.go
const launched = cond('Launched', 'True')
check([
  ['karpenter.sh/NodeClaim', having(cond('Launched', 'Unknown'), cond('Ready', 'Unknown')), 'Progressing'],
  ['karpenter.sh/NodeClaim', having(cond('Launched', 'False', 'LaunchFailed', 'no capacity')), 'Degraded'],
  [
    'karpenter.sh/NodeClaim',
    having(launched, cond('Registered', 'False', 'NodeNotFound', 'Node not registered'), cond('Ready', 'False')),
    'Progressing',
  ],
  [
    'karpenter.sh/NodeClaim',
    having(launched, cond('Registered', 'True'), cond('Initialized', 'False', 'NodeNotReady', 'Node not ready')),
    'Progressing',
  ],
  [
    'karpenter.sh/NodeClaim',
    having(
      launched,
      cond('Registered', 'True'),
      cond('Initialized', 'True'),
      cond('Ready', 'True'),
      cond('Drifted', 'True'),
    ),
    'Healthy',
  ],
  ['karpenter.sh/NodePool', ready('False', 'NodeClassNotReady'), 'Degraded'],
  ['karpenter.sh/NodePool', ready('Unknown'), 'Progressing'],
  ['karpenter.sh/NodePool', having(cond('Ready', 'True'), cond('NodeRegistrationHealthy', 'False')), 'Degraded'],
])

// https://kubevirt.io/api-reference/main/definitions.html: printableStatus, and the phases of an instance
const printable = (printableStatus: string, status = 'False') => ({ printableStatus, ...ready(status) })
check([
  ['kubevirt.io/VirtualMachine', printable('Starting'), 'Progressing', spec({ running: true })],
  ['kubevirt.io/VirtualMachine', printable('Running', 'True'), 'Healthy', spec({ runStrategy: 'Always' })],
  ['kubevirt.io/VirtualMachine', printable('Running'), 'Progressing'],
  ['kubevirt.io/VirtualMachine', printable('Stopped'), 'Suspended', spec({ running: false })],
  ['kubevirt.io/VirtualMachine', printable('Stopped'), 'Suspended', spec({ runStrategy: 'Manual' })],
  ['kubevirt.io/VirtualMachine', printable('Stopped'), 'Progressing', spec({ runStrategy: 'Always' })],
  ['kubevirt.io/VirtualMachine', { ...printable('Paused'), conditions: [cond('Paused', 'True')] }, 'Suspended'],
  ['kubevirt.io/VirtualMachine', printable('WaitingForVolumeBinding'), 'Progressing'],
  ['kubevirt.io/VirtualMachine', printable('Migrating', 'True'), 'Progressing'],
  ...['CrashLoopBackOff', 'ErrorUnschedulable', 'ErrImagePull', 'ImagePullBackOff', 'ErrorPvcNotFound'].map(
    (word): Case => ['kubevirt.io/VirtualMachine', printable(word), 'Degraded'],
  ),
  ['kubevirt.io/VirtualMachine', printable('DataVolumeError'), 'Degraded'],
  ['kubevirt.io/VirtualMachine', printable('Unknown'), 'Unknown'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Running', ...ready('True') }, 'Healthy'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Running', ...ready('False', 'GuestNotRunning') }, 'Progressing'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Scheduling', ...ready('False', 'PodNotExists') }, 'Progressing'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Running', ...having(cond('Paused', 'True')) }, 'Suspended'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Failed' }, 'Degraded'],
  ['kubevirt.io/VirtualMachineInstance', { phase: 'Succeeded' }, 'Healthy'],
])

// https://github.com/SAP/sap-btp-service-operator/blob/main/internal/utils/condition_utils.go
check([
  [
    'services.cloud.sap.com/ServiceInstance',
    having(cond('Succeeded', 'False', 'CreateInProgress', 'Pending'), cond('Ready', 'False', 'NotProvisioned')),
    'Progressing',
  ],
  [
    'services.cloud.sap.com/ServiceInstance',
    having(cond('Succeeded', 'True', 'Created'), cond('Ready', 'True', 'Provisioned')),
    'Healthy',
  ],
  [
    'services.cloud.sap.com/ServiceInstance',
    having(cond('Succeeded', 'False', 'UpdateInProgress', 'x'), cond('Ready', 'True', 'Provisioned')),
    'Progressing',
  ],
  [
    'services.cloud.sap.com/ServiceInstance',
    having(cond('Succeeded', 'False', 'UpdateFailed'), cond('Failed', 'True', 'UpdateFailed'), cond('Ready', 'True')),
    'Degraded',
  ],
  [
    'services.cloud.sap.com/ServiceBinding',
    having(cond('Succeeded', 'False', 'Blocked', 'no instance'), cond('Ready', 'False', 'NotProvisioned')),
    'Degraded',
  ],
])

// https://github.com/kubernetes-sigs/cluster-api/tree/main/api/controlplane/kubeadm, and its AWS provider
const info = (type: string, reason: string) => ({ ...cond(type, 'False', reason), severity: 'Info' })
check([
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    { ready: true, replicas: 3, readyReplicas: 3, ...having(cond('Ready', 'True'), cond('Available', 'True')) },
    'Healthy',
  ],
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    having(info('Available', 'WaitingForKubeadmInit'), info('Ready', 'WaitingForKubeadmInit')),
    'Progressing',
  ],
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    having(
      cond('Available', 'True'),
      { ...cond('Ready', 'False', 'RollingUpdateInProgress', 'Rolling 1 replicas'), severity: 'Warning' },
      { ...cond('MachinesSpecUpToDate', 'False', 'RollingUpdateInProgress'), severity: 'Warning' },
    ),
    'Progressing',
  ],
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    having(cond('Available', 'True'), {
      ...cond('Ready', 'False', 'ControlPlaneComponentsUnhealthy'),
      severity: 'Error',
    }),
    'Degraded',
  ],
  // In the v1beta2 contract, `Available` is the only main condition.
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    having(cond('Available', 'True', 'Available'), cond('RollingOut', 'True', 'RollingOut')),
    'Progressing',
  ],
  [
    'controlplane.cluster.x-k8s.io/KubeadmControlPlane',
    having(cond('Available', 'True'), cond('ScalingUp', 'True', 'ScalingUp'), cond('Paused', 'False', 'NotPaused')),
    'Progressing',
  ],
  ['controlplane.cluster.x-k8s.io/KubeadmControlPlane', { failureMessage: 'no quorum', ...ready('True') }, 'Degraded'],
  [
    'controlplane.cluster.x-k8s.io/AWSManagedControlPlane',
    { ready: false, ...having(cond('EKSControlPlaneCreating', 'True'), info('Ready', 'WaitingForEKSControlPlane')) },
    'Progressing',
  ],
  [
    'controlplane.cluster.x-k8s.io/AWSManagedControlPlane',
    {
      ready: true,
      ...having(
        cond('Ready', 'True'),
        info('EKSControlPlaneCreating', 'created'),
        cond('EKSControlPlaneReady', 'True'),
      ),
    },
    'Healthy',
  ],
  [
    'controlplane.cluster.x-k8s.io/AWSManagedControlPlane',
    having(
      { ...cond('Ready', 'False', 'EKSControlPlaneReconciliationFailed', 'no role'), severity: 'Error' },
      { ...cond('EKSControlPlaneReady', 'False', 'EKSControlPlaneReconciliationFailed'), severity: 'Error' },
    ),
    'Degraded',
  ],
])

// https://openkruise.io/kruisegame: gameserverset_types.go, gameserver_types.go
const servers = { replicas: 3, currentReplicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3 }
const partition = { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } }
check([
  ['game.kruise.io/GameServerSet', servers, 'Healthy', spec({ replicas: 3 })],
  ['game.kruise.io/GameServerSet', { ...servers, readyReplicas: 2 }, 'Progressing', spec({ replicas: 3 })],
  ['game.kruise.io/GameServerSet', { ...servers, updatedReplicas: 1 }, 'Progressing', spec({ replicas: 3 })],
  ['game.kruise.io/GameServerSet', { ...servers, updatedReplicas: 1 }, 'Suspended', spec(partition)],
  ['game.kruise.io/GameServerSet', servers, 'Progressing', spec({ replicas: 2 })],
  ['game.kruise.io/GameServer', { currentState: 'Ready', desiredState: 'Ready' }, 'Healthy'],
  ['game.kruise.io/GameServer', { currentState: 'Crash', desiredState: 'Ready' }, 'Degraded'],
  ['game.kruise.io/GameServer', { currentState: 'NotReady', desiredState: 'Ready' }, 'Progressing'],
])

// https://github.com/operator-framework/api/tree/master/pkg/operators
check([
  ['operators.coreos.com/Subscription', { state: 'AtLatestKnown' }, 'Healthy'],
  ['operators.coreos.com/Subscription', { state: 'UpgradePending' }, 'Progressing'],
  ['operators.coreos.com/Subscription', { state: 'UpgradeFailed' }, 'Degraded'],
  [
    'operators.coreos.com/Subscription',
    { state: 'UpgradePending', ...having(cond('InstallPlanPending', 'True', 'RequiresApproval')) },
    'Suspended',
  ],
  [
    'operators.coreos.com/Subscription',
    { state: 'UpgradePending', ...having(cond('InstallPlanPending', 'True', 'Installing')) },
    'Progressing',
  ],
  [
    'operators.coreos.com/Subscription',
    having(cond('InstallPlanFailed', 'True', 'InstallComponentFailed')),
    'Degraded',
  ],
  [
    'operators.coreos.com/Subscription',
    having(cond('ResolutionFailed', 'True', 'ConstraintsNotSatisfiable')),
    'Degraded',
  ],
  [
    'operators.coreos.com/Subscription',
    having(cond('CatalogSourcesUnhealthy', 'False', 'AllCatalogSourcesHealthy')),
    'Progressing',
  ],
  [
    'operators.coreos.com/Subscription',
    { state: 'AtLatestKnown', ...having(cond('CatalogSourcesUnhealthy', 'True', 'UnhealthyCatalogSourceFound')) },
    'Degraded',
  ],
  ['operators.coreos.com/InstallPlan', { phase: 'Complete' }, 'Healthy'],
  ['operators.coreos.com/InstallPlan', { phase: 'Installing' }, 'Progressing'],
  ['operators.coreos.com/InstallPlan', { phase: 'RequiresApproval' }, 'Suspended'],
  ['operators.coreos.com/InstallPlan', { phase: 'Failed' }, 'Degraded'],
  [
    'operators.coreos.com/ClusterServiceVersion',
    { phase: 'InstallReady', reason: 'AllRequirementsMet' },
    'Progressing',
  ],
  ['operators.coreos.com/ClusterServiceVersion', { phase: 'Succeeded', reason: 'InstallSucceeded' }, 'Healthy'],
  ['operators.coreos.com/ClusterServiceVersion', { phase: 'Replacing', reason: 'BeingReplaced' }, 'Progressing'],
  ['operators.coreos.com/ClusterServiceVersion', { phase: 'Failed', reason: 'InstallCheckFailed' }, 'Degraded'],
  ['operators.coreos.com/CatalogSource', { connectionState: { lastObservedState: 'READY' } }, 'Healthy'],
  ['operators.coreos.com/CatalogSource', { connectionState: { lastObservedState: 'CONNECTING' } }, 'Progressing'],
  ['operators.coreos.com/CatalogSource', { connectionState: { lastObservedState: 'TRANSIENT_FAILURE' } }, 'Degraded'],
  ['operators.coreos.com/OperatorGroup', { namespaces: ['a'] }, 'Healthy'],
  ['operators.coreos.com/OperatorGroup', having(cond('MultipleOperatorGroup', 'True')), 'Degraded'],
])

// https://github.com/ansible/awx-resource-operator, https://kiali.io/docs: the conditions of the Ansible operator, and those of the job
const k8sJob = { created: true }
const reconciled = having(cond('Running', 'True', 'Successful', 'Awaiting next reconciliation'))
check([
  ['tower.ansible.com/AnsibleJob', having(cond('Running', 'True', 'Running')), 'Progressing'],
  ['tower.ansible.com/AnsibleJob', { ...reconciled, k8sJob }, 'Progressing'],
  ...['new', 'pending', 'waiting', 'running'].map(
    (status): Case => ['tower.ansible.com/AnsibleJob', { k8sJob, ansibleJobResult: { status } }, 'Progressing'],
  ),
  ...['failed', 'error', 'canceled'].map(
    (status): Case => [
      'tower.ansible.com/AnsibleJob',
      { ...reconciled, k8sJob, ansibleJobResult: { status } },
      'Degraded',
    ],
  ),
  ['tower.ansible.com/AnsibleJob', { ...reconciled, ansibleJobResult: { status: 'successful' } }, 'Healthy'],
  ['tower.ansible.com/AnsibleJob', having(cond('Failure', 'True', 'Failed', 'no secret')), 'Degraded'],
  ['example.com/Widget', having(cond('Running', 'True', 'Running', 'Running reconciliation')), 'Progressing'],
  ['example.com/Widget', having(cond('Running', 'True', 'Successful', 'Awaiting next reconciliation')), 'Healthy'],
  ['kiali.io/Kiali', having(cond('Running', 'True', 'Running'), cond('Failure', 'False')), 'Progressing'],
  ['kiali.io/Kiali', having(cond('Running', 'True', 'Running'), cond('Successful', 'True')), 'Healthy'],
  ['kiali.io/Kiali', having(cond('Running', 'False'), cond('Failure', 'True', 'Failed', 'no route')), 'Degraded'],
])

// https://rook.io/docs/rook/latest/CRDs/specification/#ceph.rook.io/v1.ClusterStatus
check([
  ['ceph.rook.io/CephCluster', { phase: 'Progressing', state: 'Creating' }, 'Progressing'],
  ['ceph.rook.io/CephCluster', { phase: 'Ready', state: 'Created', ceph: { health: 'HEALTH_OK' } }, 'Healthy'],
  ['ceph.rook.io/CephCluster', { phase: 'Ready', state: 'Created', ceph: { health: 'HEALTH_WARN' } }, 'Healthy'],
  ['ceph.rook.io/CephCluster', { phase: 'Ready', state: 'Created', ceph: { health: 'HEALTH_ERR' } }, 'Degraded'],
  ['ceph.rook.io/CephCluster', { phase: 'Connected', state: 'Connected', ceph: { health: 'HEALTH_OK' } }, 'Healthy'],
  ['ceph.rook.io/CephObjectStore', { phase: 'Failure' }, 'Degraded'],
  ['ceph.rook.io/CephBlockPool', { phase: 'Ready' }, 'Healthy'],
])

// https://www.elastic.co/docs/reference/cloud-on-k8s/api-docs
const nodes = { availableNodes: 3, expectedNodes: 3 }
check([
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'Ready', health: 'green', ...nodes }, 'Healthy'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'Ready', health: 'yellow', ...nodes }, 'Progressing'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'ApplyingChanges', health: 'green' }, 'Progressing'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'MigratingData', health: 'green' }, 'Progressing'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'Ready', health: 'red' }, 'Degraded'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'Invalid', health: 'unknown' }, 'Degraded'],
  ['elasticsearch.k8s.elastic.co/Elasticsearch', { phase: 'Ready', health: 'unknown' }, 'Progressing'],
  ['logstash.k8s.elastic.co/Logstash', { health: 'green', availableNodes: 1, expectedNodes: 3 }, 'Progressing'],
  ['logstash.k8s.elastic.co/Logstash', { health: 'green', ...nodes }, 'Healthy'],
  ['logstash.k8s.elastic.co/Logstash', { health: 'red', availableNodes: 0, expectedNodes: 3 }, 'Degraded'],
])

// https://github.com/crossplane/crossplane-runtime/blob/main/apis/common/v1/condition.go, crossplane/apis/pkg/v1/conditions.go
const synced = cond('Synced', 'True', 'ReconcileSuccess')
check([
  ['rds.aws.crossplane.io/DBInstance', having(synced), 'Progressing'],
  ['rds.aws.crossplane.io/DBInstance', having(synced, cond('Ready', 'True', 'Available')), 'Healthy'],
  ['rds.aws.crossplane.io/DBInstance', having(synced, cond('Ready', 'False', 'Creating')), 'Progressing'],
  ['rds.aws.upbound.io/Instance', having(cond('Synced', 'False', 'ReconcileError', 'denied')), 'Degraded'],
  ['example.org/XDatabase', having(synced, cond('Ready', 'False', 'Creating', 'Unready resources: a')), 'Progressing'],
  ['example.org/Database', having(synced, cond('Ready', 'False', 'Waiting', 'Claim is waiting')), 'Progressing'],
  ['pkg.crossplane.io/Provider', having(cond('Installed', 'True'), cond('Healthy', 'True')), 'Healthy'],
  ['pkg.crossplane.io/Provider', having(cond('Installed', 'True'), cond('Healthy', 'Unknown')), 'Progressing'],
  ['pkg.crossplane.io/Provider', having(cond('Installed', 'False', 'UnpackingPackage')), 'Progressing'],
  [
    'pkg.crossplane.io/Provider',
    having(cond('Installed', 'False', 'UnpackingPackage', 'cannot unpack package: not found')),
    'Degraded',
  ],
  ['pkg.crossplane.io/DeploymentRuntimeConfig', undefined, 'Healthy'],
])

// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/#CronJobStatus
const [six, seven] = ['2026-01-01T06:00:00Z', '2026-01-01T07:00:00Z']
check([
  ['batch/CronJob', undefined, 'Healthy'],
  ['batch/CronJob', { lastScheduleTime: six, lastSuccessfulTime: seven }, 'Healthy'],
  ['batch/CronJob', { lastScheduleTime: seven, lastSuccessfulTime: six }, 'Degraded'],
  ['batch/CronJob', { lastScheduleTime: seven }, 'Degraded'],
  ['batch/CronJob', { lastScheduleTime: seven, lastSuccessfulTime: six, active: [{ name: 'a' }] }, 'Progressing'],
  ['batch/CronJob', { lastScheduleTime: seven }, 'Suspended', spec({ suspend: true })],
])

// https://github.com/mariadb-operator/mariadb-operator/tree/main/pkg/condition
check([
  ['mariadb.mmontes.io/MariaDB', ready('True', 'StatefulSetReady', 'Running'), 'Healthy'],
  ['mariadb.mmontes.io/MariaDB', ready('False', 'StatefulSetNotReady', 'Not ready'), 'Progressing'],
  ['mariadb.mmontes.io/MariaDB', ready('False', 'RestoreBackup', 'Restoring backup'), 'Progressing'],
  ['mariadb.mmontes.io/MariaDB', ready('False', 'SwitchPrimary', 'Switching primary'), 'Progressing'],
  ['mariadb.mmontes.io/MariaDB', ready('False', 'ConfigureReplication', 'Configuring replication'), 'Progressing'],
  ['mariadb.mmontes.io/MariaDB', ready('False', 'Failed', 'Error reconciling'), 'Degraded'],
  ['mariadb.mmontes.io/Backup', having(cond('Complete', 'False', 'JobFailed', 'Failed')), 'Degraded'],
  // Failed runs have the reason of scheduled ones.
  ['mariadb.mmontes.io/Backup', having(cond('Complete', 'False', 'CronJobScheduled', 'Failed')), 'Degraded'],
  ['mariadb.mmontes.io/Backup', having(cond('Complete', 'False', 'JobRunning', 'Running')), 'Progressing'],
  ['mariadb.mmontes.io/Backup', having(cond('Complete', 'False', 'CronJobScheduled', 'Scheduled')), 'Healthy'],
])

// https://kubernetes.io/docs/concepts/storage/volume-snapshots/
check([
  ['snapshot.storage.k8s.io/VolumeSnapshot', { readyToUse: true }, 'Healthy'],
  ['snapshot.storage.k8s.io/VolumeSnapshot', { boundVolumeSnapshotContentName: 'a', readyToUse: false }, 'Progressing'],
  ['snapshot.storage.k8s.io/VolumeSnapshotContent', { readyToUse: false, error: { message: 'x' } }, 'Degraded'],
  ['snapshot.storage.k8s.io/VolumeSnapshotClass', undefined, 'Healthy'],
])

// https://docs.netapp.com/us-en/trident/trident-use/backend-kubectl.html, operator/controllers/orchestrator
check([
  ['trident.netapp.io/TridentBackend', undefined, 'Healthy', { state: 'online' }],
  ['trident.netapp.io/TridentBackend', undefined, 'Degraded', { state: 'failed' }],
  ['trident.netapp.io/TridentBackend', undefined, 'Degraded', { state: 'offline' }],
  ['trident.netapp.io/TridentBackendConfig', { phase: 'Bound', lastOperationStatus: 'Success' }, 'Healthy'],
  ['trident.netapp.io/TridentBackendConfig', { phase: 'Bound', lastOperationStatus: 'Failed' }, 'Degraded'],
  ['trident.netapp.io/TridentBackendConfig', { phase: '', lastOperationStatus: '' }, 'Progressing'],
  ['trident.netapp.io/TridentBackendConfig', { phase: 'Lost', lastOperationStatus: 'Success' }, 'Degraded'],
  ['trident.netapp.io/TridentOrchestrator', { status: 'Installed', message: 'Trident installed' }, 'Healthy'],
  ['trident.netapp.io/TridentOrchestrator', { status: 'Installing' }, 'Progressing'],
  ['trident.netapp.io/TridentOrchestrator', { status: '' }, 'Progressing'],
  ['trident.netapp.io/TridentOrchestrator', { status: 'Error', message: 'bound to another CR' }, 'Degraded'],
  ['trident.netapp.io/TridentOrchestrator', { status: 'Uninstalled' }, 'Suspended'],
])

// https://www.keycloak.org/operator/basic-deployment: Ready, HasErrors and RollingUpdate, formerly as booleans
const keycloak = (isReady: unknown, hasErrors: unknown, rolls: unknown, message = '') =>
  having(
    { type: 'Ready', status: isReady, message },
    { type: 'HasErrors', status: hasErrors },
    { type: 'RollingUpdate', status: rolls },
  )
check([
  ['k8s.keycloak.org/Keycloak', keycloak('True', 'False', 'False'), 'Healthy'],
  ['k8s.keycloak.org/Keycloak', keycloak(true, false, false), 'Healthy'],
  ['k8s.keycloak.org/Keycloak', keycloak('False', 'False', 'False', 'Waiting for more replicas'), 'Progressing'],
  ['k8s.keycloak.org/Keycloak', keycloak('True', 'False', 'True'), 'Progressing'],
  ['k8s.keycloak.org/Keycloak', keycloak('False', 'True', 'False'), 'Degraded'],
  ['k8s.keycloak.org/KeycloakRealmImport', having(cond('Done', 'False'), cond('Started', 'True')), 'Progressing'],
  ['k8s.keycloak.org/KeycloakRealmImport', having(cond('Done', 'True'), cond('HasErrors', 'False')), 'Healthy'],
])

// https://nmstate.io/kubernetes-nmstate: pkg/policyconditions/conditions.go
const policy = (available: string, degraded: string, progressing: string, ignored: string) =>
  having(
    cond('Available', available),
    cond('Degraded', degraded),
    cond('Progressing', progressing),
    cond('Ignored', ignored),
  )
check([
  ['nmstate.io/NodeNetworkConfigurationPolicy', policy('True', 'False', 'False', 'False'), 'Healthy'],
  ['nmstate.io/NodeNetworkConfigurationPolicy', policy('Unknown', 'Unknown', 'True', 'False'), 'Progressing'],
  ['nmstate.io/NodeNetworkConfigurationPolicy', policy('False', 'True', 'False', 'False'), 'Degraded'],
  ['nmstate.io/NodeNetworkConfigurationPolicy', policy('False', 'False', 'False', 'True'), 'Healthy'],
])

// https://github.com/open-telemetry/opentelemetry-operator/blob/main/docs/api/opentelemetrycollectors.md
const scale = (statusReplicas: string, replicas = 3) => ({ scale: { replicas, statusReplicas } })
check([
  ['opentelemetry.io/OpenTelemetryCollector', scale('3/3'), 'Healthy', spec({ mode: 'deployment', replicas: 3 })],
  ['opentelemetry.io/OpenTelemetryCollector', scale('1/3'), 'Progressing', spec({ mode: 'deployment', replicas: 3 })],
  [
    'opentelemetry.io/OpenTelemetryCollector',
    scale('2/2', 2),
    'Progressing',
    spec({ mode: 'statefulset', replicas: 3 }),
  ],
  ['opentelemetry.io/OpenTelemetryCollector', { version: '0.95.0' }, 'Progressing', spec({ mode: 'daemonset' })],
  ['opentelemetry.io/OpenTelemetryCollector', { version: '0.95.0' }, 'Healthy', spec({ mode: 'sidecar' })],
  ['opentelemetry.io/OpenTelemetryCollector', scale('0/3'), 'Suspended', spec({ managementState: 'unmanaged' })],
])

// https://docs.victoriametrics.com/operator/resources/: updateStatus
check([
  ['operator.victoriametrics.com/VMCluster', { updateStatus: 'operational' }, 'Healthy'],
  ['operator.victoriametrics.com/VMCluster', { updateStatus: 'expanding' }, 'Progressing'],
  ['operator.victoriametrics.com/VMCluster', { updateStatus: 'failed', reason: 'no class' }, 'Degraded'],
  ['operator.victoriametrics.com/VMCluster', { updateStatus: 'paused' }, 'Suspended'],
])

// https://github.com/aws-controllers-k8s/runtime/blob/main/apis/core/v1alpha1/conditions.go
check([
  ['s3.services.k8s.aws/Bucket', having(cond('ACK.ResourceSynced', 'True')), 'Healthy'],
  ['s3.services.k8s.aws/Bucket', having(cond('ACK.ResourceSynced', 'False')), 'Progressing'],
  [
    's3.services.k8s.aws/Bucket',
    having(cond('ACK.Recoverable', 'True'), cond('ACK.ResourceSynced', 'Unknown')),
    'Degraded',
  ],
  ['s3.services.k8s.aws/Bucket', having(cond('ACK.ReferencesResolved', 'False')), 'Degraded'],
  ['s3.services.k8s.aws/Bucket', having(cond('ACK.ReferencesResolved', 'Unknown')), 'Progressing'],
])

// https://github.com/gardener/gardener/blob/master/pkg/apis/core/v1beta1/types_common.go
check([
  [
    'core.gardener.cloud/Shoot',
    { lastOperation: { state: 'Succeeded' }, ...having(cond('APIServerAvailable', 'True')) },
    'Healthy',
  ],
  ['core.gardener.cloud/Shoot', { lastOperation: { state: 'Error' } }, 'Degraded'],
  ['core.gardener.cloud/Shoot', { lastOperation: { state: 'Pending' } }, 'Progressing'],
  ['core.gardener.cloud/Shoot', { lastOperation: { state: 'Succeeded' }, hibernated: true }, 'Suspended'],
  [
    'core.gardener.cloud/Shoot',
    { lastOperation: { state: 'Succeeded' }, ...having(cond('EveryNodeReady', 'Progressing')) },
    'Progressing',
  ],
])

// https://www.spinkube.dev/docs/reference/spin-app/: the conditions are those of its Deployment
const rolling = cond('Progressing', 'True', 'ReplicaSetUpdated')
check([
  [
    'core.spinkube.dev/SpinApp',
    having(
      cond('Available', 'True', 'MinimumReplicasAvailable'),
      cond('Progressing', 'True', 'NewReplicaSetAvailable'),
    ),
    'Healthy',
  ],
  [
    'core.spinkube.dev/SpinApp',
    having(cond('Available', 'False', 'MinimumReplicasUnavailable', 'x'), rolling),
    'Progressing',
  ],
  ['core.spinkube.dev/SpinApp', having(cond('Available', 'True', 'MinimumReplicasAvailable'), rolling), 'Progressing'],
  ['core.spinkube.dev/SpinApp', having(cond('Available', 'Unknown', 'DeploymentNotFound')), 'Progressing'],
  [
    'core.spinkube.dev/SpinApp',
    having(cond('Available', 'False'), cond('Progressing', 'False', 'ProgressDeadlineExceeded')),
    'Degraded',
  ],
])

// https://github.com/keikoproj/iam-manager/blob/master/api/v1alpha1/iamrole_types.go
check([
  ['iammanager.keikoproj.io/Iamrole', { state: 'Ready' }, 'Healthy'],
  ['iammanager.keikoproj.io/Iamrole', { state: 'Error' }, 'Degraded'],
  ['iammanager.keikoproj.io/Iamrole', { state: 'RolesMaxLimitReached' }, 'Degraded'],
])

// https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/#InstallStatus-Status
check([
  ['install.istio.io/IstioOperator', { status: 'HEALTHY' }, 'Healthy'],
  ['install.istio.io/IstioOperator', { status: 'RECONCILING' }, 'Progressing'],
  ['install.istio.io/IstioOperator', { status: 'UPDATING' }, 'Progressing'],
  ['install.istio.io/IstioOperator', { status: 'NONE' }, 'Progressing'],
  ['install.istio.io/IstioOperator', { status: 'ERROR' }, 'Degraded'],
])

// https://docs.openfaas.com/openfaas-pro/function-crd/#readiness-and-health
check([
  ['openfaas.com/Function', having(cond('Reconciling', 'True')), 'Progressing'],
  ['openfaas.com/Function', having(cond('Stalled', 'True', 'MissingSecret')), 'Degraded'],
  ['openfaas.com/Function', having(cond('Ready', 'True'), cond('Healthy', 'True')), 'Healthy'],
  [
    'openfaas.com/Function',
    { replicas: 1, ...having(cond('Ready', 'True'), cond('Healthy', 'False', 'x', 'y')) },
    'Progressing',
  ],
  [
    'openfaas.com/Function',
    { replicas: 0, ...having(cond('Ready', 'True'), cond('Healthy', 'False', 'x', 'y')) },
    'Healthy',
  ],
])

// Prometheus, managed certificates, buckets, secrets, Knative, Kyverno, ZooKeeper: each in its API's reference
check([
  ['monitoring.coreos.com/Prometheus', having(cond('Available', 'True'), cond('Reconciled', 'True')), 'Healthy'],
  ['monitoring.coreos.com/Prometheus', having(cond('Available', 'Degraded', 'SomePodsNotReady')), 'Degraded'],
  ['monitoring.coreos.com/Prometheus', having(cond('Available', 'False', 'NoPodReady')), 'Progressing'],
  [
    'monitoring.coreos.com/Prometheus',
    having(cond('Available', 'True'), cond('Reconciled', 'False', 'ReconciliationFailed')),
    'Degraded',
  ],
  ['networking.gke.io/ManagedCertificate', { certificateStatus: 'Active' }, 'Healthy'],
  ['networking.gke.io/ManagedCertificate', { certificateStatus: 'Provisioning' }, 'Progressing'],
  ['networking.gke.io/ManagedCertificate', { certificateStatus: 'ProvisioningFailedPermanently' }, 'Degraded'],
  ['objectbucket.io/ObjectBucketClaim', { phase: 'Bound' }, 'Healthy'],
  ['objectbucket.io/ObjectBucketClaim', { phase: 'pending' }, 'Progressing'],
  ['objectbucket.io/ObjectBucketClaim', { phase: 'Failed' }, 'Degraded'],
  ['objectbucket.io/ObjectBucketClaim', { phase: 'Released' }, 'Degraded'],
  ['onepassword.com/OnePasswordItem', ready('True'), 'Healthy'],
  ['onepassword.com/OnePasswordItem', ready('False', '', 'no such vault'), 'Degraded'],
  ['serving.knative.dev/Service', ready('Unknown', 'RevisionMissing'), 'Progressing'],
  ['serving.knative.dev/Service', ready('False', 'RevisionFailed'), 'Degraded'],
  ['kyverno.io/ClusterPolicy', ready('True', 'Succeeded'), 'Healthy'],
  ['kyverno.io/ClusterPolicy', ready('False', 'Failed'), 'Degraded'],
  ['zookeeper.pravega.io/ZookeeperCluster', having(cond('PodsReady', 'True'), cond('Error', 'False')), 'Healthy'],
  [
    'zookeeper.pravega.io/ZookeeperCluster',
    having(cond('PodsReady', 'False'), cond('Upgrading', 'False')),
    'Progressing',
  ],
  ['zookeeper.pravega.io/ZookeeperCluster', having(cond('PodsReady', 'True'), cond('Error', 'True')), 'Degraded'],
])

// https://strimzi.io/docs/operators/latest/configuring#type-KafkaNodePoolStatus-reference: it does not report readiness
const three = spec({ replicas: 3 })
check([
  ['kafka.strimzi.io/KafkaNodePool', { replicas: 3, nodeIds: [0, 1, 2], roles: ['broker'] }, 'Healthy', three],
  ['kafka.strimzi.io/KafkaNodePool', { replicas: 1, nodeIds: [0] }, 'Progressing', three],
  ['kafka.strimzi.io/KafkaNodePool', { replicas: 3, clusterId: 'a' }, 'Progressing', three],
  ['kafka.strimzi.io/KafkaNodePool', { replicas: 0, nodeIds: [] }, 'Healthy', spec({ replicas: 0 })],
  [
    'kafka.strimzi.io/KafkaNodePool',
    { replicas: 3, nodeIds: [0, 1, 2], ...having(cond('Warning', 'True', 'ScaleDown', 'reverted')) },
    'Healthy',
    three,
  ],
  // Other kinds may omit `readyReplicas` when it is 0.
  ['example.com/Widget', { replicas: 3, selector: 'app=a' }, 'Progressing', three],
])

// https://docs.cilium.io/en/stable/network/lb-ipam/#status: numbers in conditions
const pool = (conflict: string, reason: string, message = '') =>
  having(
    cond('cilium.io/PoolConflict', conflict, reason, message),
    cond('cilium.io/IPsTotal', 'Unknown', 'noreason', '256'),
    cond('cilium.io/IPsAvailable', 'Unknown', 'noreason', '254'),
    cond('cilium.io/IPsUsed', 'Unknown', 'noreason', '2'),
  )
check([
  ['cilium.io/CiliumLoadBalancerIPPool', pool('False', 'resolved'), 'Healthy'],
  [
    'cilium.io/CiliumLoadBalancerIPPool',
    pool('True', 'cidr_overlap', "Pool conflicts since CIDR '10.0.0.0/24' overlaps"),
    'Degraded',
  ],
])

// https://agones.dev/site/docs/reference/gameserver/, pkg/apis/agones/v1: gameserver.go, fleet.go
const fleet = { replicas: 3, readyReplicas: 1, allocatedReplicas: 1, reservedReplicas: 1 }
check([
  ['agones.dev/Fleet', { ...fleet }, 'Healthy', three],
  ['agones.dev/Fleet', { ...fleet, readyReplicas: 0, allocatedReplicas: 3, reservedReplicas: 0 }, 'Healthy', three],
  ['agones.dev/Fleet', { ...fleet, reservedReplicas: 0 }, 'Progressing', three],
  ['agones.dev/GameServerSet', { ...fleet }, 'Healthy', three],
  ...['Ready', 'Allocated', 'Reserved'].map(
    (state): Case => ['agones.dev/GameServer', { state, address: '10.0.0.1' }, 'Healthy'],
  ),
  ...['Unhealthy', 'Error'].map((state): Case => ['agones.dev/GameServer', { state }, 'Degraded']),
  ...['PortAllocation', 'Creating', 'Starting', 'Scheduled', 'RequestReady', 'Shutdown', ''].map(
    (state): Case => ['agones.dev/GameServer', { state }, 'Progressing'],
  ),
])

// https://github.com/kubernetes/autoscaler/blob/master/vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go
check([
  ['autoscaling.k8s.io/VerticalPodAutoscaler', having(cond('RecommendationProvided', 'True')), 'Healthy'],
  ['autoscaling.k8s.io/VerticalPodAutoscaler', having(cond('RecommendationProvided', 'False')), 'Healthy'],
  [
    'autoscaling.k8s.io/VerticalPodAutoscaler',
    having(cond('NoPodsMatched', 'True', 'NoPodsMatched'), cond('RecommendationProvided', 'False', 'NoPodsMatched')),
    'Healthy',
  ],
  [
    'autoscaling.k8s.io/VerticalPodAutoscaler',
    having(cond('ConfigUnsupported', 'True', '', 'no such target'), cond('RecommendationProvided', 'False')),
    'Degraded',
  ],
])

// https://cert-manager.io/docs/reference/api-docs/: the reasons of Issuing and Ready are the same
check([
  ...['SecretMismatch', 'MissingData', 'InvalidKeyPair', 'Expired', 'DoesNotExist'].map(
    (reason): Case => [
      'cert-manager.io/Certificate',
      having(cond('Ready', 'False', reason, 'x'), cond('Issuing', 'True', reason, 'x')),
      'Progressing',
    ],
  ),
  [
    'cert-manager.io/Certificate',
    having(cond('Ready', 'False', 'Expired'), cond('Issuing', 'False', 'Failed', 'denied')),
    'Degraded',
  ],
  ['cert-manager.io/Certificate', ready('False', 'SecretMismatch', 'x'), 'Degraded'],
  ['cert-manager.io/Certificate', ready('True', 'Ready'), 'Healthy'],
])

// https://docs.nginx.com/nginx-ingress-controller/configuration/global-configuration/reporting-resources-status/
check([
  ['k8s.nginx.org/VirtualServer', { state: 'Valid', reason: 'AddedOrUpdated' }, 'Healthy'],
  ['k8s.nginx.org/VirtualServer', { state: 'Warning', reason: 'AddedOrUpdatedWithWarning', message: 'x' }, 'Healthy'],
  ['k8s.nginx.org/VirtualServer', { state: 'Warning', reason: 'Rejected', message: 'Host is taken' }, 'Degraded'],
  ['k8s.nginx.org/VirtualServer', { state: 'Invalid', reason: 'Rejected', message: 'x' }, 'Degraded'],
  ['k8s.nginx.org/VirtualServerRoute', { state: 'Warning', reason: 'NoVirtualServerFound' }, 'Degraded'],
  ['k8s.nginx.org/TransportServer', { state: '', reason: '' }, 'Progressing'],
])

// https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/: DatabaseStatus and its like, PoolerStatus
check([
  ...['Database', 'Publication', 'Subscription'].flatMap((kind): Case[] => [
    [`postgresql.cnpg.io/${kind}`, { applied: true, observedGeneration: 1 }, 'Healthy', { generation: 1 }],
    [`postgresql.cnpg.io/${kind}`, { applied: false, message: 'no such role' }, 'Degraded', { generation: 1 }],
  ]),
  ['postgresql.cnpg.io/Pooler', { instances: 1 }, 'Progressing', spec({ instances: 2 })],
  ['postgresql.cnpg.io/Pooler', { secrets: {} }, 'Progressing', spec({ instances: 2 })],
  ['postgresql.cnpg.io/Pooler', { instances: 2 }, 'Healthy', spec({ instances: 2 })],
])

// https://github.com/kubeflow/training-operator/blob/v1.8.0/pkg/apis/kubeflow.org/v1/common_types.go, Katib, Trainer, JobSet
const created = cond('Created', 'True', 'PyTorchJobCreated', 'PyTorchJob a is created')
check([
  ['kubeflow.org/PyTorchJob', having(created), 'Progressing'],
  ['kubeflow.org/PyTorchJob', having(created, cond('Running', 'True', 'PyTorchJobRunning')), 'Progressing'],
  [
    'kubeflow.org/TFJob',
    having(created, cond('Running', 'False', 'TFJobRunning'), cond('Restarting', 'True', 'TFJobRestarting')),
    'Progressing',
  ],
  [
    'kubeflow.org/TFJob',
    having(created, cond('Running', 'False', 'TFJobRunning'), cond('Succeeded', 'True', 'TFJobSucceeded')),
    'Healthy',
  ],
  ['kubeflow.org/MPIJob', having(created, cond('Failed', 'True', 'MPIJobFailed', 'x')), 'Degraded'],
  [
    'kubeflow.org/MPIJob',
    having(created, cond('Running', 'False'), cond('Suspended', 'True', 'MPIJobSuspended')),
    'Suspended',
  ],
  ['kubeflow.org/Experiment', having(created, cond('Running', 'True', 'ExperimentRunning')), 'Progressing'],
  ['kubeflow.org/Experiment', having(created, cond('Succeeded', 'True', 'ExperimentGoalReached')), 'Healthy'],
  ['jobset.x-k8s.io/JobSet', { restarts: 0, replicatedJobsStatus: [{ name: 'a', active: 1 }] }, 'Progressing'],
  ['jobset.x-k8s.io/JobSet', having(cond('StartupPolicyCompleted', 'True')), 'Progressing'],
  ['jobset.x-k8s.io/JobSet', having(cond('Completed', 'True', 'AllJobsCompleted')), 'Healthy'],
  ['jobset.x-k8s.io/JobSet', having(cond('Failed', 'True', 'FailedJobs')), 'Degraded'],
  ['jobset.x-k8s.io/JobSet', having(cond('Suspended', 'True', 'SuspendedJobs')), 'Suspended'],
  ['jobset.x-k8s.io/JobSet', having(cond('Suspended', 'False', 'ResumeJobs')), 'Progressing'],
  [
    'jobset.x-k8s.io/JobSet',
    having(cond('Suspended', 'True', 'SuspendedJobs'), cond('StartupPolicyInProgress', 'True')),
    'Progressing',
  ],
  ['trainer.kubeflow.org/TrainJob', having(cond('Suspended', 'False', 'Resumed')), 'Progressing'],
  ['trainer.kubeflow.org/TrainJob', having(cond('Complete', 'True', 'JobsCompleted')), 'Healthy'],
  ['trainer.kubeflow.org/TrainJob', having(cond('Failed', 'True', 'JobsFailed')), 'Degraded'],
])

// https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
const application = (sync: string, health: string, phase = 'Succeeded') => ({
  sync: { status: sync },
  health: { status: health },
  operationState: { phase },
})
const automated = (value: object) => spec({ syncPolicy: { automated: value } })
check([
  ['argoproj.io/Application', application('Synced', 'Healthy'), 'Healthy'],
  ['argoproj.io/Application', application('Synced', 'Degraded'), 'Degraded'],
  ['argoproj.io/Application', application('OutOfSync', 'Healthy'), 'Progressing', automated({ prune: true })],
  ['argoproj.io/Application', application('OutOfSync', 'Healthy'), 'Progressing', automated({})],
  ['argoproj.io/Application', application('OutOfSync', 'Missing'), 'Progressing', automated({ enabled: true })],
  ['argoproj.io/Application', application('OutOfSync', 'Healthy'), 'Suspended', automated({ enabled: false })],
  ['argoproj.io/Application', application('OutOfSync', 'Healthy'), 'Suspended'],
  ['argoproj.io/Application', application('OutOfSync', 'Missing'), 'Suspended', spec({ syncPolicy: {} })],
  ['argoproj.io/Application', application('OutOfSync', 'Missing', 'Running'), 'Progressing'],
  ['argoproj.io/Application', application('OutOfSync', 'Degraded'), 'Degraded'],
  ['argoproj.io/Application', application('OutOfSync', 'Healthy', 'Failed'), 'Degraded'],
])

// Other common kinds: cert-manager, Velero, Tekton, Longhorn, Volcano, Ray, Argo Workflows, Vault, Kueue, Linkerd
check([
  ['cert-manager.io/CertificateRequest', ready('False', 'Pending', 'Waiting on certificate issuance'), 'Progressing'],
  ['cert-manager.io/CertificateRequest', ready('False', 'Failed'), 'Degraded'],
  ['cert-manager.io/CertificateRequest', having(cond('Ready', 'False', 'Denied'), cond('Denied', 'True')), 'Degraded'],
  ['acme.cert-manager.io/Order', { state: 'pending' }, 'Progressing'],
  ['acme.cert-manager.io/Order', { state: 'valid' }, 'Healthy'],
  ['acme.cert-manager.io/Challenge', { state: 'invalid', reason: 'no record' }, 'Degraded'],
  ['acme.cert-manager.io/Challenge', { state: 'errored' }, 'Degraded'],
  ['velero.io/Backup', { phase: 'New' }, 'Progressing'],
  ['velero.io/Backup', { phase: 'InProgress' }, 'Progressing'],
  ['velero.io/Backup', { phase: 'Finalizing' }, 'Progressing'],
  ['velero.io/Backup', { phase: 'PartiallyFailed' }, 'Degraded'],
  ['velero.io/Restore', { phase: 'FailedValidation' }, 'Degraded'],
  ['velero.io/Restore', { phase: 'Completed' }, 'Healthy'],
  ['velero.io/Schedule', { phase: 'Enabled' }, 'Healthy'],
  ['velero.io/BackupStorageLocation', { phase: 'Unavailable' }, 'Degraded'],
  ['tekton.dev/PipelineRun', having(cond('Succeeded', 'Unknown', 'Running')), 'Progressing'],
  ['tekton.dev/PipelineRun', having(cond('Succeeded', 'False', 'PipelineRunTimeout')), 'Degraded'],
  ['tekton.dev/TaskRun', having(cond('Succeeded', 'True', 'Succeeded')), 'Healthy'],
  ['longhorn.io/Volume', { state: 'attached', robustness: 'healthy' }, 'Healthy'],
  ['longhorn.io/Volume', { state: 'attached', robustness: 'degraded' }, 'Degraded'],
  ['batch.volcano.sh/Job', { state: { phase: 'Running' } }, 'Progressing'],
  ['batch.volcano.sh/Job', { state: { phase: 'Completed' } }, 'Healthy'],
  ['scheduling.volcano.sh/Queue', { state: 'Open' }, 'Healthy'],
  ['ray.io/RayCluster', { state: '' }, 'Progressing'],
  ['ray.io/RayCluster', { state: 'ready' }, 'Healthy'],
  ['ray.io/RayCluster', { state: 'suspended' }, 'Suspended'],
  ['ray.io/RayJob', { jobStatus: 'RUNNING', jobDeploymentStatus: 'Running' }, 'Progressing'],
  ['ray.io/RayJob', { jobStatus: 'SUCCEEDED', jobDeploymentStatus: 'Complete' }, 'Healthy'],
  ['argoproj.io/Workflow', { phase: 'Error', message: 'no pod' }, 'Degraded'],
  ['argoproj.io/Sensor', having(cond('Deployed', 'True'), cond('DependenciesProvided', 'True')), 'Healthy'],
  ['argoproj.io/EventSource', having(cond('Deployed', 'False', 'DeployFailed')), 'Degraded'],
  ['secrets.hashicorp.com/VaultAuth', { valid: true, error: '' }, 'Healthy'],
  ['secrets.hashicorp.com/VaultAuth', { valid: false, error: 'no role' }, 'Degraded'],
  ['kueue.x-k8s.io/ClusterQueue', having(cond('Active', 'False', 'FlavorNotFound', 'no flavor')), 'Degraded'],
  ['kueue.x-k8s.io/ResourceFlavor', undefined, 'Healthy'],
  ['policy.linkerd.io/Server', undefined, 'Healthy'],
  ['externaldns.k8s.io/DNSEndpoint', undefined, 'Healthy'],
])

// Conditions kept as a history: only the last one counts.
check([
  [
    'pxc.percona.com/PerconaXtraDBCluster',
    { state: 'ready', ...having(cond('initializing', 'True'), cond('ready', 'True')) },
    'Healthy',
  ],
  [
    'psmdb.percona.com/PerconaServerMongoDB',
    { state: 'ready', ...having(cond('sharding', 'True'), cond('ready', 'True')) },
    'Healthy',
  ],
  [
    'management.cattle.io/Cluster',
    having(cond('Pending', 'True'), cond('Waiting', 'True'), cond('Ready', 'True')),
    'Healthy',
  ],
])

// Objects that sync on a schedule or continuously, and the result of their last run.
check([
  [
    'volsync.backube/ReplicationSource',
    { lastSyncTime: 'x', ...having(cond('Synchronizing', 'True', 'SyncInProgress')) },
    'Healthy',
  ],
  ['volsync.backube/ReplicationSource', { latestMoverStatus: { result: 'Failed' } }, 'Degraded'],
  ['tests.testkube.io/Test', { latestExecution: { status: 'failed' } }, 'Healthy'],
])

// A disabled part says nothing about the whole.
check([
  ['example.com/Thing', { phase: 'Failed', backupStatus: 'Disabled' }, 'Degraded'],
  ['example.com/Thing', { connectionState: 'closed', error: 'broken pipe' }, 'Degraded'],
  ['example.com/Thing', { monitoringState: 'disabled', ...ready('False', 'CrashLoop') }, 'Degraded'],
  [
    'compute.cnrm.cloud.google.com/ComputeInstance',
    { currentStatus: 'TERMINATED', ...ready('True', 'UpToDate') },
    'Healthy',
  ],
])

// Types of conditions with a negation, and unknown types that are True with a bad reason.
check([
  ['grafana.integreatly.org/GrafanaDashboard', having(cond('NoMatchingInstance', 'True', 'EmptyAPIReply')), 'Degraded'],
  ['cilium.io/CiliumBGPClusterConfig', having(cond('cilium.io/NoMatchingNode', 'True')), 'Degraded'],
  ['cilium.io/CiliumBGPClusterConfig', having(cond('cilium.io/NoMatchingNode', 'False')), 'Healthy'],
  ['example.com/Thing', having(cond('Deployed', 'True'), cond('Irreconcilable', 'True', 'ReconcileError')), 'Degraded'],
  ['example.com/Thing', having(cond('NoUpdateAvailable', 'True')), 'Healthy'],
  ['example.com/Thing', having(cond('Odd', 'True', 'BackendError')), 'Degraded'],
])

check([
  ['cdi.kubevirt.io/DataVolume', { phase: 'WaitForFirstConsumer' }, 'Healthy'],
  ['kuadrant.io/AuthPolicy', having(cond('Accepted', 'True'), cond('Enforced', 'False', 'Overridden')), 'Healthy'],
  [
    'postgres-operator.crunchydata.com/PostgresCluster',
    { instances: [{ replicas: 2, readyReplicas: 0 }] },
    'Progressing',
  ],
  ['hypershift.openshift.io/NodePool', having(cond('Ready', 'True'), cond('UpdatingVersion', 'True')), 'Progressing'],
  ['remediation.medik8s.io/NodeHealthCheck', { phase: 'Disabled', ...having(cond('Disabled', 'True')) }, 'Degraded'],
  ['example.com/Backup', { succeeded: false }, 'Progressing'],
  ['example.com/Thing', { succeeded: false }, 'Degraded'],
])

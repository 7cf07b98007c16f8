import type { KindRules } from '../status-rules.ts'

/** Kinds that run Pods, functions or models for good. */
export const WORKLOADS: readonly KindRules[] = [
  {
    kinds: 'apps.kruise.io/CloneSet apps.kruise.io/StatefulSet',
    rules: [
      ['Suspended', 'spec.updateStrategy.partition', '0 < spec.updateStrategy.partition'],
      ['Suspended', '0 < spec.updateStrategy.rollingUpdate.partition'],
      ['Degraded', 'status.updatedReadyReplicas < spec.replicas'],
      ['Degraded', 'status.updatedAvailableReplicas < spec.replicas'],
      ['Healthy', 'status.updatedReadyReplicas'],
    ],
  },
  {
    kinds: 'apps.kruise.io/DaemonSet',
    rules: [
      ['Suspended', '0 < spec.updateStrategy.rollingUpdate.partition'],
      ['Degraded', 'status.numberAvailable < status.desiredNumberScheduled'],
      ['Progressing', 'status.updatedNumberScheduled < status.desiredNumberScheduled'],
    ],
  },
  { kinds: 'apps.kruise.io/AdvancedCronJob', rules: [['Progressing', 'status.active']] },
  {
    kinds: 'rollouts.kruise.io/Rollout',
    rules: [
      ['Degraded', 'status.phase = Disabled|Disabling|Terminating'],
      ['Suspended', 'status.*.currentStepState = StepPaused'],
    ],
  },
  {
    kinds: 'game.kruise.io/GameServerSet',
    rules: [
      // The rest keeps its old version until somebody moves the partition on.
      ['Suspended', '0 < spec.updateStrategy.rollingUpdate.partition'],
      ['Progressing', 'status.currentReplicas < spec.replicas'],
      ['Progressing', 'spec.replicas < status.currentReplicas'],
      ['Progressing', 'status.readyReplicas < spec.replicas'],
      ['Progressing', 'status.updatedReplicas < spec.replicas'],
    ],
  },
  // A server that is allocated or reserved was ready, and counts no longer as such.
  {
    kinds: 'agones.dev/Fleet agones.dev/GameServerSet',
    rules: [
      [
        'Progressing',
        'status',
        'status.readyReplicas + status.allocatedReplicas + status.reservedReplicas < spec.replicas',
      ],
      ['Healthy', 'status.replicas'],
    ],
  },
  {
    kinds: 'agones.dev/GameServer',
    rules: [
      ['Healthy', 'status.state = Ready|Allocated|Reserved'],
      ['Degraded', 'status.state = Unhealthy|Error'],
      ['Progressing', 'status.state'],
    ],
  },
  // It watches what may never be there, and does its work as well without a figure to recommend yet.
  {
    kinds: 'autoscaling.k8s.io/VerticalPodAutoscaler',
    rules: [
      ['Degraded', '@ConfigUnsupported = True'],
      ['Healthy', '@RecommendationProvided'],
      ['Healthy', '@NoPodsMatched = True'],
    ],
  },
  {
    kinds: 'apps.openshift.io/DeploymentConfig',
    rules: [['Healthy', '@Progressing.reason = NewReplicationControllerAvailable']],
  },
  // One that nobody calls may be scaled down to none, and comes up with the next call.
  {
    kinds: 'openfaas.com/Function',
    rules: [
      ['Degraded', '@Stalled = True'],
      ['Progressing', '@Reconciling = True'],
      ['Healthy', '@Ready = True', 'status.replicas = 0'],
      ['Progressing', '@Ready = True', '@Healthy = False'],
    ],
  },
  {
    kinds: 'serving.kserve.io/InferenceService',
    rules: [
      ['Suspended', '@Stopped = True'],
      ['Degraded', 'status.modelStatus.transitionStatus = InvalidSpec|BlockedByFailedLoad'],
      ['Degraded', 'status.modelStatus.states.* = FailedToLoad'],
      ['Progressing', 'status.modelStatus.transitionStatus = InProgress'],
    ],
  },
  // What KEDA falls back on, it does as long as it cannot ask for the figures it scales by.
  { kinds: 'keda.sh/ScaledObject', rules: [['Degraded', '@Fallback = True']] },
  { kinds: 'apps.kruise.io/SidecarSet', rules: [['Progressing', 'status.updatedPods < status.matchedPods']] },
  {
    kinds: 'core.oam.dev/Application',
    rules: [
      ['Suspended', 'status.status = workflowSuspending'],
      ['Degraded', 'status.status = workflowTerminated|workflowFailed|unhealthy'],
      ['Progressing', 'status.status != running'],
    ],
  },
  {
    kinds: 'k8s.keycloak.org/Keycloak',
    rules: [
      ['Degraded', '@HasErrors = True'],
      ['Progressing', '@RollingUpdate = True'],
      ['Progressing', '@Ready = False'],
    ],
  },
]

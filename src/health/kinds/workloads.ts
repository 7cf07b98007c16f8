import type { KindRules } from '../status-rules.ts'

/** Rules for kinds that run Pods, functions or models continuously. */
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
      // Replicas below the partition keep the old version until the partition changes.
      ['Suspended', '0 < spec.updateStrategy.rollingUpdate.partition'],
      ['Progressing', 'status.currentReplicas < spec.replicas'],
      ['Progressing', 'spec.replicas < status.currentReplicas'],
      ['Progressing', 'status.readyReplicas < spec.replicas'],
      ['Progressing', 'status.updatedReplicas < spec.replicas'],
    ],
  },
  // Allocated and reserved servers were ready but are no longer counted as ready.
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
  // It works without a recommendation, too: the Pods that it watches may not exist.
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
  // An idle function may be scaled to zero; the next call starts it.
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
  // KEDA uses the fallback while it cannot read its metrics.
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

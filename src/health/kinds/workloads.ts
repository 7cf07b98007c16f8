import type { Row } from '../row.ts'

/** Kinds that run Pods, functions, models or jobs. */
export const WORKLOADS: readonly Row[] = [
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
  // What runs to an end says nothing of that end before it is there.
  {
    kinds: 'kubeflow.org/*Job kubeflow.org/Experiment kubeflow.org/Trial',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Healthy', '@Succeeded = True'],
      ['Suspended', '@Suspended = True'],
      ['Progressing', '@Restarting = True'],
      ['Progressing', '@Running = True'],
      ['Progressing', '!@Succeeded'],
    ],
  },
  // Another try of a job that has failed.
  { kinds: 'ray.io/RayJob', rules: [['Progressing', 'status.jobDeploymentStatus = Retrying']] },
  // It has no more to do than to start what is scheduled.
  { kinds: 'sparkoperator.k8s.io/ScheduledSparkApplication', rules: [['Healthy', 'status.scheduleState = Scheduled']] },
  {
    kinds: 'kueue.x-k8s.io/Workload',
    rules: [
      ['Suspended', 'spec.active = false'],
      ['Degraded', '@Finished = True', '@Finished.reason = *Fail*'],
      ['Healthy', '@Finished = True'],
      // Whatever it was evicted for, it waits for its turn again.
      ['Progressing', '@QuotaReserved = False'],
    ],
  },
  {
    kinds: 'jobset.x-k8s.io/JobSet',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Healthy', '@Completed = True'],
      // It is still called suspended as long as it starts again, one part after the other.
      ['Progressing', '@StartupPolicyInProgress = True'],
      ['Suspended', '@Suspended = True'],
      ['Progressing', '!@Completed'],
    ],
  },
  {
    kinds: 'trainer.kubeflow.org/TrainJob',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Healthy', '@Complete = True'],
      ['Suspended', '@Suspended = True'],
      ['Progressing', '!@Complete'],
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
  {
    kinds: 'flink.apache.org/FlinkDeployment',
    rules: [
      ['Degraded', 'status.jobManagerDeploymentStatus = ERROR'],
      ['Healthy', 'status.jobStatus.state = SUSPENDED', 'status.jobManagerDeploymentStatus = MISSING'],
    ],
  },
  // Its own object is done once the Job that runs it is there; what comes of that Job is told a moment later.
  {
    kinds: 'tower.ansible.com/AnsibleJob',
    rules: [
      ['Degraded', '@Failure = True'],
      ['Progressing', 'status.k8sJob', '!status.ansibleJobResult.status'],
    ],
  },
  {
    kinds: 'kiali.io/* *.ansible.com/*',
    rules: [
      ['Degraded', '@Failure = True'],
      ['Degraded', 'status.ansibleJobResult.status = failed|error|canceled'],
      ['Healthy', 'status.ansibleJobResult.status = successful'],
      ['Progressing', 'status.ansibleJobResult.status'],
      ['Healthy', '@Successful = True'],
      ['Healthy', '@Running.reason = Successful'],
      ['Progressing', '@Running = True'],
    ],
  },
  {
    kinds: 'opentelemetry.io/OpenTelemetryCollector',
    rules: [
      ['Healthy', 'spec.mode = sidecar'],
      ['Progressing', 'status.scale.replicas < spec.replicas'],
      [
        'Progressing',
        'spec.mode = deployment|statefulset|daemonset',
        '!status.scale.statusReplicas',
        '!status.scale.replicas',
        '!status.replicas',
      ],
    ],
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
  {
    kinds: 'spark.apache.org/SparkApplication',
    rules: [
      ['Degraded', 'status.currentState.currentStateSummary = *Fail*|*TimedOut|*Evicted'],
      ['Healthy', 'status.currentState.currentStateSummary = RunningHealthy|Succeeded|ResourceReleased'],
      ['Progressing', 'status.currentState.currentStateSummary'],
    ],
  },
  {
    kinds: 'datadoghq.com/DatadogAgent',
    rules: [
      ['Degraded', 'status.*.state = Failed'],
      ['Progressing', 'status.*.state = Progressing|Updating'],
    ],
  },
  // Its runners are refused until somebody changes it.
  {
    kinds: 'actions.github.com/AutoscalingRunnerSet actions.github.com/EphemeralRunnerSet',
    rules: [['Degraded', 'status.phase = Outdated']],
  },
  {
    kinds: 'org.eclipse.che/CheCluster',
    rules: [
      ['Degraded', 'status.reason', 'status.chePhase = Inactive'],
      ['Progressing', 'status.chePhase = Inactive'],
    ],
  },
  {
    kinds: 'jenkins.io/Jenkins',
    rules: [
      ['Progressing', 'status', '!status.baseConfigurationCompletedTime'],
      ['Progressing', 'status', '!status.userConfigurationCompletedTime'],
    ],
  },
  {
    kinds: 'flink.apache.org/FlinkSessionJob',
    rules: [['Progressing', 'status.lifecycleState = CREATED|DEPLOYED|UPGRADING']],
  },
  {
    kinds: 'kubernetes.dask.org/*',
    rules: [
      ['Progressing', 'status.phase = Created'],
      ['Progressing', 'status.jobStatus = JobCreated|ClusterCreated|Running'],
    ],
  },
  {
    kinds: 'apps.kruise.io/ImagePullJob',
    rules: [
      ['Progressing', '0 < status.active'],
      ['Degraded', 'status.failedNodes'],
    ],
  },
  { kinds: 'apps.kruise.io/SidecarSet', rules: [['Progressing', 'status.updatedPods < status.matchedPods']] },
  {
    kinds: 'core.oam.dev/Application',
    rules: [
      ['Suspended', 'status.status = workflowSuspending'],
      ['Degraded', 'status.status = workflowTerminated|workflowFailed|unhealthy'],
      ['Progressing', 'status.status != running'],
    ],
  },
  // Its condition is of the time before it ran.
  { kinds: 'scheduling.volcano.sh/PodGroup', rules: [['Healthy', 'status.phase = Running|Completed']] },
  { kinds: 'apps.kubeblocks.io/OpsRequest', rules: [['Healthy', 'status.phase = Succeed']] },
  { kinds: 'apps.gitlab.com/Runner', rules: [['Degraded', 'status.registration = failed']] },
  {
    kinds: 'autoscaling.x-k8s.io/ProvisioningRequest',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Degraded', '@CapacityRevoked = True'],
      ['Progressing', '!@Provisioned'],
    ],
  },
  { kinds: 'batch.volcano.sh/Job', rules: [['Degraded', 'status.state.phase = Terminated']] },
  { kinds: 'scheduling.volcano.sh/Queue', rules: [['Suspended', 'status.state = Closed']] },
  {
    kinds: 'tests.testkube.io/*Execution',
    rules: [
      ['Degraded', 'status.latestExecution.executionResult.status = failed|aborted|timeout'],
      ['Progressing', 'status.latestExecution.executionResult.status != passed'],
    ],
  },
  { kinds: 'operator.victoriametrics.com/*', rules: [['Suspended', 'status.updateStatus = paused']] },
  {
    kinds: 'kubeflow.org/Notebook',
    rules: [
      ['Suspended', '#kubeflow-resource-stopped'],
      ['Degraded', 'status.containerState.waiting.reason = *BackOff|Err*|*Error|InvalidImageName'],
    ],
  },
  {
    kinds: 'chaos-mesh.org/*Chaos',
    rules: [
      ['Suspended', '@Paused = True'],
      ['Progressing', 'status.experiment.desiredPhase = Run', '@AllInjected != True'],
      ['Progressing', 'status.experiment.desiredPhase = Stop', '@AllRecovered != True'],
    ],
  },
  {
    kinds: 'litmuschaos.io/ChaosEngine',
    rules: [
      ['Suspended', 'status.engineStatus = stopped'],
      ['Degraded', 'status.experiments.*.verdict = Fail|Error'],
      ['Progressing', 'status.engineStatus != completed'],
    ],
  },
  // The status of each tag: of one that cannot be imported nothing runs.
  { kinds: 'image.openshift.io/ImageStream', rules: [['Degraded', 'status.tags.*.conditions.*.status = False']] },
  // A configuration that the check of the aggregator refuses is not used.
  {
    kinds: 'logging.banzaicloud.io/*',
    rules: [
      ['Degraded', 'status.configCheckResults.* = false'],
      ['Degraded', 'status.problems.*'],
    ],
  },
  { kinds: 'sloth.slok.dev/PrometheusServiceLevel', rules: [['Degraded', 'status.promOpsRulesGenerated = false']] },
  {
    kinds: 'k8s.keycloak.org/Keycloak',
    rules: [
      ['Degraded', '@HasErrors = True'],
      ['Progressing', '@RollingUpdate = True'],
      ['Progressing', '@Ready = False'],
    ],
  },
  {
    kinds: 'grafana.integreatly.org/Grafana',
    rules: [
      ['Degraded', 'status.stageStatus = failed'],
      ['Progressing', 'status.stage != complete'],
    ],
  },
  {
    kinds: 'grafana.integreatly.org/GrafanaDatasource',
    rules: [
      ['Degraded', 'status.NoMatchingInstances = true'],
      ['Progressing', '!status.hash', '!status.conditions'],
    ],
  },
  {
    kinds: 'metrics.keptn.sh/Analysis',
    rules: [['Degraded', 'status.state = Completed', 'status.pass = false', '!status.warning']],
  },
  { kinds: 'metrics.keptn.sh/KeptnMetric', rules: [['Progressing', '!status.value', '!status.errMsg']] },
]

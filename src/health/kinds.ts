import { patternOf, type Row, type Rule } from './row.ts'

/** What the conventions do not know of some kinds. Several rows may be about one kind: the rules of the first come first. */
export const ROWS: readonly Row[] = [
  // Kinds that have no status, or none that anybody waits for.
  {
    kinds: `*/*Template */ProviderConfig */ProviderConfigUsage argoproj.io/AppProject argoproj.io/CronWorkflow
      astra.netapp.io/Schedule cilium.io/CiliumClusterwideNetworkPolicy cilium.io/CiliumNetworkPolicy
      crd.projectcalico.org/* extensions.istio.io/* gateway.envoyproxy.io/EnvoyProxy helm.cattle.io/HelmChartConfig
      keda.sh/*TriggerAuthentication kyverno.io/*Exception kyverno.io/PolicyException metallb.io/*
      monitoring.coreos.com/AlertmanagerConfig monitoring.coreos.com/PodMonitor monitoring.coreos.com/Probe
      monitoring.coreos.com/PrometheusRule monitoring.coreos.com/ScrapeConfig monitoring.coreos.com/ServiceMonitor
      networking.istio.io/* notification.toolkit.fluxcd.io/Alert notification.toolkit.fluxcd.io/Provider
      projectcalico.org/* secrets-store.csi.x-k8s.io/SecretProviderClass security.istio.io/*
      snapshot.storage.k8s.io/*Class tekton.dev/Pipeline tekton.dev/Task telemetry.istio.io/* traefik.containo.us/*
      traefik.io/* velero.io/VolumeSnapshotLocation`,
    rules: [['Healthy', '!status']],
  },

  // Argo.
  {
    kinds: 'argoproj.io/Rollout',
    rules: [
      ['Degraded', '@InvalidSpec = True'],
      ['Degraded', '@Progressing.reason = ProgressDeadlineExceeded|RolloutAborted'],
      ['Degraded', 'status.phase = Degraded'],
      ['Suspended', 'status.pauseConditions'],
      ['Suspended', '@Paused = True'],
      ['Suspended', '@Progressing.reason = RolloutPaused'],
      [
        'Progressing',
        'status.workloadObservedGeneration',
        'status.workloadObservedGeneration < #rollout.argoproj.io/workload-generation',
      ],
      ['Progressing', 'status.updatedReplicas < spec.replicas'],
      ['Progressing', '!spec.strategy.blueGreen', 'spec.replicas', 'spec.replicas < status.replicas'],
      ['Progressing', 'status.availableReplicas < status.updatedReplicas'],
    ],
  },
  {
    kinds: 'argoproj.io/Application',
    rules: [
      ['Degraded', 'status.operationState.phase = Failed|Error'],
      ['Progressing', 'status.sync.status = OutOfSync', 'status.health.status = Healthy'],
    ],
  },
  {
    kinds: 'promoter.argoproj.io/*',
    rules: [
      ['Degraded', '@Ready = False'],
      ['Progressing', '!@Ready'],
      ['Progressing', '@Ready.observedGeneration', '@Ready.observedGeneration < metadata.generation'],
    ],
  },
  {
    kinds: 'promoter.argoproj.io/*CommitStatus',
    rules: [
      ['Degraded', 'status.environments.*.phase = failure'],
      ['Progressing', 'status.environments.*.phase = pending'],
    ],
  },
  // The phase is what it reports of something else.
  { kinds: 'promoter.argoproj.io/CommitStatus', rules: [['Healthy', '@Ready = True']] },
  {
    kinds: 'promoter.argoproj.io/ArgoCDCommitStatus',
    rules: [['Degraded', '@Ready = True', '!status.applicationsSelected']],
  },
  {
    kinds: 'promoter.argoproj.io/PromotionStrategy',
    rules: [
      ['Degraded', '@Ready = True', '!status.environments'],
      ['Progressing', '!status.environments.*.active.dry.sha'],
      ['Progressing', '!status.environments.*.proposed.dry.sha'],
      ['Progressing', 'status.environments.*.proposed.commitStatuses.*.phase = pending'],
    ],
  },
  {
    kinds: 'promoter.argoproj.io/ChangeTransferPolicy',
    rules: [
      ['Progressing', '!status.active.dry.sha'],
      ['Progressing', '!status.proposed.dry.sha'],
      ['Progressing', 'status.proposed.commitStatuses.*.phase = pending'],
    ],
  },
  {
    kinds: 'numaflow.numaproj.io/*',
    rules: [
      ['Degraded', '#numaplane.numaproj.io/progressive-result-state = failed'],
      ['Degraded', '@DaemonHealthy = False'],
      ['Degraded', '@DaemonServiceHealthy = False'],
      ['Healthy', 'status.phase = Paused'],
    ],
  },
  {
    kinds: 'numaplane.numaproj.io/*',
    rules: [
      ['Degraded', '@ProgressiveUpgradeSucceeded = False'],
      ['Healthy', '@MonoVertexPausingOrPaused = True'],
      ['Healthy', '@PipelinePausingOrPaused = True'],
    ],
  },

  // Flux.
  { kinds: 'source.toolkit.fluxcd.io/HelmRepository', rules: [['Healthy', 'spec.type = oci', '!status']] },

  // Crossplane: ready and synced, both.
  {
    kinds: '*.crossplane.io/* *.upbound.io/*',
    rules: [
      ['Suspended', '@Synced.reason = ReconcilePaused'],
      ['Degraded', '@Synced = False'],
      ['Progressing', '@Ready.reason = Creating|Unavailable|Deleting'],
      ['Progressing', '@Synced = True', '!@Ready'],
    ],
  },
  {
    kinds: 'pkg.crossplane.io/*',
    rules: [
      ['Degraded', '@Installed = False'],
      ['Progressing', '!@Healthy'],
    ],
  },

  // Clouds.
  { kinds: '*.cnrm.cloud.google.com/*', rules: [['Suspended', '@Ready.reason = DependencyNotReady']] },
  {
    kinds: '*.services.k8s.aws/*',
    rules: [
      ['Degraded', '@ACK.Terminal = True'],
      ['Degraded', '@ACK.Recoverable = True'],
      ['Progressing', '@ACK.ResourceSynced != True'],
      ['Progressing', '!@ACK.ResourceSynced'],
    ],
  },
  {
    kinds: 'networking.gke.io/ManagedCertificate',
    rules: [
      ['Degraded', 'status.certificateStatus = *Failed*'],
      ['Degraded', 'status.domainStatus.*.status = *Failed*'],
      ['Progressing', 'status.certificateStatus != Active'],
      ['Progressing', '!status.certificateStatus'],
    ],
  },
  { kinds: 'karpenter.k8s.aws/* karpenter.sh/NodePool', rules: [['Degraded', '@Ready = False']] },
  {
    kinds: 'core.gardener.cloud/Shoot',
    rules: [
      ['Degraded', 'status.lastOperation.state = Failed|Error|Aborted'],
      ['Progressing', 'status.lastOperation.state = Processing|Pending'],
      ['Suspended', 'status.hibernated = true'],
      ['Degraded', 'status.conditions.*.status = False'],
      ['Progressing', 'status.conditions.*.status = Progressing|Unknown'],
      ['Healthy', 'status.lastOperation.state = Succeeded'],
    ],
  },
  {
    kinds: 'services.cloud.sap.com/*',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Progressing', '@Succeeded = False', '@Succeeded.reason = *InProgress'],
      ['Degraded', '@Succeeded = False'],
      ['Progressing', '@Ready != True'],
    ],
  },

  // Workloads.
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
      ['Progressing', 'status.currentReplicas < spec.replicas'],
      ['Progressing', 'status.readyReplicas < spec.replicas'],
      ['Progressing', 'status.updatedReplicas < spec.replicas'],
    ],
  },
  {
    kinds: 'apps.openshift.io/DeploymentConfig',
    rules: [
      ['Progressing', '@Progressing.reason = ReplicationControllerUpdated'],
      ['Healthy', '@Progressing.reason = NewReplicationControllerAvailable'],
    ],
  },
  {
    kinds: 'flink.apache.org/FlinkDeployment',
    rules: [
      ['Degraded', 'status.jobManagerDeploymentStatus = ERROR'],
      ['Healthy', 'status.jobStatus.state = SUSPENDED', 'status.jobManagerDeploymentStatus = MISSING'],
    ],
  },
  {
    kinds: 'kiali.io/* tower.ansible.com/* *.ansible.com/*',
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
      ['Progressing', 'status.scale.statusReplicas = 0/*', '0 < spec.replicas'],
      ['Progressing', 'status.scale.replicas < spec.replicas'],
    ],
  },

  // Clusters and machines.
  { kinds: 'cluster.x-k8s.io/MachinePool', rules: [['Healthy', 'status.phase = Scaling*', '@Ready = True']] },
  {
    kinds: 'cluster.x-k8s.io/MachineHealthCheck',
    rules: [['Degraded', 'status.currentHealthy < status.expectedMachines']],
  },
  {
    kinds: 'karpenter.sh/NodeClaim',
    rules: [
      ['Degraded', '@Launched = False', '@Launched.reason = *Fail*|*Error*'],
      ['Progressing', '@Launched != True'],
      ['Progressing', '@Registered != True'],
      ['Progressing', '@Initialized != True'],
    ],
  },
  {
    kinds: 'operator.openshift.io/IngressController',
    rules: [
      ['Degraded', '@Degraded = True'],
      ['Progressing', '!@Available'],
      ['Progressing', 'status.availableReplicas < spec.replicas'],
    ],
  },
  {
    kinds: 'kubevirt.io/VirtualMachine',
    rules: [
      ['Degraded', '@Failure = True'],
      ['Suspended', 'spec.running = false'],
      ['Suspended', 'spec.runStrategy = Halted'],
      ['Suspended', 'status.printableStatus = Stopped|Paused'],
      ['Progressing', 'status.printableStatus = Starting|Stopping|Provisioning|WaitingFor*|Migrating|Terminating'],
      ['Suspended', '@Paused = True'],
      ['Healthy', 'status.printableStatus = Running'],
      ['Progressing', '!status.printableStatus', '@Ready = False'],
    ],
  },
  {
    kinds: 'kubevirt.io/VirtualMachineInstance',
    rules: [
      ['Suspended', '@Paused = True'],
      ['Degraded', 'status.phase = Failed|Unknown'],
      ['Healthy', 'status.phase = Succeeded'],
      ['Progressing', 'status.phase = Pending|Scheduling|Scheduled'],
      ['Progressing', '@Ready = False'],
    ],
  },
  {
    kinds: 'operators.coreos.com/Subscription',
    rules: [
      ['Degraded', '@InstallPlanFailed = True'],
      ['Degraded', '@ResolutionFailed = True'],
      ['Degraded', '@CatalogSourcesUnhealthy = True'],
      ['Suspended', '@InstallPlanPending.reason = RequiresApproval'],
      ['Progressing', '@InstallPlanPending = True'],
      ['Progressing', '@InstallPlanMissing = True'],
      ['Progressing', 'status.state = UpgradePending|UpgradeAvailable'],
      ['Progressing', '!status.state'],
      ['Healthy', 'status.state = AtLatestKnown'],
    ],
  },
  {
    kinds: 'policy.open-cluster-management.io/*',
    rules: [
      ['Suspended', 'spec.disabled = true'],
      ['Progressing', 'status.compliant = Pending|UnknownCompliancy'],
      ['Degraded', 'status.compliant = NonCompliant'],
      ['Healthy', 'status.compliant = Compliant'],
      ['Degraded', 'status.status.*.compliant = NonCompliant'],
      ['Progressing', '!status.compliant'],
    ],
  },
  {
    kinds: 'work.karmada.io/ResourceBinding work.karmada.io/ClusterResourceBinding',
    rules: [
      ['Suspended', 'spec.suspension.dispatching = true'],
      ['Suspended', 'spec.suspension.scheduling = true'],
      ['Degraded', '@Scheduled = False'],
      ['Degraded', 'status.aggregatedStatus.*.health = Unhealthy'],
      ['Degraded', 'status.aggregatedStatus.*.applied = false'],
      ['Progressing', '!@Scheduled'],
      ['Progressing', '@FullyApplied != True'],
      ['Progressing', '!@FullyApplied'],
      ['Progressing', 'status.aggregatedStatus.*.health = Unknown'],
    ],
  },
  {
    kinds: 'nmstate.io/*',
    rules: [
      ['Degraded', '@Degraded = True'],
      ['Degraded', '@Failing = True'],
      ['Healthy', '@Ignored = True'],
      ['Progressing', '@Available != True'],
    ],
  },

  // Gateways and routes.
  {
    kinds: 'gateway.solo.io/* gloo.solo.io/* enterprise.gloo.solo.io/*',
    rules: [
      ['Degraded', 'status.statuses.*.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.statuses.*.state = Pending|0'],
      ['Healthy', 'status.statuses.*.state = Accepted|1'],
      ['Progressing', 'status.statuses'],
      ['Degraded', 'status.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.state = Pending|0'],
      ['Healthy', 'status.state = Accepted|1'],
      // Protobuf leaves out a zero, which is Pending.
      ['Progressing', '!status.state'],
    ],
  },
  {
    kinds: 'projectcontour.io/HTTPProxy',
    rules: [
      ['Degraded', 'status.currentStatus = invalid|orphaned'],
      ['Healthy', 'status.currentStatus = valid'],
      ['Progressing', 'status.currentStatus'],
    ],
  },
  {
    kinds: 'networking.istio.io/* install.istio.io/IstioOperator',
    rules: [['Degraded', 'status.status = ERROR|ACTION_REQUIRED']],
  },

  {
    kinds: 'serving.kserve.io/InferenceService',
    rules: [
      ['Degraded', 'status.modelStatus.transitionStatus = InvalidSpec|BlockedByFailedLoad'],
      ['Progressing', 'status.modelStatus.transitionStatus = InProgress'],
    ],
  },
  {
    kinds: 'iammanager.keikoproj.io/*',
    rules: [['Degraded', 'status.state = PolicyNotAllowed|RolesMaxLimitReached|RoleNameNotAvailable']],
  },

  // Databases, queues and storage.
  {
    kinds: 'postgresql.cnpg.io/Cluster',
    rules: [
      ['Suspended', '#cnpg.io/hibernation = on'],
      ['Suspended', '#cnpg.io/reconciliationLoop = disabled'],
      ['Degraded', 'status.phase = Failing over|Unrecoverable*|*error*|*fail*'],
      ['Progressing', '@Ready = False'],
    ],
  },
  {
    kinds: 'k8s.mariadb.com/MariaDB mariadb.mmontes.io/MariaDB',
    rules: [
      ['Progressing', '!status.conditions'],
      ['Degraded', '@Ready.reason = Failed|*Error*'],
    ],
  },
  {
    kinds: 'kafka.banzaicloud.io/KafkaCluster',
    rules: [
      ['Degraded', 'status.state = ClusterRunning', 'status.brokersState.*.configurationState = ConfigOutOfSync'],
    ],
  },
  {
    kinds: 'cassandra.rook.io/Cluster',
    rules: [['Progressing', 'status.racks.*.readyMembers < .members']],
  },
  {
    kinds: 'rabbitmq.com/RabbitmqCluster',
    rules: [
      ['Degraded', '@ReconcileSuccess = False'],
      ['Progressing', '@AllReplicasReady != True'],
      ['Progressing', '@ClusterAvailable != True'],
    ],
  },
  {
    kinds: 'minio.min.io/Tenant',
    rules: [
      ['Healthy', 'status.currentState = Initialized'],
      [
        'Degraded',
        'status.currentState = Another MinIO*|*not controlled*|*not set properly|Different versions*|*Not Allowed',
      ],
      ['Degraded', 'status.currentState = *error*|*fail*|*lost*|*offline*|*invalid*'],
      ['Progressing', 'status.currentState'],
    ],
  },
  {
    kinds: 'ceph.rook.io/CephCluster',
    rules: [
      ['Degraded', 'status.ceph.health = HEALTH_ERR'],
      ['Degraded', 'status.phase = Failure|Error'],
      ['Degraded', 'status.state = Error'],
      ['Progressing', 'status.phase != Ready'],
      ['Healthy', 'status.ceph.health = HEALTH_OK'],
      // It serves; a clock that is off, or a pool without replicas, is worth no red run.
      ['Healthy', 'status.ceph.health = HEALTH_WARN'],
    ],
  },
  {
    kinds: 'elasticsearch.k8s.elastic.co/* logstash.k8s.elastic.co/* beat.k8s.elastic.co/* *.k8s.elastic.co/*',
    rules: [
      ['Degraded', 'status.health = red'],
      ['Degraded', 'status.phase = Invalid|Stalled'],
      ['Progressing', 'status.phase = ApplyingChanges|MigratingData'],
      // Indices of a single node have nowhere to put their replicas, and stay yellow.
      ['Healthy', 'status.health = yellow', 'status.phase = Ready', 'status.availableNodes = 1'],
      ['Progressing', 'status.availableNodes < status.expectedNodes'],
      ['Progressing', 'status.health = yellow'],
    ],
  },
  {
    kinds: 'snapshot.storage.k8s.io/*',
    rules: [
      ['Degraded', 'status.error.message'],
      ['Healthy', 'status.readyToUse = true'],
      ['Progressing', 'status'],
    ],
  },
  {
    kinds: 'trident.netapp.io/TridentBackend trident.netapp.io/TridentBackends',
    rules: [
      ['Healthy', 'state = online'],
      ['Degraded', 'state'],
    ],
  },
  { kinds: 'longhorn.io/Volume', rules: [['Healthy', 'status.state = detached']] },

  // Metrics, dashboards and hooks.
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
  {
    kinds: 'astra.netapp.io/ExecHook',
    rules: [
      ['Suspended', 'spec.enabled = false'],
      ['Healthy', 'spec.enabled = true'],
    ],
  },
  {
    kinds: 'proclaim.dogmatiq.io/DNSSDServiceInstance',
    rules: [
      ['Unknown', '@Discoverable = Unknown'],
      ['Progressing', '@Discoverable = False'],
    ],
  },
]

const compiled = ROWS.map(({ kinds, rules }) => ({
  patterns: kinds.split(/\s+/).map(patternOf),
  rules,
}))

/** The rules about a kind, given as `group/Kind`; none where the conventions are enough. */
export function rulesOf(key: string): readonly Rule[] {
  return compiled.flatMap(({ patterns, rules }) => (patterns.some((pattern) => pattern.test(key)) ? rules : []))
}

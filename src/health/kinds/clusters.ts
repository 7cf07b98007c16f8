import type { KindRules } from '../status-rules.ts'

/** Rules for clusters, machines, nodes, operators and policies. */
export const CLUSTERS: readonly KindRules[] = [
  { kinds: 'cluster.x-k8s.io/MachinePool', rules: [['Healthy', 'status.phase = Scaling*', '@Ready = True']] },
  {
    kinds: 'cluster.x-k8s.io/MachineHealthCheck',
    rules: [['Degraded', 'status.currentHealthy < status.expectedMachines']],
  },
  {
    kinds: 'karpenter.k8s.aws/* karpenter.sh/NodePool',
    rules: [
      ['Degraded', '@Ready = False'],
      // Not part of `Ready`. False means that nodes cannot register, which needs manual intervention.
      ['Degraded', '@NodeRegistrationHealthy = False'],
    ],
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
  // The provision is not retried.
  { kinds: 'hive.openshift.io/ClusterDeployment', rules: [['Degraded', '@ProvisionStopped = True']] },
  {
    kinds: 'metal3.io/BareMetalHost',
    rules: [
      ['Degraded', 'status.errorMessage'],
      ['Degraded', 'status.operationalStatus = error'],
      ['Progressing', 'status.provisioning.state = *ing'],
    ],
  },
  // The agent of the cluster no longer reports.
  {
    kinds: 'cluster.open-cluster-management.io/ManagedCluster',
    rules: [['Degraded', '@ManagedClusterConditionAvailable = Unknown']],
  },
  // `Ready` does not distinguish failed resources from those that are not available yet; `summary` does.
  {
    kinds: 'fleet.cattle.io/Bundle fleet.cattle.io/GitRepo',
    rules: [
      ['Degraded', '0 < status.summary.errApplied'],
      ['Degraded', '@Stalled = True'],
      ['Progressing', 'status.summary.ready < status.summary.desiredReady'],
      ['Healthy', '@Ready = True'],
    ],
  },
  // Each condition names a step and is true once that step is completed, whatever its type suggests.
  {
    kinds: 'provisioning.cattle.io/Cluster',
    rules: [
      ['Degraded', '@Stalled = True'],
      ['Healthy', '@Ready = True', 'status.ready = true'],
    ],
  },
  { kinds: 'operator.openshift.io/* imageregistry.operator.openshift.io/*', rules: [['Degraded', '@Degraded = True']] },
  { kinds: 'hnc.x-k8s.io/HierarchyConfiguration', rules: [['Degraded', '@ActivitiesHalted = True']] },
  {
    kinds: 'addon.open-cluster-management.io/ManagedClusterAddOn',
    rules: [['Degraded', '@Available.reason = *LeaseUpdateStopped']],
  },
  { kinds: 'apps.open-cluster-management.io/Subscription', rules: [['Progressing', '!status.phase']] },
  { kinds: 'agent-install.openshift.io/InfraEnv', rules: [['Progressing', '!@ImageCreated']] },
  {
    kinds: 'forklift.konveyor.io/*',
    rules: [
      ['Degraded', 'status.conditions.*.category = Critical'],
      ['Degraded', '@Failed = True'],
      ['Progressing', '@Running = True'],
      ['Progressing', '@Executing = True'],
    ],
  },
  { kinds: 'work.karmada.io/Work', rules: [['Suspended', 'spec.suspendDispatching = true']] },
  { kinds: 'machine.sapcloud.io/MachineDeployment', rules: [['Degraded', 'status.failedMachines']] },
  {
    kinds: 'hypershift.openshift.io/NodePool',
    rules: [
      ['Progressing', '@UpdatingVersion = True'],
      ['Progressing', '@UpdatingConfig = True'],
    ],
  },
  { kinds: 'remediation.medik8s.io/NodeHealthCheck', rules: [['Degraded', '@Disabled = True']] },
  {
    kinds: 'kubevirt.io/VirtualMachine',
    rules: [
      ['Degraded', '@Failure = True'],
      ['Degraded', 'status.printableStatus = CrashLoopBackOff|Err*|ImagePullBackOff|DataVolumeError'],
      ['Suspended', 'spec.running = false'],
      ['Suspended', 'spec.runStrategy = Halted'],
      // It should run but has not begun to start.
      ['Progressing', 'status.printableStatus = Stopped', 'spec.running = true'],
      ['Progressing', 'status.printableStatus = Stopped', 'spec.runStrategy = Always'],
      ['Suspended', 'status.printableStatus = Stopped|Paused'],
      ['Progressing', 'status.printableStatus = Starting|Stopping|Provisioning|WaitingFor*|Migrating|Terminating'],
      ['Suspended', '@Paused = True'],
      ['Unknown', 'status.printableStatus = Unknown'],
      ['Progressing', 'status.printableStatus = Running', '@Ready = False'],
      ['Healthy', 'status.printableStatus = Running'],
      ['Progressing', '!status.printableStatus', '@Ready = False'],
    ],
  },
  {
    kinds: 'kubevirt.io/VirtualMachineInstance',
    rules: [
      ['Suspended', '@Paused = True'],
      ['Degraded', 'status.phase = Failed'],
      ['Degraded', '@Synchronized = False'],
      ['Unknown', 'status.phase = Unknown'],
      ['Healthy', 'status.phase = Succeeded'],
      ['Progressing', 'status.phase = Pending|Scheduling|Scheduled|WaitingForSync'],
      ['Progressing', '@Ready = False'],
    ],
  },
  {
    kinds: 'operators.coreos.com/Subscription',
    rules: [
      ['Degraded', '@InstallPlanFailed = True'],
      ['Degraded', '@ResolutionFailed = True'],
      ['Degraded', '@BundleUnpackFailed = True'],
      ['Degraded', '@CatalogSourcesUnhealthy = True'],
      ['Suspended', '@InstallPlanPending.reason = RequiresApproval'],
      ['Progressing', '@InstallPlanPending = True'],
      ['Progressing', '@InstallPlanMissing = True'],
      ['Suspended', 'status.state = UpgradePending', 'spec.installPlanApproval = Manual'],
      ['Progressing', 'status.state = UpgradePending|UpgradeAvailable'],
      ['Progressing', '!status.state'],
      ['Healthy', 'status.state = AtLatestKnown'],
    ],
  },
  {
    kinds: 'operators.coreos.com/InstallPlan',
    rules: [['Suspended', 'status.phase = RequiresApproval']],
  },
  {
    kinds: 'operators.coreos.com/ClusterServiceVersion',
    rules: [['Progressing', 'status.phase = InstallReady']],
  },
  {
    kinds: 'operators.coreos.com/CatalogSource',
    rules: [
      ['Degraded', 'status.connectionState.lastObservedState = TRANSIENT_FAILURE|SHUTDOWN'],
      ['Progressing', 'status.connectionState.lastObservedState = CONNECTING'],
      ['Healthy', 'status.connectionState.lastObservedState = READY|IDLE'],
    ],
  },
  {
    kinds: 'operators.coreos.com/OperatorGroup',
    rules: [
      ['Degraded', '@MultipleOperatorGroup = True'],
      ['Degraded', '@OperatorGroupServiceAccount = True'],
    ],
  },
  {
    kinds: `policy.open-cluster-management.io/CertificatePolicy policy.open-cluster-management.io/ConfigurationPolicy
      policy.open-cluster-management.io/IamPolicy policy.open-cluster-management.io/OperatorPolicy
      policy.open-cluster-management.io/Policy policy.open-cluster-management.io/PolicySet`,
    rules: [
      ['Suspended', 'spec.disabled = true'],
      ['Progressing', 'status.lastEvaluatedGeneration', 'status.lastEvaluatedGeneration < metadata.generation'],
      ['Progressing', 'status.compliant = Pending|Terminating|UnknownCompliancy'],
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
      ['Degraded', 'status.aggregatedStatus.*.appliedMessage'],
      // The condition is False before any cluster has reported, too.
      ['Degraded', '@FullyApplied = False', 'status.aggregatedStatus'],
      ['Progressing', '!@Scheduled'],
      ['Progressing', '@Scheduled != True'],
      ['Progressing', '@FullyApplied != True'],
      ['Progressing', '!@FullyApplied'],
      // For any other kind, the health stays Unknown.
      [
        'Progressing',
        'status.aggregatedStatus.*.health = Unknown',
        'spec.resource.kind = Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod|Ingress|PersistentVolumeClaim',
      ],
      ['Healthy', '@FullyApplied = True'],
    ],
  },
  {
    kinds: 'nmstate.io/*',
    rules: [
      ['Degraded', '@Degraded = True'],
      ['Degraded', '@Failing = True'],
      // It matches no node, so there is nothing to do.
      ['Healthy', '@Ignored = True'],
      ['Progressing', '@Available != True'],
    ],
  },
]

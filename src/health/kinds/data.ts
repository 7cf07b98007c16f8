import type { KindRules } from '../status-rules.ts'

/** Rules for databases, queues and storage. */
export const DATA: readonly KindRules[] = [
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
    kinds: 'postgresql.cnpg.io/Database postgresql.cnpg.io/Publication postgresql.cnpg.io/Subscription',
    rules: [
      ['Degraded', 'status.applied = false'],
      ['Healthy', 'status.applied = true'],
    ],
  },
  { kinds: 'postgresql.cnpg.io/Pooler', rules: [['Progressing', 'status', 'status.instances < spec.instances']] },
  {
    kinds: 'k8s.mariadb.com/MariaDB mariadb.mmontes.io/MariaDB',
    rules: [
      ['Progressing', '!status.conditions'],
      ['Degraded', '@Ready.reason = Failed|*Error*'],
    ],
  },
  // A scheduled run is never complete.
  {
    kinds: 'k8s.mariadb.com/* mariadb.mmontes.io/*',
    rules: [['Healthy', '@Complete.reason = CronJobScheduled', '@Complete.message = Scheduled']],
  },
  // The operator has set a status but no state.
  { kinds: 'psmdb.percona.com/*', rules: [['Unknown', 'status', '!status.state']] },
  // Its status does not say how many nodes are ready; that of the Kafka object does.
  {
    kinds: 'kafka.strimzi.io/KafkaNodePool',
    rules: [
      ['Progressing', 'status', 'status.replicas < spec.replicas'],
      ['Progressing', 'status', '0 < spec.replicas', '!status.nodeIds'],
      ['Healthy', '!status.conditions', 'status.nodeIds'],
    ],
  },
  { kinds: 'kafka.strimzi.io/KafkaRebalance', rules: [['Progressing', '@PendingProposal = True']] },
  {
    kinds: 'kafka.banzaicloud.io/KafkaCluster',
    rules: [
      ['Degraded', 'status.state = ClusterRunning', 'status.brokersState.*.configurationState = ConfigOutOfSync'],
    ],
  },
  // The phase summarizes the conditions, which are False during provisioning.
  {
    kinds: 'platform.confluent.io/*',
    rules: [
      ['Degraded', 'status.phase = *FAIL*|*ERROR*'],
      ['Degraded', 'status.state = *FAIL*|*ERROR*'],
      ['Degraded', 'status.appState = Failed'],
      ['Degraded', '0 < status.failedTasksCount'],
      ['Progressing', 'status.appState = Unknown', '!status.state'],
      ['Progressing', 'status.phase = PROVISIONING|PENDING|INITIALIZING|UPDATING|SCALING|DELETING'],
    ],
  },
  {
    kinds: 'cassandra.rook.io/Cluster',
    rules: [['Progressing', 'status.racks.*.readyMembers < .members']],
  },
  {
    kinds: 'k8ssandra.io/K8ssandraCluster',
    rules: [
      ['Progressing', 'status', '!status.datacenters'],
      ['Progressing', 'status.datacenters.*.cassandra.cassandraOperatorProgress = Updating'],
    ],
  },
  {
    kinds: 'infinispan.org/Infinispan',
    rules: [
      ['Suspended', '@GracefulShutdown = True'],
      ['Progressing', '@Upgrade = True'],
      ['Progressing', '!@WellFormed'],
      ['Progressing', '@WellFormed != True'],
    ],
  },
  {
    kinds: 'yugabyte.com/YBCluster',
    rules: [['Progressing', 'status.tserverReplicas < status.targetedTServerReplicas']],
  },
  // The type of the condition gives the state; its status does not.
  {
    kinds: 'druid.apache.org/Druid',
    rules: [
      ['Degraded', 'status.druidNodeStatus.druidNodeConditionType = DruidNodeErrorState'],
      ['Progressing', 'status.druidNodeStatus.druidNodeConditionType = DruidNodeRollingUpdate'],
    ],
  },
  {
    kinds: 'opensearch.opster.io/OpenSearchCluster',
    rules: [
      ['Progressing', 'status.phase', '!status.initialized'],
      ['Progressing', 'status.initialized = false'],
    ],
  },
  {
    kinds: 'mysql.oracle.com/InnoDBCluster',
    rules: [['Degraded', 'status.cluster.status = ONLINE_PARTIAL|ONLINE_UNCERTAIN']],
  },
  { kinds: 'oceanbase.oceanbase.com/OBCluster', rules: [['Progressing', 'status.status != running|failed']] },
  {
    kinds: 'planetscale.com/VitessCluster',
    rules: [['Progressing', 'status.cells.*.gatewayAvailable != True']],
  },
  {
    kinds: 'apps.foundationdb.org/FoundationDBCluster',
    rules: [
      ['Progressing', 'status.generations.reconciled < metadata.generation'],
      ['Degraded', 'status.health.available = false'],
    ],
  },
  { kinds: 'dragonflydb.io/Dragonfly', rules: [['Progressing', 'status.phase = resources-created']] },
  {
    kinds: 'atlas.mongodb.com/*',
    rules: [['Degraded', '@Ready = False', 'status.conditions.*.reason = *NotCreated*|*NotUpdated*|*NotProvided*']],
  },
  {
    kinds: 'kubegres.reactive-tech.io/Kubegres',
    rules: [['Degraded', 'status.blockingOperation.hasTimedOut = true']],
  },
  { kinds: 'moco.cybozu.com/MySQLCluster', rules: [['Progressing', '@Available.reason = Incomplete']] },
  { kinds: 'milvus.io/Milvus', rules: [['Progressing', 'status.status = Creating|Pending']] },
  // After the first synchronization, later ones do not change that it is healthy.
  {
    kinds: 'volsync.backube/*',
    rules: [
      ['Degraded', 'status.latestMoverStatus.result = Failed'],
      ['Healthy', 'status.lastSyncTime'],
      ['Healthy', 'status.latestImage'],
    ],
  },
  // It waits for its first consumer, like a PVC.
  {
    kinds: 'cdi.kubevirt.io/DataVolume',
    rules: [['Healthy', 'status.phase = WaitForFirstConsumer|PendingPopulation']],
  },
  {
    kinds: 'postgres-operator.crunchydata.com/PostgresCluster',
    rules: [['Progressing', 'status.instances.*.readyReplicas < .replicas']],
  },
  { kinds: 'vault.banzaicloud.com/Vault', rules: [['Progressing', 'status', '!status.nodes']] },
  {
    kinds: 'rabbitmq.com/RabbitmqCluster',
    rules: [
      ['Degraded', '@ReconcileSuccess = False'],
      ['Progressing', '@AllReplicasReady != True'],
      ['Progressing', '@ClusterAvailable != True'],
    ],
  },
  // The state is one of a few fixed sentences or an arbitrary error message.
  {
    kinds: 'minio.min.io/Tenant',
    rules: [
      ['Progressing', '!status.currentState'],
      ['Progressing', 'status.currentState = Provisioning*|Waiting*|Updating*|Restarting*'],
      ['Degraded', 'status.currentState != Initialized'],
      ['Degraded', 'status.healthStatus = red'],
      ['Healthy', 'status.currentState = Initialized'],
    ],
  },
  {
    kinds: 'ceph.rook.io/CephCluster',
    rules: [
      ['Degraded', 'status.ceph.health = HEALTH_ERR'],
      ['Degraded', 'status.phase = Failure|Error'],
      ['Degraded', 'status.state = Error'],
      // An external cluster never gets beyond Connected.
      ['Progressing', 'status.phase != Ready|Connected'],
      ['Healthy', 'status.ceph.health = HEALTH_OK'],
      // The cluster serves requests: clock skew or a pool without replicas should not fail a run.
      ['Healthy', 'status.ceph.health = HEALTH_WARN'],
    ],
  },
  {
    kinds: '*.k8s.elastic.co/*',
    rules: [
      ['Degraded', 'status.health = red'],
      ['Degraded', 'status.phase = Invalid|Stalled'],
      ['Progressing', 'status.phase = ApplyingChanges|MigratingData'],
      ['Progressing', 'status.health = unknown'],
      // A single node has no place for replicas of its indices, so it stays yellow.
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
      ['Suspended', 'state = suspended'],
      ['Progressing', 'state = deleting'],
      ['Unknown', 'state = unknown'],
      ['Degraded', 'state'],
    ],
  },
  {
    kinds: 'trident.netapp.io/TridentBackendConfig',
    rules: [
      ['Degraded', 'status.lastOperationStatus = Failed'],
      ['Degraded', 'status.phase = Lost'],
      ['Unknown', 'status.phase = Unknown'],
      ['Progressing', 'status.phase = Unbound|Deleting'],
      ['Progressing', '!status.phase'],
    ],
  },
  {
    kinds: 'trident.netapp.io/TridentOrchestrator',
    rules: [
      ['Suspended', 'status.status = Uninstalled'],
      ['Progressing', '!status.status'],
    ],
  },
  {
    kinds: 'longhorn.io/Volume',
    rules: [
      ['Degraded', 'status.robustness = degraded|faulted'],
      ['Degraded', '@Scheduled = False'],
      ['Healthy', 'status.state = detached'],
    ],
  },
  // Its bucket no longer exists.
  { kinds: 'objectbucket.io/ObjectBucketClaim', rules: [['Degraded', 'status.phase = Released']] },
  {
    kinds: 'astra.netapp.io/ExecHook',
    rules: [
      ['Suspended', 'spec.enabled = false'],
      ['Healthy', 'spec.enabled = true'],
    ],
  },
]

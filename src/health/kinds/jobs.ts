import type { KindRules } from '../status-rules.ts'

/** What runs to an end, and the queues that it waits in. */
export const JOBS: readonly KindRules[] = [
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
    kinds: 'spark.apache.org/SparkApplication',
    rules: [
      ['Degraded', 'status.currentState.currentStateSummary = *Fail*|*TimedOut|*Evicted'],
      ['Healthy', 'status.currentState.currentStateSummary = RunningHealthy|Succeeded|ResourceReleased'],
      ['Progressing', 'status.currentState.currentStateSummary'],
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
  // Its condition is of the time before it ran.
  { kinds: 'scheduling.volcano.sh/PodGroup', rules: [['Healthy', 'status.phase = Running|Completed']] },
  { kinds: 'apps.kubeblocks.io/OpsRequest', rules: [['Healthy', 'status.phase = Succeed']] },
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
  {
    kinds: 'metrics.keptn.sh/Analysis',
    rules: [['Degraded', 'status.state = Completed', 'status.pass = false', '!status.warning']],
  },
]

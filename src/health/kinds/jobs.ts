import type { KindRules } from '../status-rules.ts'

/** Rules for jobs, workflows and their queues. */
export const JOBS: readonly KindRules[] = [
  // The conditions `Succeeded` and `Failed` are missing until the job has ended.
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
  // The job failed and is being retried.
  { kinds: 'ray.io/RayJob', rules: [['Progressing', 'status.jobDeploymentStatus = Retrying']] },
  // Its only task is to start applications on schedule.
  { kinds: 'sparkoperator.k8s.io/ScheduledSparkApplication', rules: [['Healthy', 'status.scheduleState = Scheduled']] },
  {
    kinds: 'kueue.x-k8s.io/Workload',
    rules: [
      ['Suspended', 'spec.active = false'],
      ['Degraded', '@Finished = True', '@Finished.reason = *Fail*'],
      ['Healthy', '@Finished = True'],
      // After an eviction it is queued again.
      ['Progressing', '@QuotaReserved = False'],
    ],
  },
  {
    kinds: 'jobset.x-k8s.io/JobSet',
    rules: [
      ['Degraded', '@Failed = True'],
      ['Healthy', '@Completed = True'],
      // While it resumes part by part, `Suspended` is still True.
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
  // Its conditions are complete once its Job exists; the result of that Job follows later.
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
  // Its conditions are about the time before it ran.
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

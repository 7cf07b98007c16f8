import type { KindRules } from '../status-rules.ts'

/** Rules for the kinds of the Argo projects, GitOps Promoter and Numaproj. */
export const ARGO: readonly KindRules[] = [
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
      ['Degraded', 'status.sync.status = Unknown', 'status.conditions.*.type = *Error'],
      ['Progressing', 'status.operationState.phase = Running|Terminating'],
      // It has to be synced manually.
      [
        'Suspended',
        'spec.syncPolicy.automated.enabled = false',
        'status.health.status = Healthy|Missing',
        'status.sync.status = OutOfSync',
      ],
      [
        'Progressing',
        'spec.syncPolicy.automated = *',
        'status.health.status = Healthy|Missing',
        'status.sync.status = OutOfSync',
      ],
      ['Suspended', 'status.health.status = Healthy|Missing', 'status.sync.status = OutOfSync'],
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
  // `phase` is the commit status that it reports, not its own state.
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
]

import type { KindRules } from '../status-rules.ts'

/** Rules for tools that build, observe and measure. */
export const TOOLS: readonly KindRules[] = [
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
  {
    kinds: 'datadoghq.com/DatadogAgent',
    rules: [
      ['Degraded', 'status.*.state = Failed'],
      ['Progressing', 'status.*.state = Progressing|Updating'],
    ],
  },
  // Its runners are rejected until it is updated.
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
    rules: [['Progressing', 'status', '!status.userConfigurationCompletedTime']],
  },
  { kinds: 'apps.gitlab.com/Runner', rules: [['Degraded', 'status.registration = failed']] },
  { kinds: 'operator.victoriametrics.com/*', rules: [['Suspended', 'status.updateStatus = paused']] },
  {
    kinds: 'kubeflow.org/Notebook',
    rules: [
      ['Suspended', '#kubeflow-resource-stopped'],
      ['Degraded', 'status.containerState.waiting.reason = *BackOff|Err*|*Error|InvalidImageName'],
    ],
  },
  // Conditions of each tag: a tag that cannot be imported cannot be used.
  { kinds: 'image.openshift.io/ImageStream', rules: [['Degraded', 'status.tags.*.conditions.*.status = False']] },
  // A configuration that fails the aggregator's check is not used.
  {
    kinds: 'logging.banzaicloud.io/*',
    rules: [
      ['Degraded', 'status.configCheckResults.* = false'],
      ['Degraded', 'status.problems.*'],
    ],
  },
  { kinds: 'sloth.slok.dev/PrometheusServiceLevel', rules: [['Degraded', 'status.promOpsRulesGenerated = false']] },
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
  { kinds: 'metrics.keptn.sh/KeptnMetric', rules: [['Progressing', '!status.value', '!status.errMsg']] },
]

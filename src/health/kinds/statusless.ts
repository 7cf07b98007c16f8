import type { KindRules } from '../status-rules.ts'

/** Kinds without a status, or with one that no wait depends on. */
export const STATUSLESS: readonly KindRules[] = [
  // Unlike the templates below, it defines a new kind.
  {
    kinds: 'templates.gatekeeper.sh/ConstraintTemplate',
    rules: [
      ['Degraded', 'status.byPod.*.errors'],
      ['Progressing', '!status.created'],
    ],
  },
  {
    kinds: `*/*Template */ProviderConfig */ProviderConfigUsage apiextensions.crossplane.io/Composition
      argoproj.io/AppProject argoproj.io/CronWorkflow astra.netapp.io/Schedule
      cilium.io/CiliumClusterwideNetworkPolicy cilium.io/CiliumNetworkPolicy crd.projectcalico.org/* dapr.io/*
      extensions.istio.io/* externaldns.k8s.io/DNSEndpoint gateway.envoyproxy.io/EnvoyProxy
      gateway.networking.k8s.io/ReferenceGrant helm.cattle.io/HelmChartConfig keda.sh/*TriggerAuthentication kuma.io/Mesh*
      kueue.x-k8s.io/ResourceFlavor kueue.x-k8s.io/Topology kueue.x-k8s.io/WorkloadPriorityClass kyverno.io/*Exception
      linkerd.io/ServiceProfile longhorn.io/RecurringJob metallb.io/* monitoring.coreos.com/AlertmanagerConfig
      monitoring.coreos.com/PodMonitor monitoring.coreos.com/Probe monitoring.coreos.com/PrometheusRule
      monitoring.coreos.com/ScrapeConfig monitoring.coreos.com/ServiceMonitor networking.istio.io/*
      notification.toolkit.fluxcd.io/Alert notification.toolkit.fluxcd.io/Provider pkg.crossplane.io/*Config
      pkg.crossplane.io/Lock policy.karmada.io/* policy.linkerd.io/*
      policy.open-cluster-management.io/PlacementBinding policy.open-cluster-management.io/PolicyAutomation
      projectcalico.org/* secrets-store.csi.x-k8s.io/SecretProviderClass security.istio.io/*
      snapshot.storage.k8s.io/*Class tekton.dev/ClusterTask tekton.dev/Pipeline tekton.dev/StepAction tekton.dev/Task
      telemetry.istio.io/* traefik.containo.us/* traefik.io/* triggers.tekton.dev/*Binding
      triggers.tekton.dev/*Interceptor triggers.tekton.dev/Trigger velero.io/VolumeSnapshotLocation`,
    rules: [['Healthy', '!status']],
  },
  { kinds: 'source.toolkit.fluxcd.io/HelmRepository', rules: [['Healthy', 'spec.type = oci', '!status']] },
]

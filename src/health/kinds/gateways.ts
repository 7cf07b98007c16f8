import type { KindRules } from '../status-rules.ts'

/** Rules for gateways, routes, certificates, service meshes and API management. */
export const GATEWAYS: readonly KindRules[] = [
  {
    kinds: 'gateway.solo.io/* gloo.solo.io/* enterprise.gloo.solo.io/*',
    rules: [
      ['Degraded', 'status.statuses.*.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.statuses.*.state = Pending|0'],
      // Protobuf omits zero, which is Pending.
      ['Progressing', 'status.statuses', '!status.statuses.*.state'],
      ['Healthy', 'status.statuses.*.state = Accepted|1'],
      ['Degraded', 'status.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.state = Pending|0'],
      ['Healthy', 'status.state = Accepted|1'],
      ['Progressing', '!status.state'],
    ],
  },
  // A resource with a warning is served, unless its host is taken or nothing refers to it.
  {
    kinds: 'k8s.nginx.org/*',
    rules: [
      ['Degraded', 'status.state = Warning', 'status.reason = Rejected|Ignored|No*Found'],
      ['Healthy', 'status.state = Warning'],
    ],
  },
  // During an issuance, the reason of `Ready` is about the old certificate.
  {
    kinds: 'cert-manager.io/Certificate certmanager.k8s.io/Certificate',
    rules: [['Progressing', '@Issuing = True', '@Ready = False']],
  },
  // A tenant created by an older operator has an ID but no conditions.
  {
    kinds: 'capabilities.3scale.net/*',
    rules: [
      ['Healthy', '0 < status.tenantId', '!status.conditions'],
      ['Progressing', 'status', '!status.conditions', '!status.state'],
    ],
  },
  // The operator does not wait for the manual approval of the account.
  {
    kinds: 'capabilities.3scale.net/DeveloperAccount capabilities.3scale.net/DeveloperUser',
    rules: [['Healthy', '@Ready = True']],
  },
  {
    kinds: 'cert-manager.io/CertificateRequest',
    rules: [
      ['Degraded', '@Denied = True'],
      ['Degraded', '@InvalidRequest = True'],
      ['Progressing', '!@Ready'],
    ],
  },
  // A ready order has yet to be finalized.
  { kinds: 'acme.cert-manager.io/Order', rules: [['Progressing', 'status.state = ready']] },
  { kinds: 'acme.cert-manager.io/Challenge', rules: [['Progressing', 'status.processing = true', '!status.state']] },
  {
    kinds: 'secrets.infisical.com/InfisicalSecret',
    rules: [
      ['Degraded', '@secrets.infisical.com/ReadyToSyncSecrets = False'],
      ['Degraded', '@secrets.infisical.com/LoadedInfisicalToken = False'],
      ['Progressing', '!@secrets.infisical.com/ReadyToSyncSecrets'],
    ],
  },
  { kinds: 'isindir.github.com/SopsSecret', rules: [['Degraded', 'status.message = *error*|*fail*']] },
  { kinds: 'getambassador.io/Mapping', rules: [['Degraded', 'status.state = Inactive']] },
  // A policy that another one overrides works as intended.
  { kinds: 'kuadrant.io/*', rules: [['Healthy', '@Accepted = True', '@Enforced.reason = Overridden']] },
  { kinds: 'k8s.ovn.org/EgressIP', rules: [['Progressing', '!status.items']] },
  {
    kinds: 'submariner.io/Submariner',
    rules: [['Progressing', 'status.*.status.numberReady < .desiredNumberScheduled']],
  },
  {
    kinds: 'projectcontour.io/HTTPProxy',
    rules: [
      ['Progressing', '@Valid.observedGeneration', '@Valid.observedGeneration < metadata.generation'],
      ['Degraded', 'status.currentStatus = invalid|orphaned'],
      ['Healthy', 'status.currentStatus = valid'],
      ['Progressing', 'status.currentStatus'],
    ],
  },
  {
    kinds: 'networking.istio.io/* install.istio.io/IstioOperator',
    rules: [
      ['Degraded', 'status.status = ERROR|ACTION_REQUIRED'],
      ['Progressing', 'status.status = NONE'],
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

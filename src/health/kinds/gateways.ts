import type { KindRules } from '../status-rules.ts'

/** Gateways, routes, certificates, meshes, and the management of APIs. */
export const GATEWAYS: readonly KindRules[] = [
  {
    kinds: 'gateway.solo.io/* gloo.solo.io/* enterprise.gloo.solo.io/*',
    rules: [
      ['Degraded', 'status.statuses.*.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.statuses.*.state = Pending|0'],
      // Protobuf leaves out a zero, which is Pending.
      ['Progressing', 'status.statuses', '!status.statuses.*.state'],
      ['Healthy', 'status.statuses.*.state = Accepted|1'],
      ['Degraded', 'status.state = Rejected|Warning|2|3'],
      ['Progressing', 'status.state = Pending|0'],
      ['Healthy', 'status.state = Accepted|1'],
      ['Progressing', '!status.state'],
    ],
  },
  // One with a warning is served, but for one whose host is taken, or that nothing refers to.
  {
    kinds: 'k8s.nginx.org/*',
    rules: [
      ['Degraded', 'status.state = Warning', 'status.reason = Rejected|Ignored|No*Found'],
      ['Healthy', 'status.state = Warning'],
    ],
  },
  // It says what is wrong with the old certificate as long as it gets a new one.
  {
    kinds: 'cert-manager.io/Certificate certmanager.k8s.io/Certificate',
    rules: [['Progressing', '@Issuing = True', '@Ready = False']],
  },
  // A tenant that an older operator has set up has an id, and no conditions.
  {
    kinds: 'capabilities.3scale.net/*',
    rules: [
      ['Healthy', '0 < status.tenantId', '!status.conditions'],
      ['Progressing', 'status', '!status.conditions', '!status.state'],
    ],
  },
  // Whether a person has approved the account since is no matter of the operator.
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
  // What is ready is only to be asked for.
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
  // Another policy decides here, as it is meant to.
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

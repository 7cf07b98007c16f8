import type { KindRules } from '../status-rules.ts'

/** Rules for cloud resources: Crossplane, the operators of cloud providers, and service brokers. */
export const CLOUDS: readonly KindRules[] = [
  // Crossplane: a resource must be both ready and synced.
  {
    kinds: '*.crossplane.io/* *.upbound.io/*',
    rules: [
      ['Suspended', '@Synced.reason = ReconcilePaused'],
      ['Degraded', '@Synced = False'],
      ['Progressing', '@Ready.reason = Creating|Unavailable|Deleting'],
      ['Progressing', '@Synced = True', '!@Ready'],
    ],
  },
  // A package is not installed until it is unpacked, its signature is verified and its revision is active.
  { kinds: 'apiextensions.crossplane.io/CompositeResourceDefinition', rules: [['Progressing', '!@Established']] },
  {
    kinds: 'pkg.crossplane.io/*',
    rules: [
      ['Degraded', '@Verified = False', '@Verified.reason = *Failed*'],
      [
        'Progressing',
        '@Installed.reason = AwaitingSignatureVerification|UnpackingPackage|InactivePackageRevision',
        '!@Installed.message',
      ],
      ['Degraded', '@Installed = False'],
      // Since 2.0 there are two conditions in place of `Healthy`; some packages have only the first.
      ['Healthy', '@RevisionHealthy = True', '!@RuntimeHealthy'],
      ['Healthy', '@RevisionHealthy = True', '@RuntimeHealthy = True'],
      ['Progressing', '!@Healthy', '!@RevisionHealthy'],
    ],
  },
  { kinds: '*.cnrm.cloud.google.com/*', rules: [['Suspended', '@Ready.reason = DependencyNotReady']] },
  {
    kinds: '*.services.k8s.aws/*',
    rules: [
      ['Degraded', '@ACK.Terminal = True'],
      ['Degraded', '@ACK.Recoverable = True'],
      ['Degraded', '@ACK.ReferencesResolved = False'],
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
  {
    kinds: 'iammanager.keikoproj.io/*',
    rules: [['Degraded', 'status.state = PolicyNotAllowed|RolesMaxLimitReached|RoleNameNotAvailable']],
  },
]

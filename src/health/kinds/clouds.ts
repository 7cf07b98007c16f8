import type { KindRules } from '../status-rules.ts'

/** What stands for something in a cloud: Crossplane, the operators of the clouds themselves, and brokers of services. */
export const CLOUDS: readonly KindRules[] = [
  // Crossplane: ready and synced, both.
  {
    kinds: '*.crossplane.io/* *.upbound.io/*',
    rules: [
      ['Suspended', '@Synced.reason = ReconcilePaused'],
      ['Degraded', '@Synced = False'],
      ['Progressing', '@Ready.reason = Creating|Unavailable|Deleting'],
      ['Progressing', '@Synced = True', '!@Ready'],
    ],
  },
  // A package is not installed as long as it is unpacked, or waits for its signature or for somebody to activate it.
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
      // Since 2.0 that is told in two parts, of which some have only the first.
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

/** An annotation that Fairlead honours or writes. */
export interface Annotation {
  readonly name: string
  /** The tool that defines it. */
  readonly origin: string
  /** The objects on which it is honoured, or to which it is written. */
  readonly on: string
  /** Its effect, as a sentence. */
  readonly effect: string
}

const [MANIFEST, LIVE, HOOK, INVENTORY] = [
  'any manifest',
  'any live object',
  'the manifest of a hook',
  'the Secret of an inventory',
]
const KEEPS = 'keeps an object that was removed from Git'
const SUSPENDS = 'suspends the object: it is not waited for'

/** Every annotation that Fairlead honours or writes. A test requires each annotation that the sources name to be in it. */
export const ANNOTATIONS = {
  dependsOn: {
    ...{ name: 'fairlead.dev/depends-on', origin: 'Fairlead', on: MANIFEST },
    effect:
      'Applies the object only after the objects that it names are ready: `GROUP/namespaces/NAMESPACE/KIND/NAME`, or `GROUP/KIND/NAME` for cluster-scoped ones, separated by commas.',
  },
  kptDependsOn: {
    ...{ name: 'config.kubernetes.io/depends-on', origin: 'kpt and Config Sync', on: MANIFEST },
    effect: 'The same as `fairlead.dev/depends-on`.',
  },
  syncWave: {
    ...{ name: 'argocd.argoproj.io/sync-wave', origin: 'Argo CD', on: MANIFEST },
    effect: 'Applies the object in a wave, an integer (default 0), after everything in earlier waves is ready.',
  },
  hook: {
    ...{ name: 'argocd.argoproj.io/hook', origin: 'Argo CD', on: MANIFEST },
    effect:
      'Applies the object in the phase `PreSync`, `Sync` or `PostSync`; a Job or a Pod runs again whenever the set changes. `Skip` leaves it out, and so do `SyncFail`, `PreDelete` and `PostDelete`, with a warning.',
  },
  hookDeletePolicy: {
    ...{ name: 'argocd.argoproj.io/hook-delete-policy', origin: 'Argo CD', on: HOOK },
    effect:
      '`HookSucceeded` and `HookFailed` delete a hook at the end of the run in which it succeeded or failed; `BeforeHookCreation` is the default, and always applies.',
  },
  helmHook: {
    ...{ name: 'helm.sh/hook', origin: 'Helm', on: MANIFEST },
    effect:
      'Hooks for deletion, rollback and tests are left out; others are applied like any other object. Both with a warning.',
  },
  wait: {
    ...{ name: 'fairlead.dev/wait', origin: 'Fairlead', on: MANIFEST },
    effect: '`false` does not wait until the object is ready.',
  },
  ignoreHealthcheck: {
    ...{ name: 'argocd.argoproj.io/ignore-healthcheck', origin: 'Argo CD', on: MANIFEST },
    effect: '`true` is the same as `fairlead.dev/wait: "false"`.',
  },
  unmanaged: {
    ...{ name: 'fairlead.dev/unmanaged', origin: 'Fairlead', on: MANIFEST },
    effect:
      'Leaves fields to others once the object exists: JSON pointers (RFC 6901), separated by commas, such as `/spec/replicas`.',
  },
  fluxSsa: {
    ...{ name: 'kustomize.toolkit.fluxcd.io/ssa', origin: 'Flux', on: 'any manifest, any live object' },
    effect:
      '`Merge` does not take over the fields of another deployer, `IfNotPresent` only creates the object, `Ignore` neither applies nor deletes it.',
  },
  fluxReconcile: {
    ...{ name: 'kustomize.toolkit.fluxcd.io/reconcile', origin: 'Flux', on: 'any manifest, any live object' },
    effect: '`disabled` neither applies nor deletes the object.',
  },
  fluxForce: {
    ...{ name: 'kustomize.toolkit.fluxcd.io/force', origin: 'Flux', on: MANIFEST },
    effect:
      '`enabled` deletes and creates the object again where an immutable field changes; never one that holds data or other objects.',
  },
  syncOptions: {
    ...{ name: 'argocd.argoproj.io/sync-options', origin: 'Argo CD', on: 'any manifest, any live object' },
    effect:
      '`Force=true` is the same as `kustomize.toolkit.fluxcd.io/force: enabled`. `Prune=false`, `Delete=false`, `Prune=confirm` and `Delete=confirm` keep an object that was removed from Git.',
  },
  prune: {
    ...{ name: 'fairlead.dev/prune', origin: 'Fairlead', on: LIVE },
    effect: `\`keep\`, or any word but \`allow\`, ${KEEPS}. \`allow\` lets it be deleted although it holds data or other objects.`,
  },
  fluxPrune: {
    ...{ name: 'kustomize.toolkit.fluxcd.io/prune', origin: 'Flux', on: LIVE },
    effect: `\`disabled\` ${KEEPS}.`,
  },
  helmResourcePolicy: {
    ...{ name: 'helm.sh/resource-policy', origin: 'Helm', on: LIVE },
    effect: `\`keep\` ${KEEPS}.`,
  },
  lifecycleDeletion: {
    ...{ name: 'client.lifecycle.config.k8s.io/deletion', origin: 'Config Sync', on: LIVE },
    effect: `\`detach\` ${KEEPS}.`,
  },
  cliUtilsOnRemove: {
    ...{ name: 'cli-utils.sigs.k8s.io/on-remove', origin: 'cli-utils', on: LIVE },
    effect: `\`keep\` ${KEEPS}.`,
  },
  kappDeleteStrategy: {
    ...{ name: 'kapp.k14s.io/delete-strategy', origin: 'kapp', on: LIVE },
    effect: `\`orphan\` ${KEEPS}.`,
  },
  kluctlSkipDelete: {
    ...{ name: 'kluctl.io/skip-delete', origin: 'kluctl', on: LIVE },
    effect: `\`true\` ${KEEPS}.`,
  },
  localConfig: {
    ...{ name: 'config.kubernetes.io/local-config', origin: 'kustomize and kpt', on: MANIFEST },
    effect: '`true` leaves the object out: it is not meant for a cluster.',
  },
  defaultStorageClass: {
    ...{
      name: 'storageclass.kubernetes.io/is-default-class',
      origin: 'Kubernetes',
      on: 'the manifest of a StorageClass',
    },
    effect: '`true` applies the class before the claims that name none.',
  },
  defaultIngressClass: {
    ...{
      name: 'ingressclass.kubernetes.io/is-default-class',
      origin: 'Kubernetes',
      on: 'the manifest of an IngressClass',
    },
    effect: '`true` applies the class before the Ingresses that name none.',
  },
  ingressClass: {
    ...{ name: 'kubernetes.io/ingress.class', origin: 'Kubernetes', on: 'the manifest of an Ingress' },
    effect: 'The Ingress names a class, so it does not depend on the default one.',
  },
  serviceAccountName: {
    ...{ name: 'kubernetes.io/service-account.name', origin: 'Kubernetes', on: 'the manifest of a Secret' },
    effect: 'Applies the ServiceAccount that it names before this Secret, which holds its token.',
  },
  deploymentRevision: {
    ...{
      name: 'deployment.kubernetes.io/revision',
      origin: 'Kubernetes',
      on: 'live Deployments and their ReplicaSets',
    },
    effect: 'Identifies the newest ReplicaSet, whose Pods are inspected if a Deployment is not ready.',
  },
  autoscalingConditions: {
    ...{
      name: 'autoscaling.alpha.kubernetes.io/conditions',
      origin: 'Kubernetes',
      on: 'live HorizontalPodAutoscalers',
    },
    effect: 'Holds the conditions in `autoscaling/v1`.',
  },
  kedaPaused: {
    ...{ name: 'autoscaling.keda.sh/paused', origin: 'KEDA', on: 'live custom resources' },
    effect: `Any value but \`false\` ${SUSPENDS}.`,
  },
  kedaPausedReplicas: {
    ...{ name: 'autoscaling.keda.sh/paused-replicas', origin: 'KEDA', on: 'live custom resources' },
    effect: `Any value but \`false\` ${SUSPENDS}.`,
  },
  clusterApiPaused: {
    ...{ name: 'cluster.x-k8s.io/paused', origin: 'Cluster API', on: 'live custom resources' },
    effect: `Any value but \`false\` ${SUSPENDS}.`,
  },
  crossplanePaused: {
    ...{ name: 'crossplane.io/paused', origin: 'Crossplane', on: 'live custom resources' },
    effect: `\`true\` ${SUSPENDS}.`,
  },
  eckManaged: {
    ...{ name: 'eck.k8s.elastic.co/managed', origin: 'Elastic Cloud on Kubernetes', on: 'live custom resources' },
    effect: `\`false\` ${SUSPENDS}.`,
  },
  kserveStop: {
    ...{ name: 'serving.kserve.io/stop', origin: 'KServe', on: 'live custom resources' },
    effect: `\`true\` ${SUSPENDS}.`,
  },
  strimziPauseReconciliation: {
    ...{ name: 'strimzi.io/pause-reconciliation', origin: 'Strimzi', on: 'live custom resources' },
    effect: `\`true\` ${SUSPENDS}.`,
  },
  cnpgHibernation: {
    ...{ name: 'cnpg.io/hibernation', origin: 'CloudNativePG', on: 'live Clusters' },
    effect: `\`on\` ${SUSPENDS}.`,
  },
  cnpgReconciliationLoop: {
    ...{ name: 'cnpg.io/reconciliationLoop', origin: 'CloudNativePG', on: 'live Clusters' },
    effect: `\`disabled\` ${SUSPENDS}.`,
  },
  kubeflowResourceStopped: {
    ...{ name: 'kubeflow-resource-stopped', origin: 'Kubeflow', on: 'live Notebooks' },
    effect: `Any value ${SUSPENDS}.`,
  },
  rolloutsWorkloadGeneration: {
    ...{ name: 'rollout.argoproj.io/workload-generation', origin: 'Argo Rollouts', on: 'live Rollouts' },
    effect: 'The generation of the Deployment that a Rollout must have observed before it is ready.',
  },
  numaplaneResultState: {
    ...{
      name: 'numaplane.numaproj.io/progressive-result-state',
      origin: 'Numaplane',
      on: 'live resources of Numaflow',
    },
    effect: '`failed` makes the object degraded.',
  },
  ranFor: {
    ...{ name: 'fairlead.dev/ran-for', origin: 'Fairlead', on: 'hooks that are a Job or a Pod' },
    effect: 'Written: a digest of the set that the hook runs for, without values of Secrets.',
  },
  applySetTooling: {
    ...{ name: 'applyset.kubernetes.io/tooling', origin: 'kubectl (KEP-3659)', on: INVENTORY },
    effect: 'Written and read: the tool that manages the set. A set of kubectl is adopted, one of another tool is not.',
  },
  applySetKinds: {
    ...{ name: 'applyset.kubernetes.io/contains-group-kinds', origin: 'kubectl (KEP-3659)', on: INVENTORY },
    effect: 'Written: the kinds of the members. Read where a set of kubectl is adopted.',
  },
  applySetNamespaces: {
    ...{ name: 'applyset.kubernetes.io/additional-namespaces', origin: 'kubectl (KEP-3659)', on: INVENTORY },
    effect: 'Written: the namespaces of the members. Read where a set of kubectl is adopted.',
  },
} as const satisfies Readonly<Record<string, Annotation>>

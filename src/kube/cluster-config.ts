/** The source of the credentials for the cluster. */
export type KubeconfigSource =
  /** The files in `$KUBECONFIG`, in its format. */
  | { readonly kind: 'files'; readonly paths: string }
  /** The content of a kubeconfig. */
  | { readonly kind: 'content'; readonly text: string }

/** Which cluster to connect to, and how. */
export interface ClusterConfig {
  readonly kubeconfig: KubeconfigSource
  /** The context to use; by default the kubeconfig's current context. */
  readonly context?: string
  /** The namespace for objects without one; by default the context's namespace. */
  readonly namespace?: string
  /** The uid of the Namespace `kube-system` of the intended cluster; absent if any cluster is accepted. */
  readonly expectedId?: string
}

/** Where the credentials for the cluster come from. */
export type KubeconfigSource =
  /** The file or files that `$KUBECONFIG` names, joined as that variable joins them. */
  | { readonly kind: 'files'; readonly paths: string }
  /** The text of a kubeconfig, given as an option. */
  | { readonly kind: 'content'; readonly text: string }

/** Which cluster to connect to, and how. */
export interface ClusterConfig {
  readonly kubeconfig: KubeconfigSource
  /** The kubeconfig's context to use; its current context where absent. */
  readonly context?: string
  /** The namespace of objects that name none; the context's namespace where absent. */
  readonly namespace?: string
  /** The uid of the namespace kube-system of the intended cluster; absent where any cluster will do. */
  readonly expectedId?: string
}

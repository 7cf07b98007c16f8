import { stringField } from '../json.ts'
import type { Environment } from '../process.ts'
import { type ApiClient, openClient, PARTIAL_METADATA } from './client.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { type ApiDiscovery, discoverApis } from './discovery.ts'
import type { Credentials } from './kubeconfig.ts'
import type { Kubectl } from './kubectl.ts'
import { kubectlEnvironment } from './kubectl-environment.ts'
import { startProxy } from './kubectl-proxy.ts'
import { startWriteProxy, type WriteProxy } from './write-proxy.ts'

/** A cluster that Fairlead is connected to. */
export interface Cluster {
  readonly api: ApiClient
  /** The cluster identity: the uid of the Namespace `kube-system`; empty if the credentials may not read it. */
  readonly identity: string
  /** The server's address in the kubeconfig. */
  readonly server: string
  readonly discovery: ApiDiscovery
  /** kubectl without credentials: it writes through an endpoint of the write proxy. */
  readonly kubectl: Kubectl
  readonly writeProxy: WriteProxy
  /** The namespace for objects without one. */
  readonly namespace: string
  /** For example `v1.37.2`. */
  readonly serverVersion: string
  /** The kubeconfig's context. */
  readonly context: string
  /** Opens another connection, with its own signal and response timeout (in milliseconds). */
  openClient(signal: AbortSignal, timeout: number): ApiClient
  /** Stops all child processes and closes all connections. */
  close(): Promise<void>
}

/** What a connection needs besides the credentials. */
export interface ConnectOptions {
  /** The environment of this process, from which kubectl's is derived. */
  readonly environment: Environment
  /** A private folder for sockets and kubeconfigs. */
  readonly tempDir: string
  readonly signal: AbortSignal
}

/** Connects with credentials from a kubeconfig. Raises E-KUBE-AUTH or E-KUBE-NET. */
export async function connect(
  config: Pick<ClusterConfig, 'namespace'>,
  credentials: Credentials,
  kubectl: Kubectl,
  { environment, tempDir, signal }: ConnectOptions,
): Promise<Cluster> {
  const namespace = config.namespace ?? credentials.namespace ?? 'default'
  const withCredentials = kubectl.with({
    ...kubectlEnvironment(environment, credentials.usesPlugin),
    KUBECONFIG: credentials.kubeconfig,
  })
  const proxy = await startProxy(withCredentials, credentials.context, tempDir, signal)
  const api = openClient(proxy, signal)
  let writeProxy: WriteProxy | undefined
  const close = async () => {
    api.close()
    await writeProxy?.close()
    await proxy.stop()
  }
  try {
    writeProxy = await startWriteProxy(namespace, tempDir)
    const [version, kubeSystem, discovery] = await Promise.all([
      api.get('/version'),
      api.get('/api/v1/namespaces/kube-system', PARTIAL_METADATA),
      discoverApis(api),
    ])
    const serverVersion = stringField(version.body, 'gitVersion') ?? 'unknown version'
    const identity = stringField(kubeSystem.body, 'metadata', 'uid') ?? ''
    const { context, server } = credentials
    return {
      ...{ api, identity, server, discovery, kubectl, writeProxy, namespace, serverVersion, context, close },
      openClient: (clientSignal, timeout) => openClient(proxy, clientSignal, timeout),
    }
  } catch (error) {
    await close()
    throw error
  }
}

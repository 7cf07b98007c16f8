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

/** A cluster that answered, and the connections to it. */
export interface Cluster {
  readonly api: ApiClient
  /** What tells it from any other cluster, the uid of its first Namespace; empty where that may not be read. */
  readonly identity: string
  /** Its address, as the kubeconfig writes it. */
  readonly server: string
  readonly discovery: ApiDiscovery
  /** kubectl without any credentials: what it writes goes through an endpoint of the write proxy. */
  readonly kubectl: Kubectl
  readonly writeProxy: WriteProxy
  /** The namespace of objects that name none. */
  readonly namespace: string
  /** The server's version, for instance `v1.37.2`. */
  readonly serverVersion: string
  /** The kubeconfig's context in use. */
  readonly context: string
  /** Opens another connection, with a signal and a timeout for answers of its own (in milliseconds). */
  openClient(signal: AbortSignal, timeout: number): ApiClient
  /** Ends every child and connection. */
  close(): Promise<void>
}

/** What connecting needs beside the credentials. */
export interface ConnectOptions {
  /** The parent's environment, from which that of kubectl is made. */
  readonly environment: Environment
  /** A private folder, for the proxy's socket. */
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
    const [version, first, discovery] = await Promise.all([
      api.get('/version'),
      api.get('/api/v1/namespaces/kube-system', PARTIAL_METADATA),
      discoverApis(api),
    ])
    const serverVersion = stringField(version.body, 'gitVersion') ?? 'unknown version'
    const identity = stringField(first.body, 'metadata', 'uid') ?? ''
    const { context, server } = credentials
    return {
      ...{ api, identity, server, discovery, kubectl, writeProxy, namespace, serverVersion, context, close },
      openClient: (other, timeout) => openClient(proxy, other, timeout),
    }
  } catch (error) {
    await close()
    throw error
  }
}

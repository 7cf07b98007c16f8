import type { Config } from '../options/config.ts'
import { kubectlEnvironment } from '../environment.ts'
import { stringField } from '../json.ts'
import { type Api, METADATA, openApi } from './client.ts'
import { type Gateway, openGateway } from './write-proxy.ts'
import { type Discovery, discover } from './discovery.ts'
import type { Credentials } from './kubeconfig.ts'
import type { Kubectl } from './kubectl.ts'
import { startProxy } from './kubectl-proxy.ts'

/** A cluster that answered, and the ways to it. */
export interface Cluster {
  readonly api: Api
  /** What tells it from any other cluster, the uid of its first Namespace; empty where that may not be read. */
  readonly identity: string
  /** Its address, as the kubeconfig writes it. */
  readonly server: string
  readonly discovery: Discovery
  /** kubectl without any credentials: what it writes goes through a door of the gateway. */
  readonly kubectl: Kubectl
  readonly gateway: Gateway
  /** The namespace of objects that name none. */
  readonly namespace: string
  /** The server's version, for instance `v1.37.2`. */
  readonly serverVersion: string
  /** The kubeconfig's context in use. */
  readonly context: string
  /** Opens another way to the server, with a signal and a patience of its own (in milliseconds). */
  openApi(signal: AbortSignal, silence: number): Api
  /** Ends every child and connection. */
  close(): Promise<void>
}

/** Connects with credentials from a kubeconfig. Raises E-KUBE-AUTH or E-KUBE-NET. */
export async function connect(
  config: Config,
  credentials: Credentials,
  kubectl: Kubectl,
  { scratch, signal }: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<Cluster> {
  const namespace = config.cluster.namespace ?? credentials.namespace ?? 'default'
  const withCredentials = kubectl.with({
    ...kubectlEnvironment(config.environment, credentials.usesPlugin),
    KUBECONFIG: credentials.kubeconfig,
  })
  const proxy = await startProxy(withCredentials, credentials.context, scratch, signal)
  const api = openApi(proxy, signal)
  let gateway: Gateway | undefined
  const close = async () => {
    api.close()
    await gateway?.close()
    await proxy.stop()
  }
  try {
    gateway = await openGateway(api, namespace, scratch)
    const [version, first, discovery] = await Promise.all([
      api.get('/version'),
      api.get('/api/v1/namespaces/kube-system', METADATA),
      discover(api),
    ])
    const serverVersion = stringField(version.body, 'gitVersion') ?? 'unknown version'
    const identity = stringField(first.body, 'metadata', 'uid') ?? ''
    const { context, server } = credentials
    return {
      ...{ api, identity, server, discovery, kubectl, gateway, namespace, serverVersion, context, close },
      openApi: (other, silence) => openApi(proxy, other, silence),
    }
  } catch (error) {
    await close()
    throw error
  }
}

import type { Config } from '../config/config.ts'
import { kubectlEnvironment } from '../config/environment.ts'
import { stringField } from '../json.ts'
import { type Api, openApi } from './api.ts'
import { type Gateway, openGateway } from './gateway.ts'
import type { Credentials } from './kubeconfig.ts'
import type { Kubectl } from './kubectl.ts'
import { startProxy } from './proxy.ts'

/** A cluster that answered, and the ways to it. */
export interface Cluster {
  readonly api: Api
  /** kubectl, led through the gateway: it knows no credentials but this run's own. */
  readonly kubectl: Kubectl
  readonly gateway: Gateway
  /** The namespace of objects that name none. */
  readonly namespace: string
  /** The server's version, for instance `v1.37.2`. */
  readonly serverVersion: string
  /** The kubeconfig's context in use. */
  readonly context: string
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
    gateway = await openGateway(proxy.socketPath, namespace, scratch)
    const version = await api.get('/version')
    const serverVersion = stringField(version.body, 'gitVersion') ?? 'unknown version'
    const led = kubectl.with({ KUBECONFIG: gateway.kubeconfig })
    return { api, kubectl: led, gateway, namespace, serverVersion, context: credentials.context, close }
  } catch (error) {
    await close()
    throw error
  }
}

import { join } from 'node:path'
import { type JsonObject, serialise } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { ApplyInterceptor, RelaySession } from '../kube/write-proxy.ts'
import { FIELD_MANAGER } from '../object/managed-fields/field-manager.ts'
import type { Exit } from '../process.ts'

/** Sends objects to the server. */
export interface ApplyStream {
  /**
   * Applies objects in the given order. The interceptor decides about each one before it is sent, and receives the response.
   * Returns the exit of the process, which may be non-zero.
   */
  apply(objects: readonly JsonObject[], interceptor: ApplyInterceptor): Promise<Exit>
  /** Discards cached discovery, so that the next stream asks the server which kinds it serves. */
  resetDiscovery(): void
}

/** Options of `kubectl apply`. */
export interface KubectlStreamOptions {
  /** Terminates kubectl. */
  readonly signal: AbortSignal
  /** Whether to take over fields that other field managers own (`--force-conflicts`). */
  readonly force: boolean
}

/** Makes a stream that runs one `kubectl apply --server-side` per call, with its writes relayed through a session. */
export function openKubectlStream(
  cluster: Pick<Cluster, 'kubectl' | 'writeProxy'>,
  session: RelaySession,
  options: KubectlStreamOptions,
): ApplyStream {
  return {
    apply: (objects, interceptor) => applyWithKubectl(objects, interceptor, cluster, session, options),
    resetDiscovery: () => cluster.writeProxy.resetDiscovery(),
  }
}

async function applyWithKubectl(
  objects: readonly JsonObject[],
  interceptor: ApplyInterceptor,
  cluster: Pick<Cluster, 'kubectl' | 'writeProxy'>,
  session: RelaySession,
  { signal, force }: KubectlStreamOptions,
): Promise<Exit> {
  const endpoint = cluster.writeProxy.open(session, interceptor)
  const args = [
    'apply',
    '--server-side',
    `--field-manager=${FIELD_MANAGER}`,
    ...(force ? ['--force-conflicts'] : []),
    // The server rejects unknown fields anyway, and kubectl's own validation would drop the rest of the stream.
    '--validate=false',
    // A path below a file, where no directory can be created: the write proxy caches discovery for all processes, and each
    // kubectl would otherwise write one file per API group.
    `--cache-dir=${join(endpoint.kubeconfig, 'none')}`,
    '--filename=-',
  ]
  const stdin = `${objects.map(serialise).join('\n')}\n`
  // kubectl sends one object at a time, so that one thread is enough.
  const kubectl = cluster.kubectl.with({ KUBECONFIG: endpoint.kubeconfig, GOMAXPROCS: '1' })
  try {
    const exit = await kubectl.run(args, { signal, stdin })
    // Requests of a kubectl that was killed may still be written, so wait for them, unless the run is cancelled.
    await Promise.race([endpoint.close(), aborted(signal)])
    return exit
  } finally {
    void endpoint.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

import { join } from 'node:path'
import { type JsonObject, serialise } from '../json.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { ApplyInterceptor, RelaySession } from '../kube/write-proxy.ts'
import { FIELD_MANAGER } from '../object/managed-fields/field-manager.ts'
import type { Exit } from '../process.ts'

/** Sends objects to the server. */
export interface ApplyStream {
  /**
   * Applies objects in their order. The interceptor decides about each one before it is sent, and hears of its answer.
   * Returns how the program ended that did it; a non-zero exit is the caller's to judge.
   */
  apply(objects: readonly JsonObject[], interceptor: ApplyInterceptor): Promise<Exit>
  /** Has the next stream ask the server again which kinds it serves. */
  resetDiscovery(): void
}

/** How kubectl applies. */
export interface KubectlStreamOptions {
  /** Ends kubectl. */
  readonly signal: AbortSignal
  /** Whether fields of other field managers are taken over. */
  readonly force: boolean
}

/** Makes a stream of one `kubectl apply --server-side` for each call, whose writes go through a session. */
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
    // The server rejects unknown fields in any case; kubectl's own check drops the rest of the stream.
    '--validate=false',
    // Under a file, where no folder can be: the write proxy remembers for all what the server serves, and each kubectl would
    // write that down in a file for every API group.
    `--cache-dir=${join(endpoint.kubeconfig, 'none')}`,
    '--filename=-',
  ]
  const stdin = `${objects.map(serialise).join('\n')}\n`
  // It does one thing at a time.
  const kubectl = cluster.kubectl.with({ KUBECONFIG: endpoint.kubeconfig, GOMAXPROCS: '1' })
  try {
    const exit = await kubectl.run(args, { signal, stdin })
    // What a kubectl that was killed had under way may still be written, and is waited for; not by a run that has to end.
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

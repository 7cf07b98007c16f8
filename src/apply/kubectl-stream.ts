import { join } from 'node:path'
import { type JsonObject, serialise } from '../json.ts'
import { FIELD_MANAGER } from '../kube/client.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { ApplyResponse } from '../kube/write-proxy.ts'
import type { Exit } from '../process.ts'
import type { StatusReader } from '../wait/status-reader.ts'
import type { WaitEvent } from '../wait/wait-event.ts'
import type { ApplyEvent } from './apply-event.ts'

/** What applying needs beside the cluster. */
export interface ApplyOptions {
  readonly signal: AbortSignal
  readonly emit: (event: ApplyEvent | WaitEvent) => void
  /** Whether fields of other field managers are taken over. */
  readonly force: boolean
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** Where one sees from what has become of objects. */
  readonly statusReader: StatusReader
  /** How many kubectl processes apply at once at most; absent where the run chooses. */
  readonly parallelism?: number | undefined
}

/** What stands between kubectl and the server. */
export interface Interceptor {
  /** An object was answered. */
  onResponse(response: ApplyResponse): void
  /** What becomes of an object that must not pass when its turn comes; undefined where it may. */
  reasonNotToSend(path: string): Promise<NotSent | undefined>
  /** Whether an object with this answer is sent again; `attempt` counts from 0. */
  shouldRetry(response: ApplyResponse, attempt: number): Promise<boolean>
}

/** What becomes of a manifest that is not sent. */
export type NotSent =
  | { readonly result: 'skipped'; readonly message: string }
  | { readonly result: 'failed'; readonly reason: string; readonly message: string }

/** What one kubectl brought about. */
export interface StreamResult {
  /** The server's answer for each object, by its path. */
  readonly responses: ReadonlyMap<string, ApplyResponse>
  /** What did not pass the checkpoint, by its path. */
  readonly notSent: ReadonlyMap<string, NotSent>
  readonly exit: Exit
}

/**
 * Applies objects with one `kubectl apply --server-side`, in their order, but for those that the checkpoint holds back when
 * their turn comes. A non-zero exit is the caller's to judge.
 */
export async function applyWithKubectl(
  objects: readonly JsonObject[],
  cluster: Cluster,
  interceptor: Interceptor,
  options: ApplyOptions,
): Promise<StreamResult> {
  const responses = new Map<string, ApplyResponse>()
  const notSent = new Map<string, NotSent>()
  const endpoint = cluster.writeProxy.open({
    onResponse: (each) => {
      responses.set(each.path, each)
      interceptor.onResponse(each)
    },
    reasonNotToSend: async (path) => {
      const found = await interceptor.reasonNotToSend(path)
      if (found === undefined) return undefined
      notSent.set(path, found)
      return found.message
    },
    shouldRetry: interceptor.shouldRetry,
  })
  const args = [
    'apply',
    '--server-side',
    `--field-manager=${FIELD_MANAGER}`,
    ...(options.force ? ['--force-conflicts'] : []),
    // The server rejects unknown fields in any case; kubectl's own check drops the rest of the stream.
    '--validate=false',
    // Under a file, where no folder can be: the gateway remembers for all what the server serves, and each kubectl would
    // write that down in a file for every API group.
    `--cache-dir=${join(endpoint.kubeconfig, 'none')}`,
    '--filename=-',
  ]
  const stdin = `${objects.map(serialise).join('\n')}\n`
  // It does one thing at a time.
  const kubectl = cluster.kubectl.with({ KUBECONFIG: endpoint.kubeconfig, GOMAXPROCS: '1' })
  try {
    const exit = await kubectl.run(args, { signal: options.signal, stdin })
    // What a kubectl that was killed had under way may still be written, and is waited for; not by a run that has to end.
    await Promise.race([endpoint.close(), aborted(options.signal)])
    return { responses, notSent, exit }
  } finally {
    void endpoint.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

import { join } from 'node:path'
import { FIELD_MANAGER } from '../kube/client.ts'
import type { Cluster } from '../kube/cluster.ts'
import type { Applied } from '../kube/write-proxy.ts'
import { type JsonObject, serialise } from '../json.ts'
import type { Exit } from '../process.ts'
import type { Lookout } from '../wait/status-reader.ts'

/** What applying needs beside the cluster. */
export interface ApplyOptions {
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** Whether fields of other field managers are taken over. */
  readonly force: boolean
  /** How long to wait for one object, in milliseconds. */
  readonly timeout: number
  /** Where one sees from what has become of objects. */
  readonly lookout: Lookout
  /** How many kubectl processes apply at once at most; absent where the run chooses. */
  readonly processes?: number | undefined
}

/** What stands between kubectl and the server. */
export interface Checkpoint {
  /** An object was answered. */
  applied(applied: Applied): void
  /** What becomes of an object that must not pass when its turn comes; undefined where it may. */
  holds(path: string): Promise<Held | undefined>
  /** Whether an object with this answer is sent again; `attempt` counts from 0. */
  again(applied: Applied, attempt: number): Promise<boolean>
}

/** What becomes of a manifest that is not sent. */
export type Held =
  | { readonly result: 'held back'; readonly reason: string }
  | { readonly result: 'failed'; readonly message: string }

/** What one kubectl brought about. */
export interface Streamed {
  /** The server's answer for each object, by its path. */
  readonly applied: ReadonlyMap<string, Applied>
  /** What did not pass the checkpoint, by its path. */
  readonly held: ReadonlyMap<string, Held>
  readonly exit: Exit
}

/**
 * Applies objects with one `kubectl apply --server-side`, in their order, but for those that the checkpoint holds back when
 * their turn comes. A non-zero exit is the caller's to judge.
 */
export async function streamToKubectl(
  objects: readonly JsonObject[],
  cluster: Cluster,
  checkpoint: Checkpoint,
  options: ApplyOptions,
): Promise<Streamed> {
  const applied = new Map<string, Applied>()
  const held = new Map<string, Held>()
  const door = cluster.gateway.open({
    applied: (each) => {
      applied.set(each.path, each)
      checkpoint.applied(each)
    },
    holds: async (path) => {
      const found = await checkpoint.holds(path)
      if (found === undefined) return undefined
      held.set(path, found)
      return found.result === 'held back' ? found.reason : found.message
    },
    again: checkpoint.again,
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
    `--cache-dir=${join(door.kubeconfig, 'none')}`,
    '--filename=-',
  ]
  const stdin = `${objects.map(serialise).join('\n')}\n`
  // It does one thing at a time.
  const kubectl = cluster.kubectl.with({ KUBECONFIG: door.kubeconfig, GOMAXPROCS: '1' })
  try {
    const exit = await kubectl.run(args, { signal: options.signal, stdin })
    // What a kubectl that was killed had under way may still be written, and is waited for; not by a run that has to end.
    await Promise.race([door.close(), aborted(options.signal)])
    return { applied, held, exit }
  } finally {
    void door.close()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

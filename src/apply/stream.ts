import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { FIELD_MANAGER } from '../cluster/api.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Applied } from '../cluster/gateway.ts'
import { serialise } from '../json.ts'
import { countOf } from '../manifests/manifest.ts'
import type { Sequence } from '../order/sequence.ts'
import type { Exit } from '../process.ts'

/** What applying needs beside the cluster. */
export interface ApplyOptions {
  readonly scratch: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** What stands between kubectl and the server. */
export interface Checkpoint {
  /** An object was answered; there may come another answer, if kubectl tries again. */
  applied(applied: Applied): void
  /** What becomes of an object that must not pass when its turn comes; undefined where it may. */
  holds(path: string): Promise<Held | undefined>
}

/** What becomes of a manifest that is not sent. */
export type Held =
  | { readonly result: 'skipped'; readonly reason: string }
  | { readonly result: 'failed'; readonly message: string }

/** What one kubectl brought about. */
export interface Streamed {
  /** The server's last answer for each object, by its path. */
  readonly applied: ReadonlyMap<string, Applied>
  /** What did not pass the checkpoint, by its path. */
  readonly held: ReadonlyMap<string, Held>
  readonly exit: Exit
}

/**
 * Applies manifests with one `kubectl apply --server-side`, in their order, but for those that the checkpoint holds back when
 * their turn comes. A non-zero exit is the caller's to judge.
 */
export async function streamToKubectl(
  manifests: Sequence,
  cluster: Cluster,
  checkpoint: Checkpoint,
  options: ApplyOptions,
): Promise<Streamed> {
  options.log(`kubectl apply --server-side (${countOf(manifests)})`)
  const applied = new Map<string, Applied>()
  const held = new Map<string, Held>()
  const stopListening = cluster.gateway.listen({
    applied: (each) => {
      applied.set(each.path, each)
      checkpoint.applied(each)
    },
    holds: async (path) => {
      const found = await checkpoint.holds(path)
      if (found === undefined) return undefined
      held.set(path, found)
      return found.result === 'skipped' ? found.reason : found.message
    },
  })
  // A cache of its own for each process: discovery from before a definition was applied would hide its kind.
  const cache = await mkdtemp(join(options.scratch, 'discovery-'))
  const args = [
    'apply',
    '--server-side',
    `--field-manager=${FIELD_MANAGER}`,
    '--force-conflicts',
    // The server rejects unknown fields in any case; kubectl's own check drops the rest of the stream.
    '--validate=false',
    `--cache-dir=${cache}`,
    '--filename=-',
  ]
  const stdin = `${manifests.map(({ object }) => serialise(object)).join('\n')}\n`
  try {
    return { applied, held, exit: await cluster.kubectl.run(args, { signal: options.signal, stdin }) }
  } finally {
    stopListening()
  }
}

import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { FIELD_MANAGER } from '../cluster/api.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Applied, Listener } from '../cluster/gateway.ts'
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

/** What one kubectl brought about. */
export interface Streamed {
  /** The server's last answer for each object, by its path. */
  readonly applied: ReadonlyMap<string, Applied>
  /** Why objects were held back, by their paths. */
  readonly held: ReadonlyMap<string, string>
  readonly exit: Exit
}

/**
 * Applies manifests with one `kubectl apply --server-side`, in their order, but for those that the listener holds back when
 * their turn comes. A non-zero exit is the caller's to judge.
 */
export async function streamToKubectl(
  manifests: Sequence,
  cluster: Cluster,
  listener: Listener,
  options: ApplyOptions,
): Promise<Streamed> {
  options.log(`kubectl apply --server-side (${countOf(manifests)})`)
  const applied = new Map<string, Applied>()
  const held = new Map<string, string>()
  const stopListening = cluster.gateway.listen({
    applied: (each) => {
      applied.set(each.path, each)
      listener.applied(each)
    },
    holds: (path) => {
      const reason = listener.holds(path)
      if (reason !== undefined) held.set(path, reason)
      return reason
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

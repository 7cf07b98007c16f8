import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { FIELD_MANAGER } from '../cluster/api.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Applied } from '../cluster/gateway.ts'
import { serialise, stringField } from '../json.ts'
import { apiVersionOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { type Sequence, split } from '../order/sequence.ts'
import { changingDefinitions, untilAccepted } from './barrier.ts'
import { changed, type Live, liveOf, observe } from './observe.ts'

/** What became of one manifest. */
export type Outcome =
  | { readonly manifest: PlacedManifest; readonly result: 'created' | 'updated' | 'unchanged' }
  | { readonly manifest: PlacedManifest; readonly result: 'failed'; readonly message: string }
  /** The run was stopped before its turn came. */
  | { readonly manifest: PlacedManifest; readonly result: 'not reached' }

/** What applying needs beside the cluster. */
export interface ApplyOptions {
  readonly scratch: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/**
 * Applies a sequence: one `kubectl apply --server-side`, and a second one only where custom resources must wait until the
 * server has taken in their definition. An object that the server refuses does not stop the others.
 * Returns an outcome for every manifest, in the sequence's order, also after a cancellation.
 */
export async function apply(sequence: Sequence, cluster: Cluster, options: ApplyOptions): Promise<Outcome[]> {
  const before = await observe(sequence, cluster.api)
  const stages = split(sequence, await changingDefinitions(sequence, before, cluster.api))
  const outcomes: Outcome[] = []
  for (const { manifests, awaits } of stages) {
    if (awaits.length > 0 && !options.signal.aborted) {
      options.log(
        `Waiting until the server accepts ${awaits.length} custom resources of new or changed definitions ...`,
      )
      await untilAccepted(awaits, cluster.api, options.log)
    }
    outcomes.push(...(await applyStage(manifests, before, cluster, options)))
  }
  return outcomes
}

async function applyStage(
  manifests: Sequence,
  before: ReadonlyMap<string, Live>,
  cluster: Cluster,
  { scratch, signal, log }: ApplyOptions,
): Promise<Outcome[]> {
  const known = manifests.filter((manifest) => manifest.path !== undefined)
  const answers = new Map<string, Applied>()
  let said = ''
  if (known.length > 0 && !signal.aborted) {
    log(`kubectl apply --server-side (${known.length} objects)`)
    const stop = cluster.gateway.listen((applied) => answers.set(applied.path, applied))
    // A cache of its own for each process: discovery from before a definition was applied would hide its kind.
    const cache = await mkdtemp(join(scratch, 'discovery-'))
    const exit = await cluster.kubectl.run(
      [
        'apply',
        '--server-side',
        `--field-manager=${FIELD_MANAGER}`,
        '--force-conflicts',
        // The server rejects unknown fields in any case; kubectl's own check drops the rest of the stream.
        '--validate=false',
        `--cache-dir=${cache}`,
        '--filename=-',
      ],
      { signal, stdin: `${known.map(({ object }) => serialise(object)).join('\n')}\n` },
    )
    stop()
    said = exit.stderr
  }
  return manifests.map((manifest) => outcomeOf(manifest, before, answers, said, signal.aborted))
}

function outcomeOf(
  manifest: PlacedManifest,
  before: ReadonlyMap<string, Live>,
  answers: ReadonlyMap<string, Applied>,
  said: string,
  isCancelled: boolean,
): Outcome {
  const { path } = manifest
  const answer = path === undefined ? undefined : answers.get(path)
  if (path === undefined) {
    const message = `no matches for kind "${manifest.id.kind}" in version "${apiVersionOf(manifest)}": the server does not serve it, and no CustomResourceDefinition in the set defines it`
    return { manifest, result: 'failed', message }
  }
  if (answer === undefined) {
    if (isCancelled) return { manifest, result: 'not reached' }
    return { manifest, result: 'failed', message: `kubectl did not send it. It said: ${said.trim() || 'nothing'}` }
  }
  if (answer.status >= 300) {
    const message = stringField(answer.body, 'message') ?? `the server answered with status ${answer.status}`
    return { manifest, result: 'failed', message }
  }
  if (answer.status === 201) return { manifest, result: 'created' }
  // Not seen before, and yet not created: it could not be looked at, or somebody made it in between.
  const earlier = before.get(path)
  const isChanged = earlier === undefined || changed(earlier, liveOf(answer.body, 0))
  return { manifest, result: isChanged ? 'updated' : 'unchanged' }
}

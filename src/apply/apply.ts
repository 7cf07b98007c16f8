import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { FIELD_MANAGER, messageOf } from '../cluster/api.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Applied } from '../cluster/gateway.ts'
import { tail } from '../cluster/proxy.ts'
import { failIfAny, type Problem, problemsOf } from '../errors.ts'
import { field, serialise } from '../json.ts'
import { apiVersionOf, countOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { type Sequence, split } from '../order/sequence.ts'
import type { Exit } from '../process.ts'
import { changingDefinitions, untilAccepted } from './barrier.ts'
import { changed, type Live, liveOf, observe } from './observe.ts'

/** What became of one manifest. */
export type Outcome =
  | { readonly manifest: PlacedManifest; readonly result: 'created' | 'updated' | 'unchanged' }
  | { readonly manifest: PlacedManifest; readonly result: 'failed'; readonly message: string }
  /** The run ended before its turn came. */
  | { readonly manifest: PlacedManifest; readonly result: 'not reached' }

/** What applying needs beside the cluster. */
export interface ApplyOptions {
  readonly scratch: string
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** What applying came to. */
export interface Application {
  /** One for every manifest, in the sequence's order. */
  readonly outcomes: readonly Outcome[]
  /** What stopped it; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/**
 * Applies a sequence: one `kubectl apply --server-side`, and a second one only where custom resources must wait until the
 * server has taken in their definition. An object that the server refuses does not stop the others. Once the first object
 * is written nothing is raised any more: what was done is told in any case, and so is what stopped the rest.
 */
export async function apply(sequence: Sequence, cluster: Cluster, options: ApplyOptions): Promise<Application> {
  const before = await observe(sequence, cluster.api)
  const stages = split(sequence, await changingDefinitions(sequence, before, cluster.api))
  const outcomes = new Map<PlacedManifest, Outcome>()
  const problems: Problem[] = []
  try {
    for (const { manifests, awaits } of stages) {
      options.signal.throwIfAborted()
      if (awaits.length > 0) {
        options.log(
          `Waiting until the server accepts ${awaits.length} custom resources of new or changed definitions ...`,
        )
        await untilAccepted(awaits, cluster.api, options.log)
      }
      const answers = await stream(manifests, cluster, options)
      for (const manifest of manifests) outcomes.set(manifest, outcomeOf(manifest, before, answers))
      failIfAny(answers.problems)
    }
  } catch (error) {
    if (!options.signal.aborted) problems.push(...problemsOf(error))
  }
  return {
    outcomes: sequence.map((manifest) => outcomes.get(manifest) ?? { manifest, result: 'not reached' }),
    problems,
  }
}

/** What a kubectl brought back: the server's answers by path, kubectl's own refusals by kind and name, and what went wrong. */
interface Answers {
  readonly applied: ReadonlyMap<string, Applied>
  readonly unmapped: readonly string[]
  readonly problems: readonly Problem[]
}

async function stream(manifests: Sequence, cluster: Cluster, { scratch, signal, log }: ApplyOptions): Promise<Answers> {
  const known = manifests.filter((manifest) => manifest.path !== undefined)
  const applied = new Map<string, Applied>()
  if (known.length === 0) return { applied, unmapped: [], problems: [] }
  log(`kubectl apply --server-side (${countOf(known)})`)
  const stop = cluster.gateway.listen((each) => applied.set(each.path, each))
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
  const unmapped = exit.stderr.split('\n').filter((line) => line.includes('resource mapping not found'))
  const refused = [...applied.values()].some(({ status }) => status >= 300)
  const isExplained = exit.code === 0 || (exit.code === 1 && (refused || unmapped.length > 0))
  const isComplete = applied.size + unmapped.length >= known.length
  if (signal.aborted || (isExplained && isComplete)) return { applied, unmapped, problems: [] }
  const message = `kubectl ended before it had applied everything (${howEnded(exit)}). Its last words: ${tail(exit.stderr) || 'none'}`
  return {
    applied,
    unmapped,
    problems: [
      {
        class: exit.signal === null ? 'E-KUBE-NET' : 'E-APPLY',
        message,
        next: 'Run it again: what is done stays done.',
      },
    ],
  }
}

function howEnded({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

function outcomeOf(
  manifest: PlacedManifest,
  before: ReadonlyMap<string, Live>,
  { applied, unmapped }: Answers,
): Outcome {
  const { id, path } = manifest
  if (path === undefined) {
    const message = `no matches for kind "${id.kind}" in version "${apiVersionOf(manifest)}": the server does not serve it, and no CustomResourceDefinition in the set does`
    return { manifest, result: 'failed', message }
  }
  const answer = applied.get(path)
  if (answer === undefined) {
    const named = `name: "${id.name}" namespace: "${id.namespace}"`
    const refusal = unmapped.find((line) => line.includes(named) && line.includes(`kind "${id.kind}"`))
    if (refusal === undefined) return { manifest, result: 'not reached' }
    return { manifest, result: 'failed', message: refusal.slice(refusal.indexOf('no matches')) }
  }
  if (answer.status >= 300) return { manifest, result: 'failed', message: messageOf(answer) }
  if (field(answer.body, 'metadata', 'deletionTimestamp') !== undefined) {
    const message = 'the object is being deleted, and what was applied goes with it: run again when it is gone'
    return { manifest, result: 'failed', message }
  }
  if (answer.status === 201) return { manifest, result: 'created' }
  // Not seen before, and yet not created: it could not be looked at, or somebody made it in between.
  const earlier = before.get(path)
  const isChanged = earlier === undefined || changed(earlier, liveOf(answer.body, 0))
  return { manifest, result: isChanged ? 'updated' : 'unchanged' }
}

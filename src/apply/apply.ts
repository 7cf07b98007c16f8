import type { Cluster } from '../cluster/cluster.ts'
import { failIfAny, type Problem, problemsOf } from '../errors.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { type Sequence, split } from '../order/sequence.ts'
import { changingDefinitions, untilAccepted } from './barrier.ts'
import { observe } from './observe.ts'
import { judge, type Outcome, unknownKind } from './outcome.ts'
import { type ApplyOptions, streamToKubectl } from './stream.ts'

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
  const record = (outcome: Outcome) => outcomes.set(outcome.manifest, outcome)
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
      const known = manifests.filter((manifest) => manifest.path !== undefined)
      for (const manifest of manifests) if (manifest.path === undefined) record(unknownKind(manifest))
      if (known.length === 0) continue
      const judgement = judge(known, before, await streamToKubectl(known, cluster, options))
      judgement.outcomes.forEach(record)
      failIfAny(judgement.problems)
    }
  } catch (error) {
    if (!options.signal.aborted) problems.push(...problemsOf(error))
  }
  return {
    outcomes: sequence.map((manifest) => outcomes.get(manifest) ?? { manifest, result: 'not reached' }),
    problems,
  }
}

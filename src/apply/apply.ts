import type { Cluster } from '../cluster/cluster.ts'
import { failIfAny, type Problem, problemsOf } from '../errors.ts'
import { type Awaited, untilSettled } from '../health/wait.ts'
import { definedBy } from '../manifests/definition.ts'
import { isRun } from '../manifests/hooks.ts'
import { countOf, describe, kindKeyOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { indicesIn, manifestOf, type Ordering, type Sequence } from '../order/sequence.ts'
import { stagesOf } from '../order/stages.ts'
import { untilAccepted } from './barrier.ts'
import { blamed } from './blame.ts'
import { type Holds, makeHolds } from './holds.ts'
import { makeWay } from './hooks.ts'
import { type Live, observe } from './observe.ts'
import { isDone, judge, type Outcome, unknownKind } from './outcome.ts'
import type { Outsiders } from './outsiders.ts'
import { pendingIn } from './prospects.ts'
import { type ApplyOptions, type Gate, streamToKubectl } from './stream.ts'

/** What applying came to. */
export interface Application {
  /** One for every manifest, in the order in which they came to be. */
  readonly outcomes: readonly Outcome[]
  /** What stopped it, and what did not become ready although others wait for it; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/** How long to wait for all that the next stage needs, in milliseconds, while some of it could already go on. */
const PATIENCE = 2_000

/** An apply under way. */
interface Run {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
  readonly cluster: Cluster
  readonly options: ApplyOptions
  readonly live: ReadonlyMap<string, Live>
  readonly indices: ReadonlyMap<PlacedManifest, number>
  readonly holds: Holds
  /** Nodes for which others still wait. */
  readonly pending: Set<number>
  /** Since when each node is waited for, in milliseconds since 1970. */
  readonly waited: Map<number, number>
  /** Kinds whose definition this run changed and that are served by now. */
  readonly established: Set<string>
  readonly outcomes: Map<PlacedManifest, Outcome>
  readonly problems: Problem[]
}

/**
 * Applies a set in order: one `kubectl apply --server-side`, and further ones only where what comes has to wait until what
 * went before is ready. An object that the server refuses stops none but those that depend on it explicitly. Once the first
 * object is written nothing is raised any more: what was done is told in any case, and so is what stopped the rest.
 */
export async function apply(
  ordering: Ordering,
  outsiders: Outsiders,
  cluster: Cluster,
  options: ApplyOptions,
): Promise<Application> {
  const live = await observe(ordering.sequence, cluster.api)
  const pending = await pendingIn(ordering, outsiders, live, cluster.api)
  const given = { ordering, outsiders, cluster, options, live, pending, indices: indicesIn(ordering) }
  const noted = { waited: new Map(), established: new Set<string>(), outcomes: new Map(), problems: [] }
  const run: Run = { ...given, ...noted, holds: makeHolds(ordering) }
  try {
    await applyStages(run)
    await settle(
      [...run.outcomes.keys()].filter(isRun).map((hook) => run.indices.get(hook) ?? -1),
      run,
    )
  } catch (error) {
    if (!options.signal.aborted) run.problems.push(...problemsOf(error))
  }
  const rest = ordering.sequence.filter((manifest) => !run.outcomes.has(manifest))
  const outcomes = [...run.outcomes.values(), ...rest.map((manifest): Outcome => ({ manifest, result: 'not reached' }))]
  return { outcomes: blamed(outcomes, ordering), problems: run.problems }
}

/**
 * Applies the first stage, waits for what the second needs, and starts again with what is left. A stage of which one part
 * waits longer than the other is split, so that nothing waits for what does not concern it.
 */
async function applyStages(run: Run): Promise<void> {
  const { ordering, options, outcomes, pending } = run
  for (;;) {
    options.signal.throwIfAborted()
    const [first, second] = stagesOf(ordering, pending)
    await applyStage(first?.manifests.filter((manifest) => !outcomes.has(manifest)) ?? [], run)
    holdBack(
      ordering.sequence.filter((manifest) => !outcomes.has(manifest)),
      run,
    )
    if (second === undefined || outcomes.size === ordering.sequence.length) return
    await settle(second.awaits, run, PATIENCE)
  }
}

/** Waits until nodes are settled. What depends explicitly on one that is not ready is held back, and the run fails. */
async function settle(indices: readonly number[], run: Run, patience?: number): Promise<void> {
  const { ordering, outsiders, cluster, options, holds, pending, established, outcomes, problems } = run
  const objects = indices.flatMap((index): (Awaited & { index: number; manifest?: PlacedManifest })[] => {
    const node = ordering.graph.nodes[index]
    const manifest = manifestOf(node)
    const result = manifest === undefined ? undefined : outcomes.get(manifest)?.result
    const isLost = result === 'failed' || result === 'skipped' || holds.hasFailed(index)
    if (isLost) pending.delete(index)
    if (isLost || (run.waited.has(index) && !pending.has(index))) return []
    const since = run.waited.get(index) ?? Date.now()
    run.waited.set(index, since)
    if (node?.kind === 'outside') return [{ index, since, id: node.id, path: outsiders.get(index) ?? '' }]
    return manifest?.path === undefined ? [] : [{ index, since, ...manifest, path: manifest.path, manifest }]
  })
  const waiting = { ...options, ...(patience === undefined ? {} : { patience }) }
  for (const [{ index, id, manifest }, reason] of await untilSettled(objects, cluster.api, waiting)) {
    pending.delete(index)
    if (reason === undefined) {
      const kind = manifest === undefined ? undefined : definedBy(manifest)?.kindKey
      if (kind !== undefined) established.add(kind)
      continue
    }
    holds.fail(index, `is not ready: ${reason}`)
    const location = manifest === undefined ? {} : { location: manifest.location }
    const next = 'Look at its events and its logs, then run again; what depends on it is held back.'
    problems.push({
      class: 'E-HEALTH',
      message: `It is not ready: ${reason}.`,
      object: describe(id),
      next,
      ...location,
    })
  }
}

/** Notes those that are held back; returns the others. */
function holdBack(manifests: Sequence, { holds, indices, outcomes }: Run): Sequence {
  return manifests.filter((manifest) => {
    const reason = holds.reason(indices.get(manifest) ?? -1)
    if (reason !== undefined) outcomes.set(manifest, { manifest, result: 'skipped', reason })
    return reason === undefined
  })
}

async function applyStage(manifests: Sequence, run: Run): Promise<void> {
  const { cluster, options, live, indices, holds, established, outcomes } = run
  const record = (outcome: Outcome) => {
    outcomes.set(outcome.manifest, outcome)
    if (outcome.result === 'failed') holds.fail(indices.get(outcome.manifest) ?? -1, 'was not applied')
  }
  for (const manifest of manifests) if (manifest.path === undefined) record(unknownKind(manifest))
  const streamed = holdBack(
    manifests.filter(({ path }) => path !== undefined),
    run,
  )
  if (streamed.length === 0) return
  const resources = streamed.filter(({ id }) => established.has(kindKeyOf(id)))
  if (resources.length > 0) {
    options.log(`Waiting until the server accepts ${countOf(resources)} of new or changed definitions ...`)
    await untilAccepted(resources, cluster.api, options.log)
  }
  const places = new Map(streamed.map((manifest) => [manifest.path ?? '', manifest]))
  const indexAt = (path: string) => {
    const manifest = places.get(path)
    return manifest === undefined ? -1 : (indices.get(manifest) ?? -1)
  }
  const gate: Gate = {
    applied: (answer) => {
      if (!isDone(answer)) holds.fail(indexAt(answer.path), 'was refused')
    },
    holds: async (path) => {
      const reason = holds.reason(indexAt(path))
      if (reason !== undefined) return { result: 'skipped', reason }
      const [manifest, before] = [places.get(path), live.get(path)]
      const isInTheWay = manifest !== undefined && before !== undefined && isRun(manifest)
      const message = isInTheWay ? await makeWay(manifest, before, cluster.api, options) : undefined
      if (message === undefined) return undefined
      holds.fail(indexAt(path), 'was not applied')
      return { result: 'failed', message }
    },
  }
  const judgement = judge(streamed, live, await streamToKubectl(streamed, cluster, gate, options))
  judgement.outcomes.forEach(record)
  failIfAny(judgement.problems)
}

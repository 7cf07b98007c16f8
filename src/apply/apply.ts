import type { Cluster } from '../cluster/cluster.ts'
import type { Listener } from '../cluster/gateway.ts'
import { failIfAny, type Location, type Problem, problemsOf } from '../errors.ts'
import { type Awaited, untilReady } from '../health/wait.ts'
import { definedBy } from '../manifests/definition.ts'
import { describe, kindKeyOf } from '../manifests/manifest.ts'
import type { PlacedManifest } from '../manifests/placement.ts'
import { indicesIn, manifestOf, type Ordering, type Sequence } from '../order/sequence.ts'
import { type Stage, stagesOf } from '../order/stages.ts'
import { untilAccepted } from './barrier.ts'
import { blamed } from './blame.ts'
import { type Holds, makeHolds } from './holds.ts'
import { clearHooks, isRun } from './hooks.ts'
import { type Live, observe } from './observe.ts'
import { isDone, judge, type Outcome, unknownKind } from './outcome.ts'
import type { Outsiders } from './outsiders.ts'
import { pendingIn } from './prospects.ts'
import { type ApplyOptions, streamToKubectl } from './stream.ts'

/** What applying came to. */
export interface Application {
  /** One for every manifest, in the sequence's order. */
  readonly outcomes: readonly Outcome[]
  /** What stopped it, and what did not become ready although others wait for it; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/** An apply under way. */
interface Run {
  readonly ordering: Ordering
  readonly outsiders: Outsiders
  readonly cluster: Cluster
  readonly options: ApplyOptions
  readonly live: ReadonlyMap<string, Live>
  readonly indices: ReadonlyMap<PlacedManifest, number>
  readonly holds: Holds
  /** What was waited for, and which of it did not become ready. */
  readonly waited: Set<number>
  readonly unready: Set<number>
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
  const given = {
    ordering,
    outsiders,
    cluster,
    options,
    live,
    indices: indicesIn(ordering),
    holds: makeHolds(ordering),
  }
  const run: Run = { ...given, waited: new Set(), unready: new Set(), outcomes: new Map(), problems: [] }
  try {
    for (const stage of stagesOf(ordering, pending)) {
      options.signal.throwIfAborted()
      await untilStageMayBegin(stage, run)
      await applyStage(stage.manifests, run)
    }
    await untilHooksEnd(run)
  } catch (error) {
    if (!options.signal.aborted) run.problems.push(...problemsOf(error))
  }
  const outcomes = ordering.sequence.map(
    (manifest): Outcome => run.outcomes.get(manifest) ?? { manifest, result: 'not reached' },
  )
  return { outcomes: blamed(outcomes, ordering), problems: run.problems }
}

async function untilStageMayBegin({ awaits, manifests }: Stage, run: Run): Promise<void> {
  await untilReadyOrHeld(awaits, run)
  const { cluster, options } = run
  const established = awaits.flatMap((index) => {
    const manifest = manifestOf(run.ordering.graph.nodes[index])
    return manifest === undefined || hasFailed(index, run) ? [] : (definedBy(manifest)?.kindKey ?? [])
  })
  const resources = manifests.filter(({ id, path }) => path !== undefined && established.includes(kindKeyOf(id)))
  if (resources.length === 0) return
  options.log(`Waiting until the server accepts ${resources.length} custom resources of new or changed definitions ...`)
  await untilAccepted(resources, cluster.api, options.log)
}

/** Waits for nodes; what depends explicitly on one that does not become ready is held back, and the run fails. */
async function untilReadyOrHeld(awaits: readonly number[], run: Run): Promise<void> {
  const { ordering, outsiders, cluster, options, holds, waited, unready, problems } = run
  const objects = awaits.flatMap((index): (Awaited & { index: number; location?: Location })[] => {
    const node = ordering.graph.nodes[index]
    if (waited.has(index) || hasFailed(index, run)) return []
    if (node?.kind === 'outside') return [{ index, id: node.id, path: outsiders.get(index) ?? '' }]
    if (node?.kind !== 'object' || node.manifest.path === undefined) return []
    const { id, path, object, location } = node.manifest
    return [{ index, id, path, object, location }]
  })
  for (const [{ index, id, location }, reason] of await untilReady(objects, cluster.api, options)) {
    unready.add(index)
    holds.fail(index, `is not ready: ${reason}`)
    const place = location === undefined ? {} : { location }
    const object = describe(id)
    const next = 'Look at its events and its logs, then run again; what depends on it is held back.'
    problems.push({ class: 'E-HEALTH', message: `${object} is not ready: ${reason}.`, object, next, ...place })
  }
  for (const { index } of objects) waited.add(index)
}

function hasFailed(index: number, { ordering, outcomes, unready }: Run): boolean {
  const manifest = manifestOf(ordering.graph.nodes[index])
  const result = manifest === undefined ? undefined : outcomes.get(manifest)?.result
  return unready.has(index) || result === 'failed' || result === 'skipped'
}

async function applyStage(manifests: Sequence, run: Run): Promise<void> {
  const { cluster, options, live, indices, holds, outcomes } = run
  const indexOf = (manifest: PlacedManifest) => indices.get(manifest) ?? -1
  const record = (outcome: Outcome) => {
    outcomes.set(outcome.manifest, outcome)
    if (outcome.result === 'failed') holds.fail(indexOf(outcome.manifest), 'was not applied')
  }
  const held = (manifest: PlacedManifest) => {
    const reason = holds.reason(indexOf(manifest))
    if (reason !== undefined) record({ manifest, result: 'skipped', reason })
    return reason !== undefined
  }
  const free = manifests.filter((manifest) => !held(manifest))
  const stuck = await clearHooks(free, live, cluster.api, options)
  for (const [manifest, message] of stuck) record({ manifest, result: 'failed', message })
  for (const manifest of free) if (manifest.path === undefined) record(unknownKind(manifest))
  const streamed = free.filter((manifest) => !outcomes.has(manifest) && !held(manifest))
  if (streamed.length === 0) return
  const places = new Map(streamed.map((manifest) => [manifest.path ?? '', indexOf(manifest)]))
  const listener: Listener = {
    applied: (answer) => {
      if (!isDone(answer)) holds.fail(places.get(answer.path) ?? -1, 'was refused')
    },
    holds: (path) => holds.reason(places.get(path) ?? -1),
  }
  const judgement = judge(streamed, live, await streamToKubectl(streamed, cluster, listener, options))
  judgement.outcomes.forEach(record)
  failIfAny(judgement.problems)
}

/** A run is not over before the Jobs and Pods are that a hook asks to run, even where nothing comes after them. */
async function untilHooksEnd(run: Run): Promise<void> {
  const hooks = [...run.outcomes.keys()].filter(isRun)
  await untilReadyOrHeld(
    hooks.map((hook) => run.indices.get(hook) ?? -1),
    run,
  )
}

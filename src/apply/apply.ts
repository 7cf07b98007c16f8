import type { Cluster } from '../cluster/cluster.ts'
import { failIfAny, type Problem, problemsOf } from '../errors.ts'
import { takesTime } from '../health/readiness.ts'
import { isHook } from '../manifests/hooks.ts'
import { countOf, kindKeyOf } from '../manifests/manifest.ts'
import { indicesIn, type Ordering, type Sequence } from '../order/sequence.ts'
import { awaitedIn, stagesOf } from '../order/stages.ts'
import { untilAccepted } from './barrier.ts'
import { blamed } from './blame.ts'
import { openCheckpoint } from './checkpoint.ts'
import { makeHolds } from './holds.ts'
import { observe } from './observe.ts'
import { judge, type Outcome, unknownKind } from './outcome.ts'
import type { Outsiders } from './outsiders.ts'
import { pendingIn } from './prospects.ts'
import { holdBack, indexOf, type Run, record, settle } from './run.ts'
import { type ApplyOptions, streamToKubectl } from './stream.ts'

/** What applying came to. */
export interface Application {
  /** One for every manifest, in the order in which they came to be. */
  readonly outcomes: readonly Outcome[]
  /** What stopped it, and what did not become ready although others wait for it; empty when it came to its end. */
  readonly problems: readonly Problem[]
}

/** How long to wait for all that the next stage needs, in milliseconds, while some of it could already go on. */
const PATIENCE = 2_000

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
  const awaited = new Set(awaitedIn(ordering))
  const pending = await pendingIn(awaited, ordering, outsiders, live, cluster.api)
  const run: Run = {
    ...{ ordering, outsiders, cluster, options, live, awaited, pending },
    ...{ indices: indicesIn(ordering), holds: makeHolds(ordering) },
    ...{ waited: new Map(), established: new Set(), changes: new Set(), outcomes: new Map(), problems: [] },
  }
  try {
    await applyStages(run)
    await untilHooksEnd(run)
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
  const isOpen = (manifest: Sequence[number]) => !outcomes.has(manifest)
  for (;;) {
    options.signal.throwIfAborted()
    const decided = new Set([...outcomes.keys()].map((manifest) => indexOf(manifest, run)))
    const [first, second] = stagesOf(ordering, pending, decided)
    await applyStage(first?.manifests.filter(isOpen) ?? [], run)
    holdBack(ordering.sequence.filter(isOpen), run)
    if (second === undefined || !ordering.sequence.some(isOpen)) return
    await settle(second.awaits, run, PATIENCE)
  }
}

async function applyStage(manifests: Sequence, run: Run): Promise<void> {
  const { cluster, options, live, established } = run
  const known = manifests.filter(({ path }) => path !== undefined)
  for (const manifest of manifests) if (manifest.path === undefined) record(unknownKind(manifest), run)
  const streamed = holdBack(known, run)
  if (streamed.length === 0) return
  const resources = streamed.filter(({ id }) => established.has(kindKeyOf(id)))
  if (resources.length > 0) {
    options.log(`Waiting until the server accepts ${countOf(resources)} of new or changed definitions ...`)
    await untilAccepted(resources, cluster.api, options.log)
  }
  const judgement = judge(
    streamed,
    live,
    await streamToKubectl(streamed, cluster, openCheckpoint(streamed, run), options),
  )
  for (const outcome of judgement.outcomes) record(outcome, run)
  failIfAny(judgement.problems)
}

/** A run is not over before its hooks are, even where nothing comes after them. */
async function untilHooksEnd(run: Run): Promise<void> {
  const hooks = [...run.outcomes.keys()].filter((manifest) => takesTime(manifest.id) && isHook(manifest))
  await settle(
    hooks.map((hook) => indexOf(hook, run)),
    run,
  )
}

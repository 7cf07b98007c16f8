import type { Cluster } from '../kube/cluster.ts'
import { failIfAny, isCut, type Problem, problemsOf } from '../diagnostics.ts'
import type { Json } from '../json.ts'
import { isHook, isRun } from '../object/annotations/hooks.ts'
import { countOf, kindKeyOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { indicesIn, type Ordering } from '../graph/apply-order.ts'
import { stagesOf } from '../graph/stages.ts'
import { type Action, isChange } from '../plan/object-plan.ts'
import { blameIn } from '../plan/likely-cause.ts'
import type { Plan } from '../plan/plan.ts'
import type { Ailment } from '../wait/unready-object.ts'
import { isWaitedFor } from '../wait/wait-target.ts'
import { openWaiter } from '../wait/waiter.ts'
import { untilAccepted } from './wait-for-crd.ts'
import { openCheckpoint } from './interceptor.ts'
import { dismissHooks } from './delete-hooks.ts'
import { makeHolds } from './dependency-failures.ts'
import { judge, type Outcome, settled } from './apply-result.ts'
import type { Outsiders } from './external-dependencies.ts'
import { makePatience } from './retry-rejected.ts'
import { makeProgress } from './progress.ts'
import { pendingIn } from './pending-nodes.ts'
import { holdBack, indexOf, type Run, record, settle } from './apply-session.ts'
import { deal, processesFor } from './batches.ts'
import { type ApplyOptions, streamToKubectl } from './kubectl-stream.ts'
import { makeTurns } from './scheduler.ts'

/** What applying came to. */
export interface Application {
  /** One for every manifest, in the order in which they came to be. */
  readonly outcomes: readonly Outcome[]
  /** The server's answer to each apply that went well. */
  readonly written: ReadonlyMap<PlacedManifest, Json>
  /** Hooks that failed, or of which nobody knows how they ended: they have not run. */
  readonly unfinished: readonly PlacedManifest[]
  /** What stopped it, and what did not become ready although others wait for it; empty when it came to its end. */
  readonly problems: readonly Problem[]
  /** What others waited for in vain. */
  readonly ailments: readonly Ailment[]
}

/** How long to wait for all that the next stage needs, in milliseconds, while some of it could already go on. */
const PATIENCE = 2_000

/**
 * Carries out a plan, in order: one `kubectl apply --server-side`, or several beside each other where there is much to do, and
 * further ones only where what comes has to wait until what went before is ready. An object that the server refuses stops
 * none but those that depend on it explicitly. Once the first object is written nothing is raised any more: what was done
 * is told in any case, and so is what stopped the rest.
 */
export async function apply(
  { actions }: Plan,
  ordering: Ordering,
  outsiders: Outsiders,
  cluster: Cluster,
  options: ApplyOptions,
): Promise<Application> {
  const changes = actions.filter(isChange)
  const pending = await pendingIn(
    ordering,
    new Set(changes.map(({ manifest }) => manifest)),
    outsiders,
    options.lookout,
  )
  const written = new Map<number, Json>()
  const run: Run = {
    ...{ ordering, outsiders, cluster, options, pending, written, indices: indicesIn(ordering) },
    ...{ holds: makeHolds(ordering), patience: makePatience(ordering, (index) => written.has(index), options) },
    ...{ progress: makeProgress(changes.length, options.log), waited: new Map(), established: new Set() },
    ...{ outcomes: new Map(), problems: [], ailments: [], waiter: openWaiter(options.lookout, options) },
  }
  for (const action of actions) if (!isChange(action)) record(settled(action), run)
  try {
    await applyStages(changes, run)
    await untilHooksEnd(run)
  } catch (error) {
    if (!options.signal.aborted) run.problems.push(...problemsOf(error))
  }
  const rest = changes.filter(({ manifest }) => !run.outcomes.has(manifest))
  const notReached = rest.map(({ manifest }): Outcome => ({ manifest, result: 'not reached' }))
  const answers = changes.flatMap(({ manifest }) => {
    const answer = written.get(indexOf(manifest, run))
    return answer === undefined ? [] : [[manifest, answer] as const]
  })
  const outcomes = blamed([...run.outcomes.values(), ...notReached], run)
  const hooks = changes.map(({ manifest }) => manifest).filter(isRun)
  const changed = new Set(outcomes.filter(isChange).map(({ manifest }) => manifest))
  const hasRun = (hook: PlacedManifest) =>
    !options.signal.aborted && !run.holds.hasFailed(indexOf(hook, run)) && changed.has(hook)
  const unfinished = hooks.filter((hook) => !hasRun(hook))
  const { problems, ailments } = run
  return { outcomes, written: new Map(answers), unfinished, problems, ailments }
}

/**
 * Applies the first stage, waits for what the second needs, and starts again with what is left. A stage of which one part
 * waits longer than the other is split, so that nothing waits for what does not concern it.
 */
async function applyStages(changes: readonly Action[], run: Run): Promise<void> {
  const { ordering, options, outcomes, pending } = run
  const isOpen = ({ manifest }: Action) => !outcomes.has(manifest)
  while (changes.some(isOpen)) {
    options.signal.throwIfAborted()
    const decided = new Set([...outcomes.keys()].map((manifest) => indexOf(manifest, run)))
    const [first, second] = stagesOf(ordering, pending, decided)
    const now = new Set(first?.manifests)
    await applyStage(
      changes.filter((action) => isOpen(action) && now.has(action.manifest)),
      run,
    )
    holdBack(changes.filter(isOpen), run)
    if (second === undefined || !changes.some(isOpen)) return
    await settle(second.awaits, run, PATIENCE)
  }
}

async function applyStage(actions: readonly Action[], run: Run): Promise<void> {
  const { cluster, options, established } = run
  const streamed = holdBack(actions, run)
  if (streamed.length === 0) return
  const resources = streamed.filter(({ manifest }) => established.has(kindKeyOf(manifest.id)))
  if (resources.length > 0) {
    options.log(`Waiting until the server accepts ${countOf(resources)} of new or changed definitions ...`)
    await untilAccepted(
      resources.map(({ manifest }) => manifest),
      cluster.api,
      options.log,
    )
    cluster.gateway.forget()
  }
  await send(streamed, run)
}

/** Applies some actions, and notes what became of them. */
async function send(actions: readonly Action[], run: Run): Promise<void> {
  const { cluster, options, ordering } = run
  const turns = makeTurns(ordering, new Set(actions.map(({ manifest }) => indexOf(manifest, run))))
  const most = options.processes ?? processesFor(actions.length, cluster.api.latency())
  const shards = deal(actions, Math.min(most, actions.length))
  const beside = shards.length === 1 ? '' : `, ${shards.length} beside each other`
  options.log(`kubectl apply --server-side (${countOf(actions)}${beside})`)
  const judgements = await Promise.all(
    shards.map(async (shard) => {
      const objects = shard.map(({ sent }) => sent)
      const streamed = await streamToKubectl(objects, cluster, openCheckpoint(shard, turns, run), options)
      for (const { manifest } of shard) turns.done(indexOf(manifest, run))
      return judge(shard, streamed)
    }),
  )
  const results = new Map(judgements.flatMap(({ outcomes }) => outcomes.map((outcome) => [outcome.manifest, outcome])))
  for (const { manifest } of actions) record(results.get(manifest) ?? { manifest, result: 'not reached' }, run)
  // Several streams that broke tell one story, and this one tells it best.
  const problems = judgements.flatMap((judgement) => judgement.problems)
  const telling = problems.find(isCut)
  failIfAny(telling === undefined ? problems.slice(0, 1) : [telling])
}

/** A run is not over before its hooks are, even where nothing comes after them. */
async function untilHooksEnd(run: Run): Promise<void> {
  const hooks = [...run.outcomes.values()].filter(
    (outcome) =>
      isWaitedFor(outcome.manifest) &&
      isHook(outcome.manifest) &&
      (outcome.result === 'unchanged' || isChange(outcome)),
  )
  await settle(
    hooks.map(({ manifest }) => indexOf(manifest, run)),
    run,
  )
  await dismissHooks(
    hooks.map(({ manifest }) => manifest),
    run,
  )
}

/** Of more refusals nobody asks for the cause one by one. */
const MOST_BLAMED = 200

/** Outcomes with what may be the cause of each refusal, as far as the order of the set tells. */
function blamed(outcomes: readonly Outcome[], { ordering, indices }: Run): readonly Outcome[] {
  const failed = outcomes.filter(({ result }) => result === 'failed')
  if (failed.length === 0) return outcomes
  const refused = new Set(failed.map(({ manifest }) => indices.get(manifest)))
  const told = new Set(failed.slice(0, MOST_BLAMED))
  const blameFor = blameIn(ordering)
  return outcomes.map((outcome) => {
    if (outcome.result !== 'failed' || !told.has(outcome)) return outcome
    const blame = blameFor(outcome.message, indices.get(outcome.manifest) ?? -1, (each) => refused.has(each))
    return blame === undefined ? outcome : { ...outcome, blame }
  })
}

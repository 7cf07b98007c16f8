import { type Diagnostic, diagnosticsOf, isConnectionLost, throwIfAny } from '../diagnostics.ts'
import { type ApplyOrder, indicesIn } from '../graph/apply-order.ts'
import { cutIntoStages } from '../graph/stages.ts'
import type { Json } from '../json.ts'
import type { WriteSession } from '../kube/client.ts'
import { isHook, runsToCompletion } from '../object/annotations/hooks.ts'
import { formatGroupKind } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import { likelyCausesIn } from '../plan/likely-cause.ts'
import { isChange, type ObjectPlan } from '../plan/object-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { UnreadyObject } from '../wait/unready-object.ts'
import { needsWait } from '../wait/wait-target.ts'
import { openWaiter } from '../wait/waiter.ts'
import { type ApplyResult, asPlanned, resultsOf } from './apply-result.ts'
import {
  type ApplyOptions,
  type ApplySession,
  indexOf,
  recordResult,
  skipDependents,
  waitFor,
} from './apply-session.ts'
import { chooseParallelism, splitIntoBatches } from './batches.ts'
import { deleteFinishedHooks } from './delete-hooks.ts'
import { trackDependencyFailures } from './dependency-failures.ts'
import type { ExternalDependencies } from './external-dependencies.ts'
import { interceptStream } from './interceptor.ts'
import { findPendingNodes } from './pending-nodes.ts'
import { makeProgress } from './progress.ts'
import { retryRejected } from './retry-rejected.ts'
import { makeScheduler } from './scheduler.ts'
import { waitForCrds } from './wait-for-crd.ts'

/** What applying came to. */
export interface ApplyOutcome {
  /** One for every manifest, in the order in which they came to be. */
  readonly results: readonly ApplyResult[]
  /** The server's answer to each apply that went well. */
  readonly written: ReadonlyMap<ResolvedManifest, Json>
  /** Hooks that failed, or of which nobody knows how they ended: they have not run. */
  readonly unfinished: readonly ResolvedManifest[]
  /** What stopped it, and what did not become ready although others wait for it; empty when it came to its end. */
  readonly problems: readonly Diagnostic[]
  /** What others waited for in vain. */
  readonly unready: readonly UnreadyObject[]
}

/** How long to wait for all that the next stage needs, in milliseconds, while a part of it could already go on. */
const STAGE_WAIT_MS = 2_000

/**
 * Carries out a plan, in order: one `kubectl apply --server-side`, or several beside each other where there is much to do, and
 * further ones only where what comes has to wait until what went before is ready. An object that the server refuses stops
 * none but those that depend on it explicitly. Once the first object is written nothing is raised any more: what was done
 * is told in any case, and so is what stopped the rest.
 */
export async function apply(
  { objects }: Plan,
  order: ApplyOrder,
  externalDependencies: ExternalDependencies,
  api: WriteSession,
  options: ApplyOptions,
): Promise<ApplyOutcome> {
  const changes = objects.filter(isChange)
  const pending = await findPendingNodes(
    order,
    new Set(changes.map(({ manifest }) => manifest)),
    externalDependencies,
    options.statusReader,
  )
  const written = new Map<number, Json>()
  const session: ApplySession = {
    ...{ order, externalDependencies, api, options, pending, written, indices: indicesIn(order) },
    ...{
      dependencyFailures: trackDependencyFailures(order),
      shouldRetry: retryRejected(order, (index) => written.has(index), options),
    },
    ...{ progress: makeProgress(changes.length, options.emit), waited: new Map(), servedKinds: new Set() },
    ...{ results: new Map(), problems: [], unready: [], waiter: openWaiter(options.statusReader, options) },
  }
  for (const plan of objects) if (!isChange(plan)) recordResult(asPlanned(plan), session)
  try {
    await applyStages(changes, session)
    await untilHooksEnd(session)
  } catch (error) {
    if (!options.signal.aborted) session.problems.push(...diagnosticsOf(error))
  }
  const rest = changes.filter(({ manifest }) => !session.results.has(manifest))
  const notReached = rest.map(({ manifest }): ApplyResult => ({ manifest, result: 'pending' }))
  const answers = changes.flatMap(({ manifest }) => {
    const answer = written.get(indexOf(manifest, session))
    return answer === undefined ? [] : [[manifest, answer] as const]
  })
  const results = withLikelyCauses([...session.results.values(), ...notReached], session)
  const hooks = changes.map(({ manifest }) => manifest).filter(runsToCompletion)
  const changed = new Set(results.filter(isChange).map(({ manifest }) => manifest))
  const hasRun = (hook: ResolvedManifest) =>
    !options.signal.aborted && !session.dependencyFailures.hasFailed(indexOf(hook, session)) && changed.has(hook)
  const unfinished = hooks.filter((hook) => !hasRun(hook))
  const { problems, unready } = session
  return { results, written: new Map(answers), unfinished, problems, unready }
}

/**
 * Applies the first stage, waits for what the second needs, and starts again with what is left. A stage of which one part
 * waits longer than the other is split, so that nothing waits for what does not concern it.
 */
async function applyStages(changes: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { order, options, results, pending } = session
  const isOpen = ({ manifest }: ObjectPlan) => !results.has(manifest)
  while (changes.some(isOpen)) {
    options.signal.throwIfAborted()
    const decided = new Set([...results.keys()].map((manifest) => indexOf(manifest, session)))
    const [first, second] = cutIntoStages(order, pending, decided)
    const now = new Set(first?.manifests)
    await applyStage(
      changes.filter((plan) => isOpen(plan) && now.has(plan.manifest)),
      session,
    )
    skipDependents(changes.filter(isOpen), session)
    if (second === undefined || !changes.some(isOpen)) return
    await waitFor(second.awaits, session, STAGE_WAIT_MS)
  }
}

async function applyStage(objects: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { api, options, servedKinds } = session
  const stream = skipDependents(objects, session)
  if (stream.length === 0) return
  const resources = stream.filter(({ manifest }) => servedKinds.has(formatGroupKind(manifest.id)))
  if (resources.length > 0) {
    options.emit({ type: 'crd-wait', resources: resources.length })
    await waitForCrds(
      resources.map(({ manifest }) => manifest),
      api,
      options.emit,
    )
    options.stream.resetDiscovery()
  }
  await send(stream, session)
}

/** Applies some actions, and notes what became of them. */
async function send(objects: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { api, options, order } = session
  const scheduler = makeScheduler(order, new Set(objects.map(({ manifest }) => indexOf(manifest, session))))
  const most = options.parallelism ?? chooseParallelism(objects.length, api.latency())
  const batches = splitIntoBatches(objects, Math.min(most, objects.length))
  options.emit({ type: 'kubectl-apply', objects: objects.length, processes: batches.length })
  const streams = await Promise.all(
    batches.map(async (batch) => {
      const { interceptor, ...heard } = interceptStream(batch, scheduler, session)
      const payloads = batch.map(({ payload }) => payload)
      const exit = await options.stream.apply(payloads, interceptor)
      for (const { manifest } of batch) scheduler.done(indexOf(manifest, session))
      return resultsOf(batch, { ...heard, exit })
    }),
  )
  const results = new Map(
    streams.flatMap(({ results }) => results.map((applyResult) => [applyResult.manifest, applyResult])),
  )
  for (const { manifest } of objects) recordResult(results.get(manifest) ?? { manifest, result: 'pending' }, session)
  // Several streams that broke tell one story, and this one tells it best.
  const problems = streams.flatMap((stream) => stream.problems)
  const telling = problems.find(isConnectionLost)
  throwIfAny(telling === undefined ? problems.slice(0, 1) : [telling])
}

/** A run is not over before its hooks are, even where nothing comes after them. */
async function untilHooksEnd(session: ApplySession): Promise<void> {
  const hooks = [...session.results.values()].filter(
    (applyResult) =>
      needsWait(applyResult.manifest) &&
      isHook(applyResult.manifest) &&
      (applyResult.result === 'unchanged' || isChange(applyResult)),
  )
  await waitFor(
    hooks.map(({ manifest }) => indexOf(manifest, session)),
    session,
  )
  await deleteFinishedHooks(
    hooks.map(({ manifest }) => manifest),
    session,
  )
}

/** For so many rejections a likely cause is looked for. */
const MAX_EXPLAINED_REJECTIONS = 200

/** Results with the likely cause of each rejection, as far as the order of the set tells. */
function withLikelyCauses(results: readonly ApplyResult[], { order, indices }: ApplySession): readonly ApplyResult[] {
  const failed = results.filter(({ result }) => result === 'failed')
  if (failed.length === 0) return results
  const rejected = new Set(failed.map(({ manifest }) => indices.get(manifest)))
  const told = new Set(failed.slice(0, MAX_EXPLAINED_REJECTIONS))
  const findCause = likelyCausesIn(order)
  return results.map((applyResult) => {
    if (applyResult.result !== 'failed' || !told.has(applyResult)) return applyResult
    const likelyCause = findCause(applyResult.message, indices.get(applyResult.manifest) ?? -1, (each) =>
      rejected.has(each),
    )
    return likelyCause === undefined ? applyResult : { ...applyResult, likelyCause }
  })
}

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

/** The outcome of an apply. */
export interface ApplyOutcome {
  /** One for each manifest, in the order in which they were recorded. */
  readonly results: readonly ApplyResult[]
  /** The object that the server returned for each successful apply. */
  readonly written: ReadonlyMap<ResolvedManifest, Json>
  /** Hooks that failed or whose end is unknown; they count as not run. */
  readonly unfinished: readonly ResolvedManifest[]
  /** Errors that stopped the apply, and objects that others waited for and that did not become ready; empty if it completed. */
  readonly problems: readonly Diagnostic[]
  /** Objects that others waited for and that did not become ready. */
  readonly unready: readonly UnreadyObject[]
}

/** How long to wait for everything that the next stage needs before a part of it is applied. */
const STAGE_WAIT_MS = 2_000

/**
 * Applies a plan in dependency order, one stage after the other: objects that must wait until others are ready are in a later
 * stage. Each stage is one `kubectl apply --server-side`, or several concurrent ones if it is large. If the server rejects an
 * object, only objects that explicitly depend on it are skipped. Raises only before the first write; later errors are in
 * the outcome, with the results so far.
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
    await waitForHooks(session)
  } catch (error) {
    if (!options.signal.aborted) session.problems.push(...diagnosticsOf(error))
  }
  const rest = changes.filter(({ manifest }) => !session.results.has(manifest))
  const pendingResults = rest.map(({ manifest }): ApplyResult => ({ manifest, result: 'pending' }))
  const responses = changes.flatMap(({ manifest }) => {
    const response = written.get(indexOf(manifest, session))
    return response === undefined ? [] : [[manifest, response] as const]
  })
  const results = withLikelyCauses([...session.results.values(), ...pendingResults], session)
  const hooks = changes.map(({ manifest }) => manifest).filter(runsToCompletion)
  const changed = new Set(results.filter(isChange).map(({ manifest }) => manifest))
  const hasRun = (hook: ResolvedManifest) =>
    !options.signal.aborted && !session.dependencyFailures.hasFailed(indexOf(hook, session)) && changed.has(hook)
  const unfinished = hooks.filter((hook) => !hasRun(hook))
  const { problems, unready } = session
  return { results, written: new Map(responses), unfinished, problems, unready }
}

/**
 * Applies the first stage, waits for what the second one needs, and divides the remaining objects into stages again. A stage
 * that is partly ready is split, so that no object waits for an unrelated one.
 */
async function applyStages(changes: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { order, options, results, pending } = session
  const isOpen = ({ manifest }: ObjectPlan) => !results.has(manifest)
  while (changes.some(isOpen)) {
    options.signal.throwIfAborted()
    const decided = new Set([...results.keys()].map((manifest) => indexOf(manifest, session)))
    const [first, second] = cutIntoStages(order, pending, decided)
    const stage = new Set(first?.manifests)
    await applyStage(
      changes.filter((plan) => isOpen(plan) && stage.has(plan.manifest)),
      session,
    )
    skipDependents(changes.filter(isOpen), session)
    if (second === undefined || !changes.some(isOpen)) return
    await waitFor(second.awaits, session, STAGE_WAIT_MS)
  }
}

async function applyStage(objects: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { api, options, servedKinds } = session
  const unskipped = skipDependents(objects, session)
  if (unskipped.length === 0) return
  const resources = unskipped.filter(({ manifest }) => servedKinds.has(formatGroupKind(manifest.id)))
  if (resources.length > 0) {
    options.emit({ type: 'crd-wait', resources: resources.length })
    await waitForCrds(
      resources.map(({ manifest }) => manifest),
      api,
      options.emit,
    )
    options.stream.resetDiscovery()
  }
  await send(unskipped, session)
}

/** Sends objects to the server in one or more streams, and records their results. */
async function send(objects: readonly ObjectPlan[], session: ApplySession): Promise<void> {
  const { api, options, order } = session
  const scheduler = makeScheduler(order, new Set(objects.map(({ manifest }) => indexOf(manifest, session))))
  const maxStreams = options.parallelism ?? chooseParallelism(objects.length, api.latency())
  const batches = splitIntoBatches(objects, Math.min(maxStreams, objects.length))
  options.emit({ type: 'kubectl-apply', objects: objects.length, processes: batches.length })
  const streams = await Promise.all(
    batches.map(async (batch) => {
      const { interceptor, ...recorded } = interceptStream(batch, scheduler, session)
      const payloads = batch.map(({ payload }) => payload)
      const exit = await options.stream.apply(payloads, interceptor)
      for (const { manifest } of batch) scheduler.done(indexOf(manifest, session))
      return resultsOf(batch, { ...recorded, exit })
    }),
  )
  const results = new Map(
    streams.flatMap(({ results }) => results.map((applyResult) => [applyResult.manifest, applyResult])),
  )
  for (const { manifest } of objects) recordResult(results.get(manifest) ?? { manifest, result: 'pending' }, session)
  // Several broken streams probably have one cause; a lost connection names it best.
  const problems = streams.flatMap((stream) => stream.problems)
  const connectionLost = problems.find(isConnectionLost)
  throwIfAny(connectionLost === undefined ? problems.slice(0, 1) : [connectionLost])
}

/** Waits until all hooks have ended, even if nothing depends on them, and deletes those whose delete policy says so. */
async function waitForHooks(session: ApplySession): Promise<void> {
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

/** At most this many rejections get a likely cause. */
const MAX_EXPLAINED_REJECTIONS = 200

/** Adds the likely cause to rejections, if the order of the set suggests one. */
function withLikelyCauses(results: readonly ApplyResult[], { order, indices }: ApplySession): readonly ApplyResult[] {
  const failed = results.filter(({ result }) => result === 'failed')
  if (failed.length === 0) return results
  const rejected = new Set(failed.map(({ manifest }) => indices.get(manifest)))
  const explained = new Set(failed.slice(0, MAX_EXPLAINED_REJECTIONS))
  const findCause = likelyCausesIn(order)
  return results.map((applyResult) => {
    if (applyResult.result !== 'failed' || !explained.has(applyResult)) return applyResult
    const likelyCause = findCause(applyResult.message, indices.get(applyResult.manifest) ?? -1, (index) =>
      rejected.has(index),
    )
    return likelyCause === undefined ? applyResult : { ...applyResult, likelyCause }
  })
}

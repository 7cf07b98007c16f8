import { limitConcurrency } from '../concurrency.ts'
import { type Diagnostic, diagnosticsOf } from '../diagnostics.ts'
import { type ApplyOrder, manifestOf, sortForApply } from '../graph/apply-order.ts'
import { deletionOrder } from '../graph/deletion-order.ts'
import { formatNode } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'
import { isObject, stringField } from '../json.ts'
import { type ApiReader, PARTIAL_METADATA, type WriteSession } from '../kube/client.ts'
import { discoverApis } from '../kube/discovery.ts'
import { readContainedObjects } from '../kube/readers/contained-objects.ts'
import { type DeletionWaitOptions, waitUntilDeleted } from '../kube/readers/wait-until-deleted.ts'
import { readManifestOptions } from '../object/annotations/manifest-options.ts'
import { pruneProtection } from '../object/annotations/prune.ts'
import { type ApiResponse, statusMessage } from '../object/api-status.ts'
import { SET_LABEL } from '../object/inventory.ts'
import { holdsOthers } from '../object/kinds.ts'
import { parseLiveObject } from '../object/live-object.ts'
import { objectKey, parseApiVersion } from '../object/object-id.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import {
  foreignContents,
  isPruned,
  type KeepReason,
  keptByAnnotation,
  type PruneDecision,
  pruneDiagnostics,
} from '../plan/prune-decision.ts'
import type { PruneEvent } from './prune-event.ts'

/** What deleting needs beside the session in which it writes. */
export interface PruneOptions extends DeletionWaitOptions {
  readonly emit: (event: PruneEvent) => void
}

/** What became of objects that have left the set, and what went wrong. */
export interface PruneResult {
  readonly pruneDecisions: readonly PruneDecision[]
  readonly problems: readonly Diagnostic[]
}

/** Reads and deletions under way at once. */
const MAX_PARALLEL_REQUESTS = 16

/**
 * Deletes what has left the set, in reverse dependency order: an object is deleted once everything is gone that depends on it,
 * or that it may have to finalize. What cannot be deleted, or does not go in time, stops what comes after it, stays in the
 * inventory, and is a problem. Nothing is raised once the first object is deleted.
 */
export async function prune(
  pruneDecisions: readonly PruneDecision[],
  api: WriteSession,
  options: PruneOptions,
): Promise<PruneResult> {
  const candidates = pruneDecisions.filter(isPruned)
  if (candidates.length === 0) return { pruneDecisions, problems: [] }
  options.emit({ type: 'prune', objects: candidates.length })
  const order = await readDeletionOrder(candidates, api)
  const problems: Diagnostic[] = []
  const results = await pruneInOrder(candidates, order, {
    ...{ api, options, problems },
    limit: limitConcurrency(MAX_PARALLEL_REQUESTS),
    leavingUids: new Set(candidates.map(({ uid }) => uid)),
  })
  const finished = pruneDecisions.map((decision) => {
    if (!isPruned(decision)) return decision
    return results.get(decision) ?? { ...decision, result: 'kept' as const, ...CYCLE }
  })
  const candidatePaths = new Set(candidates.map(({ path }) => path))
  const notDeleted = finished.filter(({ path }) => candidatePaths.has(path))
  for (const { id, result, message = '' } of notDeleted)
    if (result !== 'pruned') options.emit({ type: 'object-not-pruned', id, result, message })
  return { pruneDecisions: finished, problems: [...problems.slice(0, 1), ...pruneFailures(notDeleted)] }
}

/** Prunes objects, each once all that comes before it in the order is gone. Returns what became of those that are in it. */
async function pruneInOrder(
  candidates: readonly PruneDecision[],
  { graph, nodes }: ApplyOrder,
  context: PruneContext,
): Promise<Map<PruneDecision, PruneDecision>> {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  const decisions = new Map(candidates.map((decision) => [objectKey(decision.id), decision]))
  const results = new Map<PruneDecision, PruneDecision>()
  // Started in this order, so that all that a node waits for has been started before it.
  const ends: Promise<boolean>[] = []
  for (const index of nodes) {
    const manifest = manifestOf(graph.nodes[index])
    const decision = manifest === undefined ? undefined : decisions.get(objectKey(manifest.id))
    const end = async (): Promise<boolean> => {
      for (const { from } of arriving[index] ?? []) {
        if (await ends[from]) continue
        if (decision === undefined) return false
        results.set(decision, { ...decision, result: 'kept', ...waitsFor(formatNode(graph.nodes[from])) })
        return false
      }
      if (decision === undefined) return true
      const result = await pruneOrKeep(decision, context)
      results.set(decision, result)
      return result.result !== 'kept'
    }
    ends[index] = end()
  }
  await Promise.all(ends)
  return results
}

const CYCLE = {
  reason: 'DependencyCycle',
  message: 'its annotations about order make a circle with those of others',
  hint: 'Delete it by hand.',
}

/** The order in which objects are deleted, by their references as they are in the cluster. */
async function readDeletionOrder(
  candidates: readonly PruneDecision[],
  api: Pick<ApiReader, 'get'>,
): Promise<ApplyOrder> {
  const limit = limitConcurrency(MAX_PARALLEL_REQUESTS)
  const answers = await Promise.all(candidates.map(({ path }) => limit(() => api.get(path))))
  const manifests = candidates.map(({ id, path }, index): ResolvedManifest => {
    const { status, body = null } = answers[index] ?? {}
    const object = isObject(body) && status === 200 ? body : {}
    const { version } = parseApiVersion(stringField(object, 'apiVersion') ?? '')
    return { id, path, object, options: readManifestOptions(object), version, location: { file: 'the cluster' } }
  })
  return deletionOrder(sortForApply(manifests))
}

function waitsFor(what: string): KeepReason {
  return { reason: 'DependencyNotDeleted', message: `it waits for ${what}, which is still there` }
}

/** A pruning under way. */
interface PruneContext {
  readonly api: WriteSession
  readonly options: PruneOptions
  readonly limit: ReturnType<typeof limitConcurrency>
  /** The uids of all that goes, without what turns out not to. */
  readonly leavingUids: Set<string>
  /** What went wrong with the pruning as a whole. */
  readonly problems: Diagnostic[]
}

/** Prunes an object; where that raises, it is kept. */
async function pruneOrKeep(decision: PruneDecision, context: PruneContext): Promise<PruneDecision> {
  const { options, problems, leavingUids } = context
  const result = await pruneOne(decision, context).catch((error: unknown): PruneDecision => {
    if (!options.signal.aborted) problems.push(...diagnosticsOf(error))
    return { ...decision, result: 'kept', reason: 'RunEnded', message: 'the run ended before it was gone' }
  })
  // In its Namespace it is somebody else's now, and must not go with that.
  if (!isPruned(result)) leavingUids.delete(decision.uid)
  return result
}

/** Deletes one object and waits until it is gone. */
async function pruneOne(
  decision: PruneDecision,
  { api, options, limit, leavingUids }: PruneContext,
): Promise<PruneDecision> {
  const { id, path, uid } = decision
  options.signal.throwIfAborted()
  if (holdsOthers(id)) {
    // What was made since this run began may be of a kind that was not there then.
    const discovery = await discoverApis(api)
    const foreign = foreignContents(await readContainedObjects(id, leavingUids, api, discovery), leavingUids)
    if (foreign !== undefined) return { ...decision, result: 'kept', ...foreign }
  }
  const answer = await deleteUnchanged(decision, api, limit)
  if ('result' in answer) return answer
  if (answer.status >= 300 && answer.status !== 404) {
    const message = `the server refuses to delete it: ${statusMessage(answer)}`
    return { ...decision, result: 'kept', reason: 'DeletionRejected', message, hint: REJECTED }
  }
  const blockers = await waitUntilDeleted(path, uid, api, options)
  if (blockers !== undefined) {
    const message = `it was deleted, and ${blockers}`
    return { ...decision, result: 'kept', reason: 'DeletionNotFinished', message, hint: STUCK }
  }
  options.emit({ type: 'object-pruned', id })
  return decision
}

/** A controller may write the status at any moment; then the object is read again, at most so many times in all. */
const MAX_DELETE_ATTEMPTS = 10

/**
 * Deletes an object as it was just seen: if somebody else takes it over at this moment, or asks to keep it, nothing is deleted.
 * Returns the server's answer, or what has become of the object meanwhile.
 */
async function deleteUnchanged(
  decision: PruneDecision,
  api: WriteSession,
  limit: PruneContext['limit'],
): Promise<PruneDecision | Pick<ApiResponse, 'status' | 'body'>> {
  const { id, path, uid, owner } = decision
  for (let attempt = 1; ; attempt += 1) {
    const current = await limit(() => api.get(path, PARTIAL_METADATA))
    if (current.status !== 200) return current
    const live = parseLiveObject(current.body)
    const label = stringField(live.labels, SET_LABEL)
    if (label === undefined) return { ...decision, result: 'kept', ...UNLABELLED }
    if (label !== owner) return { ...decision, result: 'abandoned', ...TAKEN_OVER }
    if (live.uid !== uid) return { ...decision, result: 'kept', ...REMADE }
    const annotation = pruneProtection(live.annotations)
    if (annotation !== undefined) return { ...decision, result: 'kept', ...keptByAnnotation(annotation) }
    const { resourceVersion } = live
    // Namespaces and definitions take with them what is in them, by controllers of their own.
    const propagation = holdsOthers(id) ? 'Background' : 'Foreground'
    const answer = await limit(() => api.remove(path, { uid, resourceVersion }, propagation))
    if (answer.status !== 409 || attempt === MAX_DELETE_ATTEMPTS) return answer
  }
}

const UNLABELLED = { reason: 'LabelMissing', message: 'somebody has taken the label of the set off it meanwhile' }
const TAKEN_OVER = { reason: 'OtherOwner', message: 'somebody has taken it over meanwhile' }
const REMADE = {
  reason: 'UidChanged',
  message: 'somebody has made it anew meanwhile',
  hint: 'Look who did, and delete it by hand if it is to go.',
}

const REJECTED =
  'It stays in the inventory, and the next run tries again: let the identity `delete` it, or see who refuses.'
const STUCK =
  'It stays in the inventory. Look at the controllers that its finalizers belong to: they have to take them off; Fairlead never does.'

/** Objects that should have gone, as problems of a run. */
function pruneFailures(pruneDecisions: readonly PruneDecision[]): Diagnostic[] {
  return pruneDiagnostics(pruneDecisions).map((problem) => ({ ...problem, code: 'E-PRUNE' }))
}

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

/** What pruning needs beside the write session. */
export interface PruneOptions extends DeletionWaitOptions {
  readonly emit: (event: PruneEvent) => void
}

/** The prune decisions after the pruning, and its errors. */
export interface PruneResult {
  readonly pruneDecisions: readonly PruneDecision[]
  readonly problems: readonly Diagnostic[]
}

/** The maximum number of concurrent reads and deletions. */
const MAX_PARALLEL_REQUESTS = 16

/**
 * Prunes objects in reverse dependency order: an object is deleted once everything that depends on it, or that it may have to
 * finalize, is deleted. An object that cannot be deleted, or not in time, blocks those after it, stays in the inventory, and is
 * an error. Raises nothing once the first object is deleted.
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
    return results.get(decision) ?? { ...decision, result: 'kept' as const, ...DEPENDENCY_CYCLE }
  })
  const candidatePaths = new Set(candidates.map(({ path }) => path))
  const notDeleted = finished.filter(({ path }) => candidatePaths.has(path))
  for (const { id, result, message = '' } of notDeleted)
    if (result !== 'pruned') options.emit({ type: 'object-not-pruned', id, result, message })
  return { pruneDecisions: finished, problems: [...problems.slice(0, 1), ...pruneFailures(notDeleted)] }
}

/** Prunes objects, each once all objects before it in the order are deleted. Returns the decisions of those in the order. */
async function pruneInOrder(
  candidates: readonly PruneDecision[],
  { graph, nodes }: ApplyOrder,
  context: PruneContext,
): Promise<Map<PruneDecision, PruneDecision>> {
  const arriving = edgesBy('to', graph.edges, graph.nodes.length)
  const decisions = new Map(candidates.map((decision) => [objectKey(decision.id), decision]))
  const results = new Map<PruneDecision, PruneDecision>()
  // In this order, everything that a node waits for is started before it.
  const deletions: Promise<boolean>[] = []
  for (const index of nodes) {
    const manifest = manifestOf(graph.nodes[index])
    const decision = manifest === undefined ? undefined : decisions.get(objectKey(manifest.id))
    const deleteInTurn = async (): Promise<boolean> => {
      for (const { from } of arriving[index] ?? []) {
        if (await deletions[from]) continue
        if (decision === undefined) return false
        results.set(decision, { ...decision, result: 'kept', ...waitsFor(formatNode(graph.nodes[from])) })
        return false
      }
      if (decision === undefined) return true
      const result = await pruneOrKeep(decision, context)
      results.set(decision, result)
      return result.result !== 'kept'
    }
    deletions[index] = deleteInTurn()
  }
  await Promise.all(deletions)
  return results
}

const DEPENDENCY_CYCLE = {
  reason: 'DependencyCycle',
  message: 'its ordering annotations form a cycle with those of other objects',
  hint: 'Delete it by hand.',
}

/** The order in which objects are deleted, by the references of the live objects. */
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

function waitsFor(name: string): KeepReason {
  return { reason: 'DependencyNotDeleted', message: `it waits for ${name}, which is not deleted` }
}

/** What pruning one object needs. */
interface PruneContext {
  readonly api: WriteSession
  readonly options: PruneOptions
  readonly limit: ReturnType<typeof limitConcurrency>
  /** The uids of the objects that are deleted, without those that turn out to stay. */
  readonly leavingUids: Set<string>
  /** Errors that are not about one object, such as a lost connection. */
  readonly problems: Diagnostic[]
}

/** Prunes an object; if that raises, it is kept. */
async function pruneOrKeep(decision: PruneDecision, context: PruneContext): Promise<PruneDecision> {
  const { options, problems, leavingUids } = context
  const result = await pruneOne(decision, context).catch((error: unknown): PruneDecision => {
    if (!options.signal.aborted) problems.push(...diagnosticsOf(error))
    return { ...decision, result: 'kept', reason: 'RunEnded', message: 'the run ended before it was deleted' }
  })
  // It stays, and must not be deleted with its Namespace.
  if (!isPruned(result)) leavingUids.delete(decision.uid)
  return result
}

/** Deletes an object and waits until it is gone. */
async function pruneOne(
  decision: PruneDecision,
  { api, options, limit, leavingUids }: PruneContext,
): Promise<PruneDecision> {
  const { id, path, uid } = decision
  options.signal.throwIfAborted()
  if (holdsOthers(id)) {
    // An object created since this run began may be of a kind that did not exist then.
    const discovery = await discoverApis(api)
    const foreign = foreignContents(await readContainedObjects(id, leavingUids, api, discovery), leavingUids)
    if (foreign !== undefined) return { ...decision, result: 'kept', ...foreign }
  }
  const answer = await deleteUnchanged(decision, api, limit)
  if ('result' in answer) return answer
  if (answer.status >= 300 && answer.status !== 404) {
    const message = `the server rejected its deletion: ${statusMessage(answer)}`
    return { ...decision, result: 'kept', reason: 'DeletionRejected', message, hint: REJECTED_HINT }
  }
  const blockers = await waitUntilDeleted(path, uid, api, options)
  if (blockers !== undefined) {
    const message = `it is being deleted, and ${blockers}`
    return { ...decision, result: 'kept', reason: 'DeletionNotFinished', message, hint: NOT_FINISHED_HINT }
  }
  options.emit({ type: 'object-pruned', id })
  return decision
}

/** How often a deletion is tried: a controller may write the status between reading and deleting an object. */
const MAX_DELETE_ATTEMPTS = 10

/**
 * Deletes an object only as it was just read: if it is taken over or protected at this moment, nothing is deleted. Returns the
 * server's response, or the decision that fits what has happened to the object meanwhile.
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
    if (live.uid !== uid) return { ...decision, result: 'kept', ...RECREATED }
    const annotation = pruneProtection(live.annotations)
    if (annotation !== undefined) return { ...decision, result: 'kept', ...keptByAnnotation(annotation) }
    const { resourceVersion } = live
    // Controllers delete the contents of Namespaces and CRDs.
    const propagation = holdsOthers(id) ? 'Background' : 'Foreground'
    const answer = await limit(() => api.remove(path, { uid, resourceVersion }, propagation))
    if (answer.status !== 409 || attempt === MAX_DELETE_ATTEMPTS) return answer
  }
}

const UNLABELLED = { reason: 'LabelMissing', message: 'the label of the set was removed meanwhile' }
const TAKEN_OVER = { reason: 'OtherOwner', message: 'another set has taken it over meanwhile' }
const RECREATED = {
  reason: 'UidChanged',
  message: 'it was deleted and created again meanwhile',
  hint: 'Find out which tool did this, and delete it by hand if it is not needed.',
}

const REJECTED_HINT =
  'Allow the credentials to `delete` it, or find out what rejects the deletion. It stays in the inventory, and the next run tries again.'
const NOT_FINISHED_HINT =
  'Check the controllers that its finalizers belong to: they must remove them, Fairlead never does. It stays in the inventory.'

/** An error (E-PRUNE) for each object that should be deleted and is not. */
function pruneFailures(pruneDecisions: readonly PruneDecision[]): Diagnostic[] {
  return pruneDiagnostics(pruneDecisions).map((problem) => ({ ...problem, code: 'E-PRUNE' }))
}

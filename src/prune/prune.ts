import { type Answer, messageOf } from '../object/api-status.ts'
import { type Api, METADATA } from '../kube/client.ts'
import type { Cluster } from '../kube/cluster.ts'
import { discover } from '../kube/discovery.ts'
import { type Problem, problemsOf } from '../diagnostics.ts'
import { PART_OF } from '../inventory/inventory.ts'
import { isObject, stringField } from '../json.ts'
import { inhabitantsOf, isContainer } from '../kube/readers/contained-objects.ts'
import { liveOf } from '../object/live-object.ts'
import { countOf, describe, keyOf, partsOf } from '../object/manifest.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import { keptBy } from '../object/annotations/prune.ts'
import { deletionOf } from '../graph/deletion-order.ts'
import { describeNode } from '../graph/explanations.ts'
import { edgesBy } from '../graph/graph.ts'
import { manifestOf, type Ordering, order } from '../graph/apply-order.ts'
import { atMost } from '../concurrency.ts'
import { type Departure, isPruned, otherwiseUsed, refusalsIn } from '../plan/prune-decision.ts'
import { type GoneOptions, untilGone } from '../kube/readers/wait-until-deleted.ts'

/** What deleting needs beside the cluster. */
export interface PruneOptions extends GoneOptions {
  readonly log: (line: string) => void
}

/** What became of departures, and what went wrong. */
export interface Pruning {
  readonly departures: readonly Departure[]
  readonly problems: readonly Problem[]
}

/** Deletions and looks under way at once. */
const MOST_REQUESTS = 16

/**
 * Deletes what has left the set, in the order of its graph: an object is deleted once everything is gone that builds on it, or
 * that it may have to finalize. What cannot be deleted, or does not go, stops what comes after it, stays in the inventory, and
 * is a problem. Nothing is raised once the first object is deleted.
 */
export async function prune(
  departures: readonly Departure[],
  cluster: Cluster,
  options: PruneOptions,
): Promise<Pruning> {
  const leaving = departures.filter(isPruned)
  if (leaving.length === 0) return { departures, problems: [] }
  options.log(`Deleting ${countOf(leaving)}, in reverse order ...`)
  const deletion = await deletionOrder(leaving, cluster.api)
  const { nodes } = deletion.graph
  const arriving = edgesBy('after', deletion.graph.edges, nodes.length)
  const found = new Map(leaving.map((departure) => [keyOf(departure.id), departure]))
  const outcomes = new Map<Departure, Departure>()
  const problems: Problem[] = []
  const run = { cluster, options, turn: atMost(MOST_REQUESTS), gone: new Set(leaving.map(({ uid }) => uid)) }
  // In the order of the graph, so that all that a node waits for has been started before it.
  const ends: Promise<boolean>[] = []
  for (const index of deletion.nodes) {
    const manifest = manifestOf(nodes[index])
    const departure = manifest === undefined ? undefined : found.get(keyOf(manifest.id))
    const end = async (): Promise<boolean> => {
      for (const { before } of arriving[index] ?? []) {
        if (await ends[before]) continue
        if (departure === undefined) return false
        outcomes.set(departure, { ...departure, result: 'kept', reason: waitsFor(describeNode(nodes[before])) })
        return false
      }
      if (departure === undefined) return true
      const outcome = await removal(departure, run).catch((error: unknown): Departure => {
        if (!options.signal.aborted) problems.push(...problemsOf(error))
        return { ...departure, result: 'kept', reason: 'the run ended before it was gone' }
      })
      outcomes.set(departure, outcome)
      // In its Namespace it is somebody else's now, and must not go with that.
      if (!isPruned(outcome)) run.gone.delete(departure.uid)
      return outcome.result !== 'kept'
    }
    ends[index] = end()
  }
  await Promise.all(ends)
  const settled = departures.map((departure) => {
    if (!isPruned(departure)) return departure
    return outcomes.get(departure) ?? { ...departure, result: 'kept' as const, ...CIRCLE }
  })
  const meant = new Set(leaving.map(({ path }) => path))
  const stuck = settled.filter(({ path }) => meant.has(path))
  return { departures: settled, problems: [...problems.slice(0, 1), ...stuckIn(stuck)] }
}

const CIRCLE = {
  reason: 'its annotations about order make a circle with those of others',
  next: 'Delete it by hand.',
}

/** The order in which objects go, as they are in the cluster. */
async function deletionOrder(leaving: readonly Departure[], api: Pick<Api, 'get'>): Promise<Ordering> {
  const turn = atMost(MOST_REQUESTS)
  const looks = await Promise.all(leaving.map(({ path }) => turn(() => api.get(path))))
  const manifests = leaving.map(({ id, path }, index): PlacedManifest => {
    const body = looks[index]?.body ?? null
    const object = isObject(body) && looks[index]?.status === 200 ? body : {}
    const { version } = partsOf(stringField(object, 'apiVersion') ?? '')
    return { id, path, object, version, location: { file: 'the cluster' } }
  })
  return deletionOf(order(manifests))
}

function waitsFor(what: string): string {
  return `it waits for ${what}, which is still there`
}

/** A deletion under way. */
interface Means {
  readonly cluster: Cluster
  readonly options: PruneOptions
  readonly turn: ReturnType<typeof atMost>
  /** The uids of all that goes, without what turns out not to. */
  readonly gone: Set<string>
}

/** Deletes one object and waits until it is gone. */
async function removal(departure: Departure, { cluster, options, turn, gone }: Means): Promise<Departure> {
  const { id, path, uid } = departure
  const { api } = cluster
  options.signal.throwIfAborted()
  if (isContainer(id)) {
    // What was made since this run began may be of a kind that was not there then.
    const discovery = await discover(api)
    const used = otherwiseUsed(await inhabitantsOf(id, gone, api, discovery), gone)
    if (used !== undefined) return { ...departure, result: 'kept', ...used }
  }
  const answer = await deletion(departure, cluster, turn)
  if ('result' in answer) return answer
  if (answer.status >= 300 && answer.status !== 404) {
    const reason = `the server refuses to delete it: ${messageOf(answer)}`
    return { ...departure, result: 'kept', reason, next: REFUSED }
  }
  const keepers = await untilGone(path, uid, api, options)
  if (keepers !== undefined)
    return { ...departure, result: 'kept', reason: `it was deleted, and ${keepers}`, next: STUCK }
  options.log(`pruned      ${describe(id)}`)
  return departure
}

/** A controller may write the status at any moment, and then the object has to be looked at anew. */
const ATTEMPTS = 10

/**
 * Deletes an object as it was just seen: if somebody else takes it over at this moment, or asks to keep it, nothing is deleted.
 * Returns the server's answer, or what has become of the departure meanwhile.
 */
async function deletion(
  departure: Departure,
  { api }: Cluster,
  turn: Means['turn'],
): Promise<Departure | Pick<Answer, 'status' | 'body'>> {
  const { id, path, uid, owner } = departure
  for (let attempt = 1; ; attempt += 1) {
    const seen = await turn(() => api.get(path, METADATA))
    if (seen.status !== 200) return seen
    const live = liveOf(seen.body)
    const label = stringField(live.labels, PART_OF)
    if (label === undefined) return { ...departure, result: 'kept', ...UNLABELLED }
    if (label !== owner) return { ...departure, result: 'released', reason: 'somebody has taken it over meanwhile' }
    if (live.uid !== uid) return { ...departure, result: 'kept', ...REMADE }
    const annotation = keptBy(live.annotations)
    if (annotation !== undefined)
      return { ...departure, result: 'kept', reason: `its annotation \`${annotation}\` says so` }
    const { resourceVersion } = live
    // Namespaces and definitions take with them what is in them, by controllers of their own.
    const propagation = isContainer(id) ? 'Background' : 'Foreground'
    const answer = await turn(() => api.remove(path, { uid, resourceVersion }, propagation))
    if (answer.status !== 409 || attempt === ATTEMPTS) return answer
  }
}

const UNLABELLED = { reason: 'somebody has taken the label of the set off it meanwhile' }
const REMADE = {
  reason: 'somebody has made it anew meanwhile',
  next: 'Look who did, and delete it by hand if it is to go.',
}

const REFUSED =
  'It stays in the inventory, and the next run tries again: let the identity `delete` it, or see who refuses.'
const STUCK =
  'It stays in the inventory. Look at the controllers that its finalizers belong to: they have to take them off; Fairlead never does.'

/** Departures that should have gone, as problems of a run. */
function stuckIn(departures: readonly Departure[]): Problem[] {
  return refusalsIn(departures).map((problem) => ({ ...problem, class: 'E-PRUNE' }))
}

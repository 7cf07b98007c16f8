import { Failure } from '../../diagnostics.ts'
import { healthOf, isReady, takesTime } from '../../health/health.ts'
import type { Json } from '../../json.ts'
import { collectionPath, objectPath } from '../../object/api-path.ts'
import { type Inventory, SET_LABEL } from '../../object/inventory.ts'
import { parseLiveObject } from '../../object/live-object.ts'
import { namespacedName } from '../../object/metadata.ts'
import { formatGroupKind, type ObjectId, objectKey } from '../../object/object-id.ts'
import type { SetMember, SetMembers } from '../../object/set-members.ts'
import type { ApiReader } from '../client.ts'
import { type ApiDiscovery, findServedKind, type ServedKind } from '../discovery.ts'
import { openCollectionReader, type ReadOutcome, type ReadTarget } from './collection-reader.ts'

/**
 * Makes a function that looks for the members of the kinds of some objects, their metadata only, and returns all that were
 * found so far. With `withHealth`, objects that may take time to get ready are read whole, to say whether they are. Each
 * kind is listed once, whoever asks. Raises E-DISCOVERY where the server fails: what it does not list must not be taken for
 * absent.
 */
export function openMemberReader(
  inventory: Inventory,
  discovery: ApiDiscovery,
  api: Pick<ApiReader, 'get'>,
  withHealth: boolean,
): (ids: Iterable<ObjectId>) => Promise<SetMembers> {
  const members = new Map<string, SetMember>()
  const reads = new Map<string, Promise<void>>()
  const reader = openCollectionReader(api)
  const readKind = async (served: ServedKind, ids: readonly ObjectId[]): Promise<void> => {
    const isWhole = withHealth && takesTime(served)
    const targets = ids.map((id) => ({ id, path: memberPath(served, id) }))
    const { found, outcomes } = await reader.readKind(targets, {
      collection: { path: collectionPath(served.apiVersion, served, ''), isNamespaced: served.namespaced },
      contents: isWhole ? 'whole' : 'metadata',
      label: [SET_LABEL, inventory.id],
      ...{ listFrom: 1, oneNamespace: 'list cluster', unlisted: 'absent' },
      take: (object) => memberOf(served, object, isWhole),
    })
    for (const [key, member] of found) members.set(key, member)
    for (const [target, outcome] of outcomes) requireTold(target, outcome, served)
  }
  return async (ids) => {
    const kinds = Map.groupBy(ids, formatGroupKind)
    for (const [key, those] of kinds) {
      const [first] = those
      const served = first === undefined ? undefined : findServedKind(first, discovery)
      if (served === undefined || reads.has(key)) continue
      const beginning = readKind(served, those)
      // Whoever waits for it hears of it; it may have begun long before.
      beginning.catch(() => {})
      reads.set(key, beginning)
    }
    await Promise.all([...kinds.keys()].map((key) => reads.get(key)))
    return members
  }
}

/** The path of an object that may be a member; undefined where its name is not known, as in a set that kubectl made. */
function memberPath(served: ServedKind, { namespace, name }: ObjectId): string | undefined {
  return name === '' ? undefined : objectPath(served.apiVersion, served, namespace, name)
}

function memberOf(served: ServedKind, object: Json, isWhole: boolean): readonly [key: string, SetMember] {
  const { group, kind } = served
  const health = isWhole ? { isReady: isReady(healthOf(served, object)) } : {}
  return [objectKey({ group, kind, ...namespacedName(object) }), { ...parseLiveObject(object), ...health }]
}

/** Raises where the server fails to tell whether an object is there. What the identity may not read cannot be its set's. */
function requireTold({ path }: ReadTarget, outcome: ReadOutcome<unknown>, { kind }: ServedKind): void {
  if (outcome.kind === 'outage') throw outcome.failure
  if (outcome.kind === 'failed' && (outcome.status !== 403 || path === undefined))
    throw listFailed(kind, outcome.message, outcome.status === 403 ? 'ListForbidden' : 'ListFailed')
}

function listFailed(kind: string, why: string, reason = 'ListFailed'): Failure {
  return new Failure({
    code: 'E-DISCOVERY',
    reason,
    message: `The server does not list objects of the kind ${kind}: ${why}`,
    hint: 'Nothing was written. Look at `kubectl get apiservices`, and whether the server is well; then run again.',
  })
}

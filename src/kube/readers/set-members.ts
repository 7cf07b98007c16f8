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
 * Creates a function that reads the members of the given objects' kinds, and returns all members read so far. It lists each
 * kind once, with only the metadata; `withHealth`, kinds that take time to become ready are listed in full, to read their
 * readiness. Raises E-DISCOVERY if a list fails: its objects must not count as absent.
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
    for (const [target, outcome] of outcomes) requireOutcome(target, outcome, served)
  }
  return async (ids) => {
    const kinds = Map.groupBy(ids, formatGroupKind)
    for (const [key, idsOfKind] of kinds) {
      const [first] = idsOfKind
      const served = first === undefined ? undefined : findServedKind(first, discovery)
      if (served === undefined || reads.has(key)) continue
      const read = readKind(served, idsOfKind)
      // Errors are raised where the read is awaited, possibly much later.
      read.catch(() => {})
      reads.set(key, read)
    }
    await Promise.all([...kinds.keys()].map((key) => reads.get(key)))
    return members
  }
}

/** The path of a possible member; undefined if its name is unknown, as in an ApplySet of kubectl. */
function memberPath(served: ServedKind, { namespace, name }: ObjectId): string | undefined {
  return name === '' ? undefined : objectPath(served.apiVersion, served, namespace, name)
}

function memberOf(served: ServedKind, object: Json, isWhole: boolean): readonly [key: string, SetMember] {
  const { group, kind } = served
  const health = isWhole ? { isReady: isReady(healthOf(served, object)) } : {}
  return [objectKey({ group, kind, ...namespacedName(object) }), { ...parseLiveObject(object), ...health }]
}

/** Raises if it is unknown whether an object exists. One that the credentials may not read cannot be in their set. */
function requireOutcome({ path }: ReadTarget, outcome: ReadOutcome<unknown>, { kind }: ServedKind): void {
  if (outcome.kind === 'outage') throw outcome.failure
  if (outcome.kind === 'failed' && (outcome.status !== 403 || path === undefined))
    throw listFailed(kind, outcome.message, outcome.status === 403 ? 'ListForbidden' : 'ListFailed')
}

function listFailed(kind: string, why: string, reason = 'ListFailed'): Failure {
  return new Failure({
    code: 'E-DISCOVERY',
    reason,
    message: `Objects of kind ${kind} cannot be listed: ${why}`,
    hint: 'Nothing was written. Check `kubectl get apiservices` and the health of the API server, then run again.',
  })
}

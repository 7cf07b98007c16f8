import { limitConcurrency } from '../../concurrency.ts'
import { Failure } from '../../diagnostics.ts'
import { healthOf, isReady, takesTime } from '../../health/health.ts'
import { type Inventory, SET_LABEL } from '../../inventory/inventory.ts'
import type { Json } from '../../json.ts'
import { statusMessage } from '../../object/api-status.ts'
import { type LiveObject, parseLiveObject } from '../../object/live-object.ts'
import { formatGroupKind, type ObjectId, objectKey } from '../../object/manifest.ts'
import { namespacedName } from '../../object/metadata.ts'
import { type ApiClient, PARTIAL_METADATA } from '../client.ts'
import { type ApiDiscovery, collectionPath, findServedKind, type ServedKind } from '../discovery.ts'
import { listAndMap, MAX_PARALLEL_LISTS, PARTIAL_METADATA_LIST, withLabelSelector } from '../list.ts'

/** A live member of a set. */
export interface SetMember extends LiveObject {
  /** Whether it was ready then, where that was asked. */
  readonly isReady?: boolean
}

/** The live objects that carry an inventory's label, by `keyOf`, and others that could not be told apart from them. */
export type SetMembers = ReadonlyMap<string, SetMember>

/** Single reads under way at once. */
const MAX_PARALLEL_READS = 16

/**
 * Makes a function that looks for the members of the kinds of some objects, their metadata only, and returns all that were
 * found so far. With `withHealth`, objects that may take time to get ready are read whole, to say whether they are. Each
 * kind is listed once, whoever asks. Where a kind may not be listed in the whole cluster, it is in the namespaces of these
 * objects; where not there either, the objects are read one by one. Raises E-DISCOVERY where the server
 * fails: what it does not tell must not be taken for absent.
 */
export function openMemberReader(
  inventory: Inventory,
  discovery: ApiDiscovery,
  api: ApiClient,
  withHealth: boolean,
): (ids: Iterable<ObjectId>) => Promise<SetMembers> {
  const found = new Map<string, SetMember>()
  const reads = new Map<string, Promise<void>>()
  const [listing, reading] = [limitConcurrency(MAX_PARALLEL_LISTS), limitConcurrency(MAX_PARALLEL_READS)]

  const isWhole = (served: ServedKind) => withHealth && takesTime(served)
  const memberOf = (served: ServedKind, object: Json): readonly [string, SetMember] => {
    const { group, kind } = served
    const health = isWhole(served) ? { isReady: isReady(healthOf(served, object)) } : {}
    return [objectKey({ group, kind, ...namespacedName(object) }), { ...parseLiveObject(object), ...health }]
  }
  const collect = async (served: ServedKind, namespace: string): Promise<boolean> => {
    const path = withLabelSelector(collectionPath(served.apiVersion, served, namespace), SET_LABEL, inventory.id)
    const accept = isWhole(served) ? 'application/json' : PARTIAL_METADATA_LIST
    const result = await listing(() => listAndMap(path, accept, api, (object) => memberOf(served, object)))
    if ('objects' in result) for (const [key, member] of result.objects) found.set(key, member)
    else if (result.status !== 403) throw listFailed(served.kind, result.unknown)
    return 'objects' in result
  }
  const read = async (served: ServedKind, { namespace, name }: ObjectId): Promise<void> => {
    const path = `${collectionPath(served.apiVersion, served, namespace)}/${encodeURIComponent(name)}`
    const answer = await reading(() => api.get(path, isWhole(served) ? undefined : PARTIAL_METADATA))
    if (answer.status === 200) found.set(...memberOf(served, answer.body))
    else if (answer.status !== 404 && answer.status !== 403) throw listFailed(served.kind, statusMessage(answer))
  }
  const readKind = async (served: ServedKind, ids: readonly ObjectId[]): Promise<void> => {
    if (await collect(served, '')) return
    await Promise.all(
      [...Map.groupBy(ids, ({ namespace }) => namespace)].map(async ([namespace, those]) => {
        if (served.namespaced && (await collect(served, namespace))) return
        // Of a set that kubectl made nobody knows the names.
        if (those.some(({ name }) => name === ''))
          throw listFailed(served.kind, 'the identity may not list them', 'ListForbidden')
        await Promise.all(those.map((id) => read(served, id)))
      }),
    )
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
    return found
  }
}

function listFailed(kind: string, why: string, reason = 'ListFailed'): Failure {
  return new Failure({
    code: 'E-DISCOVERY',
    reason,
    message: `The server does not list objects of the kind ${kind}: ${why}`,
    hint: 'Nothing was written. Look at `kubectl get apiservices`, and whether the server is well; then run again.',
  })
}

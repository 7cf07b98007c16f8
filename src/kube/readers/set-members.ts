import { messageOf } from '../../object/api-status.ts'
import { type Api, METADATA } from '../client.ts'
import { collectionOf, type Discovery, findKind, type ServedKind } from '../discovery.ts'
import { gather, labelled, METADATA_LIST, MOST_LISTS } from '../list.ts'
import { placeOf } from '../../object/metadata.ts'
import { Failure } from '../../diagnostics.ts'
import { healthOf, isReady, takesTime } from '../../health/health.ts'
import { type Inventory, PART_OF } from '../../inventory/inventory.ts'
import type { Json } from '../../json.ts'
import { keyOf, kindKeyOf, type ObjectId } from '../../object/manifest.ts'
import { atMost } from '../../concurrency.ts'
import { type Live, liveOf } from '../../object/live-object.ts'

/** A live member of a set. */
export interface Member extends Live {
  /** Whether it was ready then, where that was asked. */
  readonly isReady?: boolean
}

/** The live objects that carry an inventory's label, by `keyOf`, and others that could not be told apart from them. */
export type Members = ReadonlyMap<string, Member>

/** Single reads under way at once. */
const MOST_READS = 16

/**
 * Makes a function that looks for the members of the kinds of some objects, their metadata only, and returns all that were
 * found so far. With `withHealth`, objects that may take time to get ready are read whole, to say whether they are. Each
 * kind is listed once, whoever asks. Where a kind may not be listed in the whole cluster, it is in the namespaces of these
 * objects; where not there either, the objects are read one by one. Raises E-DISCOVERY where the server
 * fails: what it does not tell must not be taken for absent.
 */
export function openMembers(
  inventory: Inventory,
  discovery: Discovery,
  api: Api,
  withHealth: boolean,
): (ids: Iterable<ObjectId>) => Promise<Members> {
  const found = new Map<string, Member>()
  const looks = new Map<string, Promise<void>>()
  const [listing, reading] = [atMost(MOST_LISTS), atMost(MOST_READS)]

  const isWhole = (served: ServedKind) => withHealth && takesTime(served)
  const memberOf = (served: ServedKind, object: Json): readonly [string, Member] => {
    const { group, kind } = served
    const health = isWhole(served) ? { isReady: isReady(healthOf(served, object)) } : {}
    return [keyOf({ group, kind, ...placeOf(object) }), { ...liveOf(object), ...health }]
  }
  const collect = async (served: ServedKind, namespace: string): Promise<boolean> => {
    const path = labelled(collectionOf(served.apiVersion, served, namespace), PART_OF, inventory.id)
    const accept = isWhole(served) ? 'application/json' : METADATA_LIST
    const result = await listing(() => gather(path, accept, api, (object) => memberOf(served, object)))
    if ('objects' in result) for (const [key, member] of result.objects) found.set(key, member)
    else if (result.status !== 403) throw silent(served.kind, result.unknown)
    return 'objects' in result
  }
  const read = async (served: ServedKind, { namespace, name }: ObjectId): Promise<void> => {
    const path = `${collectionOf(served.apiVersion, served, namespace)}/${encodeURIComponent(name)}`
    const answer = await reading(() => api.get(path, isWhole(served) ? undefined : METADATA))
    if (answer.status === 200) found.set(...memberOf(served, answer.body))
    else if (answer.status !== 404 && answer.status !== 403) throw silent(served.kind, messageOf(answer))
  }
  const look = async (served: ServedKind, ids: readonly ObjectId[]): Promise<void> => {
    if (await collect(served, '')) return
    await Promise.all(
      [...Map.groupBy(ids, ({ namespace }) => namespace)].map(async ([namespace, those]) => {
        if (served.namespaced && (await collect(served, namespace))) return
        // Of a set that kubectl made nobody knows the names.
        if (those.some(({ name }) => name === '')) throw silent(served.kind, 'the identity may not list them')
        await Promise.all(those.map((id) => read(served, id)))
      }),
    )
  }
  return async (ids) => {
    const kinds = Map.groupBy(ids, kindKeyOf)
    for (const [key, those] of kinds) {
      const [first] = those
      const served = first === undefined ? undefined : findKind(first, discovery)
      if (served === undefined || looks.has(key)) continue
      const beginning = look(served, those)
      // Whoever waits for it hears of it; it may have begun long before.
      beginning.catch(() => {})
      looks.set(key, beginning)
    }
    await Promise.all([...kinds.keys()].map((key) => looks.get(key)))
    return found
  }
}

function silent(kind: string, why: string): Failure {
  return new Failure({
    class: 'E-DISCOVERY',
    message: `The server does not list objects of the kind ${kind}: ${why}`,
    next: 'Nothing was written. Look at `kubectl get apiservices`, and whether the server is well; then run again.',
  })
}

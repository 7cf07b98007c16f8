import { limitConcurrency } from '../../concurrency.ts'
import { Failure } from '../../diagnostics.ts'
import type { ApiResponse } from '../../object/api-status.ts'
import { formatNamespacedName, namespacedName } from '../../object/metadata.ts'
import type { ObjectId } from '../../object/object-id.ts'
import type { ApiClient } from '../client.ts'
import { list, MAX_PARALLEL_LISTS, withLabelSelector } from '../list.ts'

/** An object to look at: its identity and its path in the API. */
export interface StatusTarget {
  readonly id: ObjectId
  readonly path: string
  /** Whether it carries the label of the set. */
  readonly isMember?: boolean
}

/** What a look at an object came to: the server's answer, or why there was none. */
export type StatusRead = Pick<ApiResponse, 'status' | 'body'> | { readonly outage: Failure }

/** Looks at objects as they are now, many by few requests. Raises what the API raises, but for outages. */
export type ReadStatuses = <T extends StatusTarget>(objects: readonly T[]) => Promise<Map<T, StatusRead>>

/** So many objects of a kind are read one by one; more are listed. */
const LIST_FROM_COUNT = 10
/** Single reads under way at once. */
const MAX_PARALLEL_READS = 16

/**
 * Makes a function that looks at objects. Members of a set, which are known by a label, are listed kind by kind, in pages,
 * where there are many of it. What may not be listed in the whole cluster is listed by namespace; what may not even there, and
 * what a list does not tell, is read one by one.
 */
export function openStatusList(
  api: Pick<ApiClient, 'get'>,
  label: readonly [name: string, value: string],
): ReadStatuses {
  const forbidden = new Set<string>()
  const [listing, reading] = [limitConcurrency(MAX_PARALLEL_LISTS), limitConcurrency(MAX_PARALLEL_READS)]

  const byReading = <T extends StatusTarget>(objects: readonly T[]): Promise<[T, StatusRead][]> =>
    Promise.all(
      objects.map(async (object): Promise<[T, StatusRead]> => {
        return [object, await orOutage<StatusRead>(() => reading(() => api.get(object.path)))]
      }),
    )
  /** What a list tells of objects; undefined where the identity may not list the collection. */
  const byListing = async <T extends StatusTarget>(
    objects: readonly T[],
    collection: string,
  ): Promise<[T, StatusRead][] | undefined> => {
    if (forbidden.has(collection)) return undefined
    const listed = await orOutage(() =>
      listing(() => list(withLabelSelector(collection, ...label), 'application/json', api)),
    )
    if ('outage' in listed) return objects.map((object) => [object, listed])
    if ('unknown' in listed) {
      if (listed.status !== 403 && listed.status !== 405)
        return objects.map((object) => [object, { status: listed.status, body: { message: listed.unknown } }])
      forbidden.add(collection)
      return undefined
    }
    const bodies = new Map(listed.objects.map((body) => [formatNamespacedName(namespacedName(body)), body]))
    const [seen, missed]: [[T, StatusRead][], T[]] = [[], []]
    for (const object of objects) {
      const body = bodies.get(formatNamespacedName(object.id))
      if (body === undefined) missed.push(object)
      else seen.push([object, { status: 200, body }])
    }
    return [...seen, ...(await byReading(missed))]
  }
  const ofKind = async <T extends StatusTarget>(objects: readonly T[]): Promise<[T, StatusRead][]> => {
    const [first] = objects
    if (first === undefined || objects.length <= LIST_FROM_COUNT) return byReading(objects)
    const homes = Map.groupBy(objects, collectionPathOf)
    const everywhere = homes.size === 1 ? undefined : await byListing(objects, collectionOf(first))
    if (everywhere !== undefined) return everywhere
    const parts = [...homes].map(async ([home, those]) => (await byListing(those, home)) ?? byReading(those))
    return (await Promise.all(parts)).flat()
  }
  return async (objects) => {
    const members = objects.filter(({ isMember }) => isMember)
    const kinds = [...Map.groupBy(members, collectionOf).values()]
    const others = objects.filter(({ isMember }) => !isMember)
    return new Map((await Promise.all([...kinds.map(ofKind), byReading(others)])).flat())
  }
}

/** What work comes to, or that the server is away. */
export async function orOutage<T>(work: () => Promise<T>): Promise<T | { readonly outage: Failure }> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure && error.problems[0]?.code === 'E-KUBE-NET') return { outage: error }
    throw error
  }
}

/** The path of the collection that an object is in: of its namespace, if it has one. */
function collectionPathOf({ path }: StatusTarget): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** The path of the collection of all objects of a kind, in whichever namespace. */
function collectionOf(subject: StatusTarget): string {
  return subject.id.namespace === ''
    ? collectionPathOf(subject)
    : collectionPathOf(subject).replace(/\/namespaces\/[^/]+(?=\/[^/]+$)/, '')
}

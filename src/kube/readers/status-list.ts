import type { Answer } from '../../object/api-status.ts'
import type { Api } from '../client.ts'
import { labelled, list, MOST_LISTS } from '../list.ts'
import { placeOf, placeText } from '../../object/metadata.ts'
import { Failure } from '../../diagnostics.ts'
import type { ObjectId } from '../../object/manifest.ts'
import { atMost } from '../../concurrency.ts'

/** An object to look at: its identity and its path in the API. */
export interface Subject {
  readonly id: ObjectId
  readonly path: string
  /** Whether it carries the label of the set. */
  readonly isMember?: boolean
}

/** What a look at an object came to: the server's answer, or why there was none. */
export type Look = Pick<Answer, 'status' | 'body'> | { readonly outage: Failure }

/** Looks at objects as they are now, many by few requests. Raises what the API raises, but for outages. */
export type Observe = <T extends Subject>(objects: readonly T[]) => Promise<Map<T, Look>>

/** So many objects of a kind are read one by one; more are listed. */
const FEW = 10
/** Single reads under way at once. */
const MOST_READS = 16

/**
 * Makes a function that looks at objects. Members of a set, which are known by a label, are listed kind by kind, in pages,
 * where there are many of it. What may not be listed in the whole cluster is listed by namespace; what may not even there, and
 * what a list does not tell, is read one by one.
 */
export function openObserver(api: Pick<Api, 'get'>, label: readonly [name: string, value: string]): Observe {
  const forbidden = new Set<string>()
  const [listing, reading] = [atMost(MOST_LISTS), atMost(MOST_READS)]

  const byReading = <T extends Subject>(objects: readonly T[]): Promise<[T, Look][]> =>
    Promise.all(
      objects.map(async (object): Promise<[T, Look]> => {
        return [object, await orOutage<Look>(() => reading(() => api.get(object.path)))]
      }),
    )
  /** What a list tells of objects; undefined where the identity may not list the collection. */
  const byListing = async <T extends Subject>(
    objects: readonly T[],
    collection: string,
  ): Promise<[T, Look][] | undefined> => {
    if (forbidden.has(collection)) return undefined
    const listed = await orOutage(() => listing(() => list(labelled(collection, ...label), 'application/json', api)))
    if ('outage' in listed) return objects.map((object) => [object, listed])
    if ('unknown' in listed) {
      if (listed.status !== 403 && listed.status !== 405)
        return objects.map((object) => [object, { status: listed.status, body: { message: listed.unknown } }])
      forbidden.add(collection)
      return undefined
    }
    const bodies = new Map(listed.objects.map((body) => [placeText(placeOf(body)), body]))
    const [seen, missed]: [[T, Look][], T[]] = [[], []]
    for (const object of objects) {
      const body = bodies.get(placeText(object.id))
      if (body === undefined) missed.push(object)
      else seen.push([object, { status: 200, body }])
    }
    return [...seen, ...(await byReading(missed))]
  }
  const ofKind = async <T extends Subject>(objects: readonly T[]): Promise<[T, Look][]> => {
    const [first] = objects
    if (first === undefined || objects.length <= FEW) return byReading(objects)
    const homes = Map.groupBy(objects, homeOf)
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
    if (error instanceof Failure && error.problems[0]?.class === 'E-KUBE-NET') return { outage: error }
    throw error
  }
}

/** The path of the collection that an object is in: of its namespace, if it has one. */
function homeOf({ path }: Subject): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** The path of the collection of all objects of a kind, in whichever namespace. */
function collectionOf(subject: Subject): string {
  return subject.id.namespace === '' ? homeOf(subject) : homeOf(subject).replace(/\/namespaces\/[^/]+(?=\/[^/]+$)/, '')
}

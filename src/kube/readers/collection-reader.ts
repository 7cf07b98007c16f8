import { limitConcurrency } from '../../concurrency.ts'
import { Failure } from '../../diagnostics.ts'
import { field, type Json } from '../../json.ts'
import { type ApiResponse, statusMessage } from '../../object/api-status.ts'
import { formatNamespacedName, namespacedName } from '../../object/metadata.ts'
import type { ObjectId } from '../../object/object-id.ts'
import { type ApiReader, PARTIAL_METADATA } from '../client.ts'
import { type ListFailure, type ListResult, listAndMap, PARTIAL_METADATA_LIST, withLabelSelector } from '../list.ts'

/** Lists in flight at once: one costs the server as much as ten other requests. */
const MAX_PARALLEL_LISTS = 4
/** Reads of single objects in flight at once. */
const MAX_PARALLEL_READS = 16

/** How much of an object is read. */
export type Contents = 'metadata' | 'whole'

const LIST_ACCEPT = { metadata: PARTIAL_METADATA_LIST, whole: 'application/json' } as const
const READ_ACCEPT = { metadata: PARTIAL_METADATA, whole: 'application/json' } as const

/** A label. */
export type Label = readonly [name: string, value: string]

/** How a collection is listed. */
export interface ListOptions {
  readonly contents: Contents
  /** Lists only objects with this label. */
  readonly label?: Label
  /** Objects per page. */
  readonly pageSize?: number
}

/** The result of reading one object: the object, its absence, or why it cannot be read. */
export type ReadResult<T = Json> =
  | { readonly kind: 'found'; readonly object: T }
  | { readonly kind: 'absent' }
  | ({ readonly kind: 'failed' } & ListFailure)

/** The result of reading one of several objects, or that the server could not be reached. */
export type ReadOutcome<T = Json> = ReadResult<T> | { readonly kind: 'outage'; readonly failure: Failure }

/** An object to read. */
export interface ReadTarget {
  readonly id: ObjectId
  /** Its API path; undefined if only a list can find it. */
  readonly path: string | undefined
}

/** How objects of one kind are read. */
export interface KindOptions<T> {
  /** All objects of the kind, in all namespaces. */
  readonly collection: Collection
  readonly contents: Contents
  /** Lists contain only objects with this label. */
  readonly label: Label
  /** The number of objects from which the kind is listed; fewer are read one by one. */
  readonly listFrom: number
  /** What to list if all objects are in one namespace. */
  readonly oneNamespace: 'list namespace' | 'list cluster'
  /** Whether an object missing from the list is read, since it may have lost its label, or counts as absent. */
  readonly unlisted: 'read' | 'absent'
  /** Maps an object to the value to keep. */
  readonly take: (object: Json) => T
}

/** A collection in the API. */
export interface Collection {
  readonly path: string
  readonly isNamespaced: boolean
}

/** The result of reading objects of one kind. */
export interface KindResult<Target, T> {
  /** All objects found, including listed ones that were not requested. */
  readonly found: readonly T[]
  /** The outcome of each requested object. */
  readonly outcomes: ReadonlyMap<Target, ReadOutcome<T>>
}

/** Reads objects of collections, with lists or one by one. */
export interface CollectionReader {
  /**
   * Lists a collection page by page; its path may have a query. A collection that may not be listed (403, 405) is not
   * requested again. Raises what the API raises.
   */
  list(path: string, options: ListOptions): Promise<ListResult>
  /** Reads one object. Raises what the API raises. */
  read(path: string, contents: Contents): Promise<ReadResult>
  /** The server's estimate of a collection's size, in objects; infinite if it gives none. */
  estimateSize(path: string): Promise<number>
  /** Reads objects one by one. Raises what the API raises, except outages. */
  readEach<Target extends ReadTarget>(targets: readonly Target[]): Promise<Map<Target, ReadOutcome>>
  /**
   * Reads objects of one kind: with one list of the whole cluster; if that is forbidden, with a list per namespace; if that
   * is forbidden too, one by one. Raises what the API raises, except outages.
   */
  readKind<Target extends ReadTarget, T>(
    targets: readonly Target[],
    options: KindOptions<T>,
  ): Promise<KindResult<Target, T>>
}

/** Opens a reader with its own limits on requests in flight. */
export function openCollectionReader(api: Pick<ApiReader, 'get'>): CollectionReader {
  const requests = makeRequests(api)
  return {
    list: (path, options) => requests.list(path, options, (object) => object),
    read: requests.read,
    estimateSize: (path) => estimateSize(path, api),
    readEach: async (targets) => new Map(await readEach(targets, 'whole', (object) => object, requests)),
    readKind: async (targets, options) => {
      const { found, outcomes } = await readKind(targets, options, requests)
      return { found, outcomes: new Map(outcomes) }
    },
  }
}

/** Runs `work`; returns `otherwise(outage)` if the server cannot be reached (E-KUBE-NET). Raises what else `work` raises. */
export async function catchOutage<T, U>(work: () => Promise<T>, otherwise: (outage: Failure) => U): Promise<T | U> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure && error.problems[0]?.code === 'E-KUBE-NET') return otherwise(error)
    throw error
  }
}

/** Whether the credentials may not list a collection (403), or it has no list (405): other requests may still succeed. */
function isForbidden({ status }: ListFailure): boolean {
  return status === 403 || status === 405
}

/** Lists and reads within the limits of a reader. */
interface Requests {
  list<T>(path: string, options: ListOptions, take: (object: Json) => T): Promise<ListResult<T>>
  read(path: string, contents: Contents): Promise<ReadResult>
}

function makeRequests(api: Pick<ApiReader, 'get'>): Requests {
  const limitLists = limitConcurrency(MAX_PARALLEL_LISTS)
  const limitReads = limitConcurrency(MAX_PARALLEL_READS)
  const forbidden = new Map<string, ListFailure>()
  return {
    list: async (path, { contents, label, pageSize }, take) => {
      const listed = label === undefined ? path : withLabelSelector(path, ...label)
      const known = forbidden.get(listed)
      if (known !== undefined) return known
      const result = await limitLists(() => listAndMap(listed, LIST_ACCEPT[contents], api, take, pageSize))
      if ('status' in result && isForbidden(result)) forbidden.set(listed, result)
      return result
    },
    read: async (path, contents) => readResult(await limitReads(() => api.get(path, READ_ACCEPT[contents]))),
  }
}

function readResult(answer: ApiResponse): ReadResult {
  const { status, body } = answer
  if (status === 200) return { kind: 'found', object: body }
  return status === 404 ? { kind: 'absent' } : { kind: 'failed', status, message: statusMessage(answer) }
}

async function estimateSize(path: string, api: Pick<ApiReader, 'get'>): Promise<number> {
  const { body } = await api.get(`${path}?limit=1`, PARTIAL_METADATA_LIST)
  const rest = field(body, 'metadata', 'remainingItemCount')
  return typeof rest === 'number' ? 1 + rest : Number.POSITIVE_INFINITY
}

type Outcomes<Target, T> = readonly (readonly [Target, ReadOutcome<T>])[]

/** The result of reading some of the objects. */
interface PartResult<Target, T> {
  readonly found: readonly T[]
  readonly outcomes: Outcomes<Target, T>
}

/** Reads objects one by one. */
function readEach<Target extends ReadTarget, T>(
  targets: readonly Target[],
  contents: Contents,
  take: (object: Json) => T,
  { read }: Requests,
): Promise<Outcomes<Target, T>> {
  const readOne = async ({ path }: Target): Promise<ReadOutcome<T>> => {
    if (path === undefined) return NOT_LISTED
    const result = await read(path, contents)
    return result.kind === 'found' ? { kind: 'found', object: take(result.object) } : result
  }
  return Promise.all(
    targets.map(async (target) => [target, await catchOutage(() => readOne(target), outageOutcome)] as const),
  )
}

const NOT_LISTED: ReadResult<never> = { kind: 'failed', status: 403, message: 'the credentials may not list them' }

function outageOutcome(failure: Failure): ReadOutcome<never> {
  return { kind: 'outage', failure }
}

async function readKind<Target extends ReadTarget, T>(
  targets: readonly Target[],
  options: KindOptions<T>,
  requests: Requests,
): Promise<PartResult<Target, T>> {
  const { collection, listFrom, oneNamespace } = options
  const readSingly = async (some: readonly Target[]): Promise<PartResult<Target, T>> => {
    const outcomes = await readEach(some, options.contents, options.take, requests)
    return { found: foundIn(outcomes), outcomes }
  }
  if (targets.length < listFrom) return readSingly(targets)
  const byNamespace = Map.groupBy(targets, ({ id }) => (collection.isNamespaced ? id.namespace : ''))
  const isOneNamespace = byNamespace.size === 1 && oneNamespace === 'list namespace'
  const inCluster = isOneNamespace ? undefined : await readByList(targets, collection.path, options, requests)
  if (inCluster !== undefined) return inCluster
  const parts = [...byNamespace].map(async ([namespace, some]) => {
    return (await readByList(some, pathIn(collection, namespace), options, requests)) ?? readSingly(some)
  })
  return concat(await Promise.all(parts))
}

/** Reads objects with a list; undefined if the collection may not be listed. */
async function readByList<Target extends ReadTarget, T>(
  targets: readonly Target[],
  path: string,
  options: KindOptions<T>,
  requests: Requests,
): Promise<PartResult<Target, T> | undefined> {
  const take = (object: Json) => [formatNamespacedName(namespacedName(object)), options.take(object)] as const
  const listed = await catchOutage(() => requests.list(path, options, take), outageOutcome)
  if ('objects' in listed) return withUnlisted(targets, new Map(listed.objects), options, requests)
  if ('status' in listed && isForbidden(listed)) return undefined
  const outcome: ReadOutcome<never> = 'status' in listed ? { kind: 'failed', ...listed } : listed
  return { found: [], outcomes: targets.map((target) => [target, outcome]) }
}

/** The outcomes of objects with a list: those in it, and the others as `unlisted` says. */
async function withUnlisted<Target extends ReadTarget, T>(
  targets: readonly Target[],
  listed: ReadonlyMap<string, T>,
  { contents, take, unlisted }: KindOptions<T>,
  requests: Requests,
): Promise<PartResult<Target, T>> {
  const [inList, missing]: [[Target, ReadOutcome<T>][], Target[]] = [[], []]
  for (const target of targets) {
    const object = listed.get(formatNamespacedName(target.id))
    if (object === undefined) missing.push(target)
    else inList.push([target, { kind: 'found', object }])
  }
  const others: Outcomes<Target, T> =
    unlisted === 'read'
      ? await readEach(missing, contents, take, requests)
      : missing.map((target) => [target, { kind: 'absent' }])
  return { found: [...listed.values(), ...foundIn(others)], outcomes: [...inList, ...others] }
}

function foundIn<T>(outcomes: Outcomes<unknown, T>): T[] {
  return outcomes.flatMap(([, outcome]) => (outcome.kind === 'found' ? [outcome.object] : []))
}

function concat<Target, T>(parts: readonly PartResult<Target, T>[]): PartResult<Target, T> {
  return { found: parts.flatMap(({ found }) => found), outcomes: parts.flatMap(({ outcomes }) => outcomes) }
}

/** The path of a collection in one namespace; of the whole collection if `namespace` is empty. */
function pathIn({ path }: Collection, namespace: string): string {
  if (namespace === '') return path
  const end = path.lastIndexOf('/')
  return `${path.slice(0, end)}/namespaces/${encodeURIComponent(namespace)}${path.slice(end)}`
}

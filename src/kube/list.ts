import { field, type Json, listField, stringField } from '../json.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ApiReader } from './client.ts'

/** Asks for the metadata alone of each object in a list. */
export const PARTIAL_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** The path of a list of those objects of a collection that have a label. */
export function withLabelSelector(collection: string, name: string, value: string): string {
  return `${collection}?labelSelector=${encodeURIComponent(`${name}=${value}`)}`
}

/** Objects of one page, as kubectl asks for them. */
const PAGE_SIZE = 500
/** How often a list begins again because its place in it is no longer known to the server. */
const MAX_RESTARTS = 3

/** The objects of a collection, or what was taken of them; or why the server does not list them. */
export type ListResult<T = Json> = { readonly objects: readonly T[] } | ListFailure

/** Why the server does not list a collection. */
export interface ListFailure {
  readonly status: number
  /** In the server's own words. */
  readonly message: string
}

/**
 * Lists a collection, page by page, consistent as of one moment: `path` may have a query. A collection that is not served
 * has no objects.
 */
export function list(path: string, accept: string, api: Pick<ApiReader, 'get'>): Promise<ListResult> {
  return listAndMap(path, accept, api, (object) => object)
}

/** Lists like `list`, and takes something of each object, so that no more than a page of them is held at once. */
export async function listAndMap<T>(
  path: string,
  accept: string,
  api: Pick<ApiReader, 'get'>,
  take: (object: Json) => T,
  pageSize = PAGE_SIZE,
): Promise<ListResult<T>> {
  for (let restarts = 0; ; restarts += 1) {
    const objects: T[] = []
    let position = ''
    for (;;) {
      const separator = path.includes('?') ? '&' : '?'
      const answer = await api.get(`${path}${separator}limit=${pageSize}${position}`, accept)
      if (answer.status === 410 && restarts < MAX_RESTARTS) break
      if (answer.status === 404) return { objects: [] }
      // An empty list may come as null.
      const isList = field(answer.body, 'items') !== undefined
      if (answer.status !== 200 || !isList) return { status: answer.status, message: statusMessage(answer) }
      for (const item of listField(answer.body, 'items')) objects.push(take(item))
      const next = stringField(answer.body, 'metadata', 'continue') ?? ''
      if (next === '') return { objects }
      position = `&continue=${encodeURIComponent(next)}`
    }
  }
}

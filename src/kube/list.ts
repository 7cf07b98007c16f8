import { field, type Json, listField, stringField } from '../json.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ApiClient } from './client.ts'

/** Asks for the metadata alone of each object in a list. */
export const PARTIAL_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
/** Lists that are to be under way at once at most: one costs the server as much as ten other requests. */
export const MAX_PARALLEL_LISTS = 4

/** The path of a list of those objects of a collection that have a label. */
export function withLabelSelector(collection: string, name: string, value: string): string {
  return `${collection}?labelSelector=${encodeURIComponent(`${name}=${value}`)}`
}

/** Objects of one page, as kubectl asks for them. */
const PAGE = 500
/** How often a listing begins again because its place in it is no longer known to the server. */
const RESTARTS = 3

/** What a listing came to: the objects, or what was taken of them; or why the server does not tell. */
export type ListResult<T = Json> =
  | { readonly objects: readonly T[] }
  | { readonly unknown: string; readonly status: number }

/**
 * Lists a collection, page by page, consistent as of one moment: `path` may have a query. A collection that is not served
 * has no objects.
 */
export function list(path: string, accept: string, api: Pick<ApiClient, 'get'>, page = PAGE): Promise<ListResult> {
  return listAndMap(path, accept, api, (object) => object, page)
}

/** Lists like `list`, and takes something of each object, so that no more than a page of them is held at once. */
export async function listAndMap<T>(
  path: string,
  accept: string,
  api: Pick<ApiClient, 'get'>,
  take: (object: Json) => T,
  page = PAGE,
): Promise<ListResult<T>> {
  for (let restarts = 0; ; restarts += 1) {
    const objects: T[] = []
    let position = ''
    for (;;) {
      const separator = path.includes('?') ? '&' : '?'
      const answer = await api.get(`${path}${separator}limit=${page}${position}`, accept)
      if (answer.status === 410 && restarts < RESTARTS) break
      if (answer.status === 404) return { objects: [] }
      // An empty list may come as null.
      const isList = field(answer.body, 'items') !== undefined
      if (answer.status !== 200 || !isList) return { unknown: statusMessage(answer), status: answer.status }
      for (const item of listField(answer.body, 'items')) objects.push(take(item))
      const next = stringField(answer.body, 'metadata', 'continue') ?? ''
      if (next === '') return { objects }
      position = `&continue=${encodeURIComponent(next)}`
    }
  }
}

import { field, type Json, listField, stringField } from '../json.ts'
import { statusMessage } from '../object/api-status.ts'
import type { ApiReader } from './client.ts'

/** The media type for a list with only the metadata of each object. */
export const PARTIAL_METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** The path that lists the objects of a collection with a label. */
export function withLabelSelector(collection: string, name: string, value: string): string {
  return `${collection}?labelSelector=${encodeURIComponent(`${name}=${value}`)}`
}

/** Objects per page, the same as kubectl's. */
const PAGE_SIZE = 500
/** How often a list restarts because its continue token has expired (410). */
const MAX_RESTARTS = 3

/** The objects of a collection, or what `take` returned for them; or the failure. */
export type ListResult<T = Json> = { readonly objects: readonly T[] } | ListFailure

/** The response of a list that failed. */
export interface ListFailure {
  readonly status: number
  /** The server's message. */
  readonly message: string
}

/**
 * Lists a collection page by page, from one consistent snapshot; `path` may have a query. A collection that is not served
 * has no objects.
 */
export function list(path: string, accept: string, api: Pick<ApiReader, 'get'>): Promise<ListResult> {
  return listAndMap(path, accept, api, (object) => object)
}

/** Lists like `list`, and maps each object with `take`, so that at most one page of objects is in memory. */
export async function listAndMap<T>(
  path: string,
  accept: string,
  api: Pick<ApiReader, 'get'>,
  take: (object: Json) => T,
  pageSize = PAGE_SIZE,
): Promise<ListResult<T>> {
  for (let restarts = 0; ; restarts += 1) {
    const objects: T[] = []
    let continueQuery = ''
    for (;;) {
      const separator = path.includes('?') ? '&' : '?'
      const answer = await api.get(`${path}${separator}limit=${pageSize}${continueQuery}`, accept)
      if (answer.status === 410 && restarts < MAX_RESTARTS) break
      if (answer.status === 404) return { objects: [] }
      // The server may encode an empty list as null.
      const isList = field(answer.body, 'items') !== undefined
      if (answer.status !== 200 || !isList) return { status: answer.status, message: statusMessage(answer) }
      for (const item of listField(answer.body, 'items')) objects.push(take(item))
      const next = stringField(answer.body, 'metadata', 'continue') ?? ''
      if (next === '') return { objects }
      continueQuery = `&continue=${encodeURIComponent(next)}`
    }
  }
}

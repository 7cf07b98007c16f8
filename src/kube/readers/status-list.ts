import type { ObjectId } from '../../object/object-id.ts'
import type { ApiReader } from '../client.ts'
import { type Label, openCollectionReader, type ReadOutcome } from './collection-reader.ts'

/** An object whose status is to be read, with its API path. */
export interface StatusTarget {
  readonly id: ObjectId
  readonly path: string
  /** Whether it has the set's label. */
  readonly isMember?: boolean
}

/** Reads live objects with few requests. Raises what the API raises, except outages. */
export type ReadStatuses = <T extends StatusTarget>(objects: readonly T[]) => Promise<Map<T, ReadOutcome>>

/** The number of members of a kind from which they are listed. */
const LIST_FROM = 11

/**
 * Creates a function that reads objects: members of the set with a list by label if there are many of a kind, and all others
 * one by one.
 */
export function openStatusList(api: Pick<ApiReader, 'get'>, label: Label): ReadStatuses {
  const reader = openCollectionReader(api)
  const readMembers = async <T extends StatusTarget>(path: string, members: readonly T[]) => {
    const { outcomes } = await reader.readKind(members, {
      collection: { path, isNamespaced: members.some(({ id }) => id.namespace !== '') },
      ...{ contents: 'whole', label, listFrom: LIST_FROM, oneNamespace: 'list namespace', unlisted: 'read' },
      take: (object) => object,
    })
    return outcomes
  }
  return async (objects) => {
    const kinds = Map.groupBy(
      objects.filter(({ isMember }) => isMember),
      kindPathOf,
    )
    const others = objects.filter(({ isMember }) => !isMember)
    const parts = [...[...kinds].map(([path, members]) => readMembers(path, members)), reader.readEach(others)]
    return new Map((await Promise.all(parts)).flatMap((outcomes) => [...outcomes]))
  }
}

/** The path of the collection of an object's kind in all namespaces. */
function kindPathOf({ id, path }: StatusTarget): string {
  const collection = path.slice(0, path.lastIndexOf('/'))
  return id.namespace === '' ? collection : collection.replace(/\/namespaces\/[^/]+(?=\/[^/]+$)/, '')
}

import type { Location } from '../diagnostics.ts'
import { isObject, type Json } from '../json.ts'
import type { Document } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { flattenList } from './lists.ts'
import { encryptedField } from './skip-reason.ts'

/** Says where a field is written, or the nearest one above it that is; for the empty path, where the object itself is. */
export type LocateField = (path: readonly Step[]) => Location

/** What may be an object: a document, or a member of a list. */
export interface DocumentObject {
  readonly value: Json
  readonly locate: LocateField
}

/** Returns what may be objects in a document of a file: the members of a list, or else the document itself. */
export function objectsIn(document: Document, file: string): DocumentObject[] {
  const isWhole = isObject(document.value) && encryptedField(document.value) !== undefined
  const members = isWhole ? undefined : flattenList(document.value)
  if (members === undefined) return [{ value: document.value, locate: (path) => ({ file, ...document.at(path) }) }]
  const places = document.members(['items'])
  return members.map((value, index) => ({
    value,
    locate: (path) => ({ file, ...(places[index]?.(path) ?? document.at([])) }),
  }))
}

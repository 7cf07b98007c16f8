import type { Location } from '../diagnostics.ts'
import { isObject, type Json } from '../json.ts'
import type { Document } from '../yaml/document.ts'
import type { Step } from '../yaml/field.ts'
import { flattenList } from './lists.ts'
import { encryptedField } from './skip-reason.ts'

/**
 * Returns the location of a field, or that of the nearest field above it that is written; the empty path is the object
 * itself.
 */
export type LocateField = (path: readonly Step[]) => Location

/** A candidate for an object: a document, or a member of a list. */
export interface DocumentObject {
  readonly value: Json
  readonly locate: LocateField
}

/** Returns the candidates for objects in a document: the members of a list, or else the document itself. */
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

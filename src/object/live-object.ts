import { createHash } from 'node:crypto'
import { field, isObject, type Json, type JsonObject, listField, stringField } from '../json.ts'
import { FIELD_MANAGER } from '../kube/client.ts'
import type { FieldSet } from './managed-fields/field-set.ts'

/** What of a live object tells whether it changed. */
export interface LiveObject {
  readonly uid: string
  readonly resourceVersion: string
  /** Counts changes of the specification; kinds without one have none. */
  readonly generation: number | undefined
  readonly labels: JsonObject
  readonly annotations: JsonObject
  /** Whether it has been deleted, and something still keeps it. */
  readonly isTerminating: boolean
  /** Of our entry in `managedFields`: what we own, as which version, and when that last changed; empty without one. */
  readonly ownership: string
}

/** Reads what `Live` holds from an object, or from its metadata. */
export function parseLiveObject(object: Json): LiveObject {
  const metadata = field(object, 'metadata')
  const generation = field(metadata, 'generation')
  const entry = ownManagerEntry(object)
  return {
    uid: stringField(metadata, 'uid') ?? '',
    resourceVersion: stringField(metadata, 'resourceVersion') ?? '',
    generation: typeof generation === 'number' ? generation : undefined,
    labels: objectAt(metadata, 'labels'),
    annotations: objectAt(metadata, 'annotations'),
    isTerminating: field(metadata, 'deletionTimestamp') !== undefined,
    ownership: entry === undefined ? '' : shortDigest([stringField(entry, 'time') ?? '', ownedText(entry)].join()),
  }
}

/** Our entry in an object's `managedFields`. */
export function ownManagerEntry(object: Json): Json | undefined {
  return listField(object, 'metadata', 'managedFields').find(
    (entry) => stringField(entry, 'manager') === FIELD_MANAGER && stringField(entry, 'operation') === 'Apply',
  )
}

/** The fields that an entry of `managedFields` owns. */
export function managedFieldSet(entry: Json | undefined): FieldSet {
  return objectAt(entry, 'fieldsV1')
}

/** What an entry owns, and as which version, as text. The server itself keeps fields in order. */
export function ownedText(entry: Json | undefined): string {
  return JSON.stringify([field(entry, 'apiVersion'), field(entry, 'fieldsV1')])
}

/** Sixteen bytes suffice to tell texts apart that nobody makes up to be mistaken. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

function objectAt(value: Json | undefined, name: string): JsonObject {
  const found = field(value, name)
  return isObject(found) ? found : {}
}

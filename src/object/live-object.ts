import { shortDigest } from '../digest.ts'
import { field, isObject, type Json, type JsonObject, stringField } from '../json.ts'
import { ownedText, ownManagerEntry } from './managed-fields/own-entry.ts'

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

/** Reads a live object, of which the metadata are enough. */
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

function objectAt(value: Json | undefined, name: string): JsonObject {
  const found = field(value, name)
  return isObject(found) ? found : {}
}

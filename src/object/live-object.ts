import { shortDigest } from '../digest.ts'
import { field, isObject, type Json, type JsonObject, stringField } from '../json.ts'
import { ownedText, ownManagerEntry } from './managed-fields/own-entry.ts'

/** The parts of a live object by which changes are detected. */
export interface LiveObject {
  readonly uid: string
  readonly resourceVersion: string
  /** Increases with each change of the specification; undefined for kinds that do not count. */
  readonly generation: number | undefined
  readonly labels: JsonObject
  readonly annotations: JsonObject
  /** Whether it is being deleted and still has finalizers. */
  readonly isTerminating: boolean
  /** A digest of our entry in `managedFields`: fields, API version and time; empty if there is none. */
  readonly ownership: string
}

/** Reads a live object; its metadata are enough. */
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

/** What is recorded of an object: enough to know that it is unchanged since the last run. */
export interface RecordEntry {
  /** A digest of the payload. */
  readonly hash: string
  readonly uid: string
  readonly resourceVersion: string
  /** Undefined for kinds without a generation. */
  readonly generation: number | undefined
  /** A digest of our entry in `managedFields`. */
  readonly ownership: string
}

/**
 * The entry of an object that a run is about to apply; the run may have ended before it did. A hook with this entry must run.
 */
export const PENDING_ENTRY: RecordEntry = {
  hash: '',
  uid: '',
  resourceVersion: '',
  generation: undefined,
  ownership: '',
}

/** Whether an entry only says that the object may exist, and belongs to the set if it does. */
export function isPending(entry: RecordEntry | undefined): boolean {
  return entry?.hash === PENDING_ENTRY.hash
}

/** A digest for each option that selects the set: if one differs, objects may be missing that were not removed from Git. */
export type ScopeFingerprint = Readonly<Record<string, string>>

/** The record of a run, read by the next one. */
export interface InventoryRecord {
  /** The identity of the cluster, empty if unknown. A record counts for its own cluster only. */
  readonly cluster: string
  /** After an upgrade no object counts as unchanged: another server may default, convert and validate differently. */
  readonly serverVersion: string
  /** The commit that was last applied, or begun to be applied; empty if unknown. */
  readonly commit: string
  /** The branch of that commit, as a full name; empty if none. */
  readonly branch: string
  /** The run that applied it, as a URL or in words. */
  readonly run: string
  /** Increases with each run that writes, and with the counter of the lock: the later of two records has the larger one. */
  readonly fence: number
  /** How the set was selected when all objects removed from Git had last been dealt with. */
  readonly selection: ScopeFingerprint
  /** The files of its objects, packed: if one no longer holds manifests, its objects are not pruned. */
  readonly files: string
  /** By `objectKey`. */
  readonly entries: ReadonlyMap<string, RecordEntry>
}

/** The record of an empty set. */
export const EMPTY_RECORD: InventoryRecord = {
  ...{ cluster: '', serverVersion: '', commit: '', branch: '', run: '', fence: 0, selection: {}, files: '' },
  entries: new Map(),
}

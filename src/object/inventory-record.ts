/** What is kept of an object between runs: enough to prove that it is still as the run before left it. */
export interface RecordEntry {
  /** Of what was sent. */
  readonly hash: string
  readonly uid: string
  readonly resourceVersion: string
  /** Undefined for kinds that count none. */
  readonly generation: number | undefined
  /** Of our entry in `managedFields`. */
  readonly ownership: string
}

/**
 * Stands for what is going to be there: a run began that may have ended before its turn came. A hook with such an entry has to
 * run, whatever else is known of it.
 */
export const PENDING_ENTRY: RecordEntry = {
  hash: '',
  uid: '',
  resourceVersion: '',
  generation: undefined,
  ownership: '',
}

/** Whether an entry says no more than that the object may be there, and is ours then. */
export function isPending(entry: RecordEntry | undefined): boolean {
  return entry?.hash === PENDING_ENTRY.hash
}

/** By what a set is chosen, each part as a short text: where one differs, objects may be missing that nobody has removed. */
export type ScopeFingerprint = Readonly<Record<string, string>>

/** What a run leaves for the next one. */
export interface InventoryRecord {
  /** The cluster's identity, empty where nobody knew it: what is true of one says nothing about another one. */
  readonly cluster: string
  /** After an upgrade nothing is proven: another server may default, convert and judge otherwise. */
  readonly serverVersion: string
  /** The commit that was applied last, or began to be; empty where none is known. */
  readonly commit: string
  /** The branch that it is of, as a full name; empty where it is of none. */
  readonly branch: string
  /** The run that applied it, as its address or in words. */
  readonly run: string
  /** Grows with each run that writes, and with the lock's own count: of two records it tells the later one. */
  readonly fence: number
  /** By what the set was chosen when last nothing was open about what has left it. */
  readonly selection: ScopeFingerprint
  /** The files that gave its objects, packed: one that is no manifest any more takes nothing with it. */
  readonly files: string
  /** By `objectKey`. */
  readonly entries: ReadonlyMap<string, RecordEntry>
}

/** A record of nothing. */
export const EMPTY_RECORD: InventoryRecord = {
  ...{ cluster: '', serverVersion: '', commit: '', branch: '', run: '', fence: 0, selection: {}, files: '' },
  entries: new Map(),
}

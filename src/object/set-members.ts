import type { LiveObject } from './live-object.ts'

/** A live member of a set. */
export interface SetMember extends LiveObject {
  /** Whether it was ready when it was read; absent where that was not asked. */
  readonly isReady?: boolean
}

/** The live objects that carry an inventory's label, by `objectKey`, and others that could not be told apart from them. */
export type SetMembers = ReadonlyMap<string, SetMember>

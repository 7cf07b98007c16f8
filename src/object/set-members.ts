import type { LiveObject } from './live-object.ts'

/** A live member of a set. */
export interface SetMember extends LiveObject {
  /** Whether it was ready when it was read; absent if readiness was not read. */
  readonly isReady?: boolean
}

/** The live objects with an inventory's label, by `objectKey`, including some that cannot be distinguished from them. */
export type SetMembers = ReadonlyMap<string, SetMember>

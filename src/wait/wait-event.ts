import type { ObjectId } from '../object/object-id.ts'

/** Emitted at intervals during a wait: some of the objects that are not ready yet, with the reason, and their total number. */
export interface WaitEvent {
  readonly type: 'wait-progress'
  readonly objects: readonly { readonly id: ObjectId; readonly message: string }[]
  readonly total: number
}

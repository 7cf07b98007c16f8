import type { ObjectId } from '../object/object-id.ts'

/** What is still waited for, told now and then: some of the objects, and how many there are. */
export interface WaitEvent {
  readonly type: 'wait-progress'
  readonly objects: readonly { readonly id: ObjectId; readonly message: string }[]
  readonly total: number
}

import type { ObjectId } from '../object/object-id.ts'
import type { PruneDecision } from '../plan/prune-decision.ts'

/** What happens while objects are pruned. */
export type PruneEvent =
  | { readonly type: 'prune'; readonly objects: number }
  | { readonly type: 'object-pruned'; readonly id: ObjectId }
  /** An object that was to be pruned, and was not. */
  | {
      readonly type: 'object-not-pruned'
      readonly id: ObjectId
      readonly result: PruneDecision['result']
      readonly message: string
    }

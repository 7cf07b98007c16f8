import type { ObjectId } from '../object/object-id.ts'

/** What happens while a plan is applied. */
export type ApplyEvent =
  /** `kubectl apply --server-side` starts, with the objects split over several processes. */
  | { readonly type: 'kubectl-apply'; readonly objects: number; readonly processes: number }
  | { readonly type: 'apply-progress'; readonly done: number; readonly total: number; readonly secondsLeft: number }
  /** The server rejected an object, perhaps because of what was just written; it is sent again. */
  | { readonly type: 'apply-retry'; readonly id: ObjectId }
  | { readonly type: 'crd-wait'; readonly resources: number }
  | { readonly type: 'crd-timeout'; readonly rejected: number; readonly resources: number }
  /** A hook of an earlier run has not ended yet. */
  | { readonly type: 'hook-running'; readonly id: ObjectId }
  /** An object is deleted to be created again; a hook, to run again. */
  | { readonly type: 'recreate'; readonly id: ObjectId; readonly isHook: boolean }
  /** A hook has ended and is deleted by its delete policy; with a message, it could not be. */
  | { readonly type: 'hook-delete'; readonly id: ObjectId; readonly policy: string; readonly message?: string }

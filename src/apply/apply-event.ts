import type { ObjectId } from '../object/object-id.ts'

/** An event of an apply. */
export type ApplyEvent =
  /** `kubectl apply --server-side` starts, with the objects split over several processes. */
  | { readonly type: 'kubectl-apply'; readonly objects: number; readonly processes: number }
  | { readonly type: 'apply-progress'; readonly done: number; readonly total: number; readonly secondsLeft: number }
  /** The server rejected an object, perhaps because of an earlier change in the same run; it is sent again. */
  | { readonly type: 'apply-retry'; readonly id: ObjectId }
  | { readonly type: 'crd-wait'; readonly resources: number }
  | { readonly type: 'crd-timeout'; readonly rejected: number; readonly resources: number }
  /** A hook of an earlier run is still running. */
  | { readonly type: 'hook-running'; readonly id: ObjectId }
  /** An object is deleted so that it can be recreated, or a hook so that it runs again. */
  | { readonly type: 'recreate'; readonly id: ObjectId; readonly isHook: boolean }
  /** A hook has ended and is deleted by its delete policy; `message` says why the deletion failed. */
  | { readonly type: 'hook-delete'; readonly id: ObjectId; readonly policy: string; readonly message?: string }

/** An event of fetching a repository. */
export type SourceEvent =
  | { readonly type: 'folder-read'; readonly path: string }
  | { readonly type: 'checkout-read'; readonly path: string; readonly commit: string }
  /** A bare clone is created or, with `isUpdate`, updated. */
  | { readonly type: 'clone'; readonly url: string; readonly isUpdate: boolean }
  /** The last line of a stage of git's progress. */
  | { readonly type: 'git-progress'; readonly text: string }
  /** `previous` is the commit that the clone had before, if it existed. */
  | { readonly type: 'fetched'; readonly commit: string; readonly previous?: string }
  | { readonly type: 'cache-wait' }
  | { readonly type: 'cache-discarded' }
  | { readonly type: 'network-retry'; readonly message: string; readonly seconds: number }

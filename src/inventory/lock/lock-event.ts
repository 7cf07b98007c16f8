/** What happens while the lock of a set is acquired; `holder` is the run that holds it. */
export type LockEvent =
  | { readonly type: 'lock-wait'; readonly holder: string }
  | { readonly type: 'lock-taken-over'; readonly holder: string }

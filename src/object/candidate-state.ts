import type { LiveObject } from './live-object.ts'

/** What has become of an object that has left the set: it lives, it is gone, or its state is unknown, with the reason. */
export type CandidateState =
  | {
      readonly kind: 'live'
      readonly live: LiveObject
      readonly path: string
      /** Whether data goes with it, as it says itself. */
      readonly holdsData: boolean
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }

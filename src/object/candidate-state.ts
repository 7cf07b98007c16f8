import type { LiveObject } from './live-object.ts'

/** The state of an object that was removed from Git: live, gone, or unknown with the reason. */
export type CandidateState =
  | {
      readonly kind: 'live'
      readonly live: LiveObject
      readonly path: string
      /** Whether its own specification says that data is deleted with it. */
      readonly holdsData: boolean
    }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }

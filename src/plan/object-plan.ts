import type { JsonObject } from '../json.ts'
import type { Preparation } from '../object/managed-fields/migration.ts'
import type { Judge } from '../dry-run/dry-run.ts'
import type { PlacedManifest } from '../object/resolved-manifest.ts'
import type { Difference } from './diff.ts'

/**
 * What an object comes to: `created`; `updated`, because Git changed; `drifted`, because the cluster changed, and is
 * repaired; `adopted`, because it was there and not ours; `replaced`, deleted and made again; `done`, a Job that ran and is
 * gone; `terminating`, so that nothing can be done about it now; `unchanged`; or `skipped`, because something says so.
 */
export type Result =
  | 'created'
  | 'updated'
  | 'drifted'
  | 'adopted'
  | 'replaced'
  | 'done'
  | 'terminating'
  | 'unchanged'
  | 'skipped'

/** The results for which something is written, in the order in which they are counted. */
export const CHANGES = ['created', 'updated', 'drifted', 'adopted', 'replaced'] as const satisfies readonly Result[]

/** Fields that another field manager had, and loses to us. */
export interface Loss {
  readonly manager: string
  readonly fields: readonly string[]
}

/** A change that somebody else made, and that is taken back. */
export interface Culprit {
  readonly field: string
  readonly manager: string
  /** In RFC 3339; undefined where the server does not say. */
  readonly time: string | undefined
}

/** What is to be done about one manifest. */
export interface Action {
  readonly manifest: PlacedManifest
  readonly result: Result
  /** More about the result, as a sentence without its end; where the result does not say all. */
  readonly reason?: string
  readonly differences: readonly Difference[]
  readonly losses: readonly Loss[]
  /** Who changed what drifted, as far as the server tells. */
  readonly culprits: readonly Culprit[]
  /** Who has judged it; undefined for what was proven to be unchanged. */
  readonly judge?: Judge
  /** What keeps it from being judged to the end, as a sentence without its end. */
  readonly unjudged?: string
  /** Fields that are left to others. */
  readonly left: readonly string[]
  /** What is sent. */
  readonly sent: JsonObject
  /** What has to become of the object's `managedFields` before the apply. */
  readonly preparation?: Preparation
  /** Digest of the manifest, as the record keeps it. */
  readonly hash: string
}

/** Whether an action writes anything, or an outcome means that something was written. */
export function isChange({ result }: { readonly result: string }): boolean {
  return CHANGES.some((change) => change === result)
}

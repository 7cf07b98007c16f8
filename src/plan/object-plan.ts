import type { JsonObject } from '../json.ts'
import type { CheckedBy } from '../object/dry-run-result.ts'
import type { ManagedFieldsMigration } from '../object/managed-fields/migration.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { FieldDiff } from './diff.ts'

/**
 * What an object comes to: `created`; `updated`, because Git changed; `drifted`, because the cluster changed, and is
 * repaired; `adopted`, because it was there and not ours; `replaced`, deleted and made again; `done`, a Job that ran and is
 * gone; `terminating`, so that nothing can be done about it now; `unchanged`; or `skipped`, because something says so.
 */
export type PlannedResult =
  | 'created'
  | 'updated'
  | 'drifted'
  | 'adopted'
  | 'recreated'
  | 'completed'
  | 'terminating'
  | 'unchanged'
  | 'ignored'

/** The results for which something is written, in the order in which they are counted. */
export const CHANGES = [
  'created',
  'updated',
  'drifted',
  'adopted',
  'recreated',
] as const satisfies readonly PlannedResult[]

/** Fields that another field manager had, and loses to us. */
export interface FieldTakeover {
  readonly manager: string
  readonly fields: readonly string[]
}

/** A change that somebody else made, and that is taken back. */
export interface DriftAuthor {
  readonly field: string
  readonly manager: string
  /** In RFC 3339; undefined where the server does not say. */
  readonly time: string | undefined
}

/** What is to be done about one manifest. */
export interface ObjectPlan {
  readonly manifest: ResolvedManifest
  readonly result: PlannedResult
  /** More about the result, in one CamelCase word for programs. */
  readonly reason?: string
  /** More about the result, as a sentence without its end; where the result does not say all. */
  readonly message?: string
  readonly diffs: readonly FieldDiff[]
  readonly fieldTakeovers: readonly FieldTakeover[]
  /** Who changed what drifted, as far as the server tells. */
  readonly driftAuthors: readonly DriftAuthor[]
  /** Who has judged it; undefined for what was proven to be unchanged. */
  readonly checkedBy?: CheckedBy
  /** What keeps it from being judged to the end, as a sentence without its end. */
  readonly uncheckedBecause?: string
  /** Fields that are left to others. */
  readonly unmanagedFields: readonly string[]
  /** What is sent. */
  readonly payload: JsonObject
  /** What has to become of the object's `managedFields` before the apply. */
  readonly migration?: ManagedFieldsMigration
  /** Digest of the manifest, as the record keeps it. */
  readonly hash: string
}

/** Whether an action writes anything, or an outcome means that something was written. */
export function isChange({ result }: { readonly result: string }): boolean {
  return CHANGES.some((change) => change === result)
}

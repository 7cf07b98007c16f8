import type { JsonObject } from '../json.ts'
import type { CheckedBy } from '../object/dry-run-result.ts'
import type { ManagedFieldsMigration } from '../object/managed-fields/migration.ts'
import type { ResolvedManifest } from '../object/resolved-manifest.ts'
import type { FieldDiff } from './diff.ts'

/**
 * What happens to an object: it is `created`; `updated`, because its manifest changed; `drifted`, because the cluster changed
 * it, and repaired; `adopted`, because it existed outside the set; `recreated`, that is deleted and created again; `completed`,
 * a Job that ran and is gone; `terminating`, so that it cannot be applied now; `unchanged`; or `ignored`, because an annotation
 * says so.
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

/** The results that write something, in the order in which they are counted. */
export const CHANGES = [
  'created',
  'updated',
  'drifted',
  'adopted',
  'recreated',
] as const satisfies readonly PlannedResult[]

/** Fields that an apply takes from another field manager. */
export interface FieldTakeover {
  readonly manager: string
  readonly fields: readonly string[]
}

/** A field that another field manager changed, and that is repaired. */
export interface DriftAuthor {
  readonly field: string
  readonly manager: string
  /** In RFC 3339; undefined if the server does not record it. */
  readonly time: string | undefined
}

/** What a plan does with one object. */
export interface ObjectPlan {
  readonly manifest: ResolvedManifest
  readonly result: PlannedResult
  /** Details of the result, as one CamelCase word for programs. */
  readonly reason?: string
  /** Details of the result, as a sentence without a full stop. */
  readonly message?: string
  readonly diffs: readonly FieldDiff[]
  readonly fieldTakeovers: readonly FieldTakeover[]
  /** Who changed the fields that drifted, as far as `managedFields` records it. */
  readonly driftAuthors: readonly DriftAuthor[]
  /** Who checked the change; undefined for an object that is known to be unchanged. */
  readonly checkedBy?: CheckedBy
  /** Why the change could not be checked completely, as a sentence without a full stop. */
  readonly uncheckedBecause?: string
  /** Fields of the manifest that are left to other field managers. */
  readonly unmanagedFields: readonly string[]
  /** The object as it is sent. */
  readonly payload: JsonObject
  /** The change of the object's `managedFields` before the apply. */
  readonly migration?: ManagedFieldsMigration
  /** The digest of the manifest, as in the inventory record. */
  readonly hash: string
}

/** Whether a planned result writes something, or an apply result means that something was written. */
export function isChange({ result }: { readonly result: string }): boolean {
  return CHANGES.some((change) => change === result)
}
